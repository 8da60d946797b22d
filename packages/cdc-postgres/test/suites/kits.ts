import { runCheckpointStoreConformance, runCommitLogConformance } from '@uni/reload-cdc/testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { PostgresCheckpointStore, PostgresCommitLog } from '../../src/index.js'
import { execute, type Server } from '../support/server.js'

export function kits(server: () => Server): void {
  describe('a log over logical replication keeps the rules of a commit log', () => {
    let url = ''
    let logs = 0
    beforeAll(async () => {
      url = await server().database()
      await execute(
        url,
        'CREATE TABLE rows (id bigint GENERATED ALWAYS AS IDENTITY)',
        'CREATE PUBLICATION p FOR TABLE rows',
      )
    })

    runCommitLogConformance({
      test,
      async make() {
        const slot = `kit_${(logs += 1)}`
        const open = (): Promise<PostgresCommitLog> =>
          PostgresCommitLog.open({ connection: url, slot, publication: 'p' })
        let log = await open()
        return {
          log,
          async commit(rows) {
            await execute(url, `INSERT INTO rows SELECT FROM generate_series(1, ${rows})`)
            await log.current()
          },
          async reopen() {
            await log.close()
            log = await open()
            await log.current()
            return log
          },
          async dispose() {
            await log.close()
            await PostgresCommitLog.dropSlot({ connection: url, slot })
          },
        }
      },
      capabilities: { durable: true },
    })
  })

  describe('a table keeps the rules of a checkpoint store', () => {
    const stores: PostgresCheckpointStore[] = []
    let connection = ''
    beforeAll(async () => {
      connection = await server().database()
    })
    afterAll(async () => {
      for (const store of stores) await store.close()
    })

    runCheckpointStoreConformance({
      test,
      async make() {
        await execute(connection, 'DROP SCHEMA IF EXISTS reload_cdc CASCADE')
        const open = (): PostgresCheckpointStore => {
          const store = new PostgresCheckpointStore({ connection })
          stores.push(store)
          return store
        }
        return { store: open(), reopen: open }
      },
      capabilities: { durable: true, lsnBits: 128 },
    })
  })
}
