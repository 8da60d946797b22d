import { test } from 'node:test'
import { runCdcConformance } from '@uni/reload-cdc/testing'
import { warehouse } from './warehouse.mjs'

runCdcConformance({
  test,
  make() {
    const table = { rows: [], lsn: 0n }                    // a sink of its own for each test
    return {
      provider: () => warehouse(table),                    // afresh, as after a restart of the program
      stored: () => table.rows,                            // the ids in the sink, as somebody else reads them
    }
  },
  capabilities: { guarantee: 'exactly-once', streams: 'one' },
})
