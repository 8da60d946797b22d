import type { Plugin } from '@uni/reload-core'
import { cdcOutput, type CdcOutputProvider } from '@uni/reload-cdc'
import type { CdcCapabilities, CdcFixture } from '@uni/reload-cdc/testing'
import { Client } from 'pg'
import { toBatch } from '../../../src/host/document.js'
import type { CatalogueEntry } from '../../../src/plugins/catalogue.js'
import { postgresEntry } from '../../../src/plugins/postgres/entry.js'
import { providerOf } from '../../plugins/support/providers.js'
import { sinkSchema, storedIds } from '../../plugins/support/sink-schema.js'
import { dump, load, type Dump } from './table-dump.js'

/** What the PostgreSQL sink claims. */
export const POSTGRES_SINK: CdcCapabilities = {
  guarantee: 'exactly-once',
  noticesLoss: true,
  crash: true,
  outage: true,
  torn: true,
  older: true,
  downgrade: true,
}

/** A version of the plugin as the conformance suite sees it. */
export async function postgresSink(server: string, make: (entry: CatalogueEntry) => Plugin): Promise<CdcFixture> {
  const schema = await sinkSchema(server)
  const { admin, name, kill, connectionString } = schema
  const entry = postgresEntry(connectionString)
  const provider = (plugin: Plugin): CdcOutputProvider => providerOf(plugin, cdcOutput)
  return {
    provider: () => provider(make(entry)),
    older: () => provider(entry.v1()),
    mutations: (ids) =>
      toBatch(
        ids.map((id) => ({
          id: `row ${id}`,
          revision: id,
          deleted: id % 7 === 0,
          title: `title ${id}`,
          details: 'line\nbreak',
        })),
      ),
    stored: async (stream) => (await storedIds(schema, stream)).map((id) => Number(/^row (\d+)$/.exec(id)?.[1])),
    crash: kill,
    async outage() {
      await admin.query(`ALTER ROLE ${name} NOLOGIN`)
      await kill()
      return async () => {
        await admin.query(`ALTER ROLE ${name} LOGIN`)
      }
    },
    async tear(stream) {
      // A process that is killed between its rows and its LSN leaves a transaction that nobody commits.
      const torn = new Client(connectionString)
      torn.on('error', () => {})
      await torn.connect()
      await torn.query('BEGIN')
      await torn.query(
        `
        INSERT INTO document_changes (stream, lsn_start, row_number, id, revision, deleted, title, details)
        SELECT $1, lsn, 0, 'row -1', 0, false, '', '' FROM document_streams WHERE stream = $1
      `,
        [stream],
      )
      await kill()
    },
    save: async () => ({ 'tables.json': new TextEncoder().encode(JSON.stringify(await dump(admin))) }),
    restore: async (files) =>
      await load(admin, name, JSON.parse(new TextDecoder().decode(files['tables.json'])) as Dump),
    dispose: async () => await schema[Symbol.asyncDispose](),
  }
}
