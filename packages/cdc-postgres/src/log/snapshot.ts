import type { Client } from 'pg'
import type { PostgresColumn } from '../changes.js'
import { literal, quoted } from '../connect.js'
import { OWN_SCHEMA } from '../own-tables.js'
import { ChangeRows } from './change-batch.js'
import { relationOf, type Relation, type TypeNames } from './relations.js'
import { BATCH_BYTES } from './transactions.js'
import { rowJson, toJson } from './values.js'

/** How many rows are fetched at once, at most: they are in memory together. */
const FETCHED = 500

interface Table {
  readonly schema: string
  readonly table: string
  readonly filter: string | null
  readonly columns: readonly (PostgresColumn & { readonly oid: number })[]
}

export interface SnapshotOptions {
  readonly snapshot: string
  readonly publications: readonly string[]
  readonly types: TypeNames
  readonly relation: (relation: Relation) => void
}

/**
 * The published rows as a snapshot has them: of each table that it is empty, and then each row, so that a sink that got
 * a part of another snapshot has this one afterwards.
 */
export async function* snapshotRows(
  client: Client,
  { snapshot, publications, types, relation }: SnapshotOptions,
): AsyncGenerator<ChangeRows, void, undefined> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
  await client.query(`SET TRANSACTION SNAPSHOT ${literal(snapshot)}`)
  let rows = new ChangeRows()
  for (const table of await publishedTables(client, publications, types)) {
    const described = relationOf(table.schema, table.table, table.columns.map(withoutOid))
    relation(described)
    const add = (op: string, json: string | null): void => {
      rows.add(described, op, null, json)
      rows.bytes += json?.length ?? 0
    }
    add('truncate', null)
    for await (const json of rowsOf(client, table, described)) {
      if (rows.bytes >= BATCH_BYTES) {
        yield rows
        rows = new ChangeRows()
      }
      add('insert', json)
    }
  }
  await client.query('COMMIT')
  if (rows.length > 0) yield rows
}

function withoutOid({ name, type, key }: PostgresColumn): PostgresColumn {
  return { name, type, key }
}

async function* rowsOf(
  client: Client,
  { schema, table, filter, columns }: Table,
  { names }: Relation,
): AsyncGenerator<string, void, undefined> {
  const list = columns.map(({ name }) => quoted(name)).join(', ')
  const where = filter === null ? '' : ` WHERE ${filter}`
  await client.query(
    `DECLARE reload_cdc_rows NO SCROLL CURSOR FOR SELECT ${list} FROM ${quoted(schema)}.${quoted(table)}${where}`,
  )
  const json = columns.map(({ oid }) => toJson(oid))
  for (;;) {
    const { rows } = await client.query<(string | null)[]>({
      text: `FETCH ${FETCHED} FROM reload_cdc_rows`,
      rowMode: 'array',
      types: { getTypeParser: () => (text: string | Buffer) => text },
    })
    for (const row of rows) {
      yield rowJson(names, (at) => {
        const value = row[at] as string | null
        return value === null ? null : (json[at] as (text: string) => string)(value)
      })
    }
    if (rows.length < FETCHED) break
  }
  await client.query('CLOSE reload_cdc_rows')
}

interface Published {
  readonly schema: string
  readonly table: string
  /** Absent before PostgreSQL 15, which sends all. */
  readonly columns: readonly string[] | null
  readonly filter: string | null
}

/** What is published, once each, with the columns that are sent. */
async function publishedTables(client: Client, publications: readonly string[], types: TypeNames): Promise<Table[]> {
  const { rows } = await client.query<Published>(
    `
    SELECT schemaname AS schema, tablename AS table, to_jsonb(p) -> 'attnames' AS columns, to_jsonb(p) ->> 'rowfilter' AS filter
    FROM pg_publication_tables AS p WHERE pubname = ANY ($1) AND schemaname <> $2 ORDER BY 1, 2
    `,
    [publications, OWN_SCHEMA],
  )
  const tables = new Map<string, [Published, ...Published[]]>()
  for (const row of rows) {
    const name = `${quoted(row.schema)}.${quoted(row.table)}`
    const others = tables.get(name)
    if (others === undefined) tables.set(name, [row])
    else others.push(row)
  }
  const found: Table[] = []
  for (const [name, published] of tables) {
    const [{ schema, table, columns }] = published
    // A row is sent where one of the publications lets it through.
    const filters = published.map(({ filter }) => filter)
    const filter = filters.includes(null) ? null : filters.map((one) => `(${one})`).join(' OR ')
    found.push({ schema, table, filter, columns: await columnsOf(client, name, columns, types) })
  }
  return found
}

async function columnsOf(
  client: Client,
  table: string,
  sent: readonly string[] | null,
  types: TypeNames,
): Promise<Table['columns']> {
  const { rows } = await client.query<{ name: string; oid: string; key: boolean }>(
    `
    SELECT a.attname AS name, a.atttypid::text AS oid, c.relreplident = 'f' OR coalesce(a.attnum = ANY (i.indkey), false) AS key
    FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
    LEFT JOIN pg_index AS i
      ON i.indrelid = c.oid AND CASE c.relreplident WHEN 'i' THEN i.indisreplident WHEN 'd' THEN i.indisprimary ELSE false END
    WHERE c.oid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
      AND ($2::text[] IS NULL OR a.attname = ANY ($2)) ORDER BY a.attnum
    `,
    [table, sent],
  )
  return rows.map(({ name, key, oid }) => ({
    name,
    type: types.get(Number(oid)) ?? `oid ${oid}`,
    key,
    oid: Number(oid),
  }))
}
