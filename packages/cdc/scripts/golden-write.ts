import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FileCheckpointStore } from '../src/node/index.js'
import { writeCdcGolden } from '../src/testing/index.js'
import { LEDGER, ledgerFixture } from '../test/support/ledger.js'

/** Has the present versions write what later ones will be held to. Run by `golden:write`, in this package's directory. */
const GOLDEN = 'test/golden'

const ledgers = join(GOLDEN, 'ledger')
await mkdir(ledgers, { recursive: true })
const files = await writeCdcGolden({ make: () => ledgerFixture(), capabilities: LEDGER, version: '2.0.0' })
for (const [name, bytes] of Object.entries(files)) await writeFile(join(ledgers, name), bytes)

await new FileCheckpointStore(join(GOLDEN, 'checkpoints-1')).save('orders', 2n ** 63n + 25n)
