import { test } from 'node:test'
import { runCdcConformance } from '@uni/reload-cdc/testing'
import { warehouse } from './warehouse.mjs'

runCdcConformance({
  test,
  make() {
    const table = { rows: [], lsn: 0n }
    const { start } = warehouse(table)
    // Its checkpoints are never there.
    const provider = () => ({ name: 'warehouse', start: (ctx) => ({ ...start(ctx), checkpoint: () => new Promise(() => {}) }) })
    return { provider, stored: () => table.rows }
  },
  capabilities: { guarantee: 'exactly-once', streams: 'one' },
  deadlineMs: 200,
})
