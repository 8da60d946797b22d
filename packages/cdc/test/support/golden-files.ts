import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CdcGoldenFile } from '../../src/testing/index.js'

const LEDGERS = join(import.meta.dirname, '../golden/ledger')

/** What all versions of the ledger have left, as far as it was written down. */
export async function goldenFiles(): Promise<CdcGoldenFile[]> {
  const names = (await readdir(LEDGERS)).toSorted()
  return await Promise.all(
    names.map(async (name) => ({ name, bytes: new Uint8Array(await readFile(join(LEDGERS, name))) })),
  )
}
