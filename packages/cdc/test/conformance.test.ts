import { describe, expect, it, test } from 'vitest'
import { runCdcConformance, writeCdcGolden } from '../src/testing/index.js'
import { goldenFiles } from './support/golden-files.js'
import { BUFFERED, Buffered, LEDGER, ledgerFixture, LedgerV1 } from './support/ledger.js'

const golden = await goldenFiles()

describe('a ledger, exactly once', () => {
  runCdcConformance({ test, make: () => ledgerFixture(), capabilities: LEDGER, golden })
})

describe('a ledger of the version before, which reads what the next one writes', () => {
  runCdcConformance({ test, make: () => ledgerFixture((disk) => new LedgerV1(disk)), capabilities: LEDGER, golden })
})

describe('a buffered sink, at least once', () => {
  runCdcConformance({ test, make: () => ledgerFixture((disk) => new Buffered(disk)), capabilities: BUFFERED })
})

it('the golden files are those that this version and the one before it write', async () => {
  const written = {
    ...(await writeCdcGolden({
      make: () => ledgerFixture((disk) => new LedgerV1(disk)),
      capabilities: LEDGER,
      version: '1.0.0',
    })),
    ...(await writeCdcGolden({ make: () => ledgerFixture(), capabilities: LEDGER, version: '2.0.0' })),
  }
  expect(
    Object.entries(written)
      .map(([name, bytes]) => ({ name, bytes }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  ).toEqual(golden)
})
