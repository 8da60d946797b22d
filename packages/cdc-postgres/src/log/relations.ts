import type { Client } from 'pg'
import type { Pgoutput } from 'pg-logical-replication'
import type { PostgresColumn } from '../changes.js'
import { OWN_SCHEMA } from '../own-tables.js'
import { toJson } from './values.js'

/** A table as the log knows it. */
export interface Relation {
  /** Another for each description. */
  readonly id: number
  /** `schema.table`. */
  readonly name: string
  readonly columns: readonly PostgresColumn[]
  /** `columns` as JSON, and the names of the columns each as JSON. */
  readonly described: string
  readonly names: readonly string[]
  /** Whether it is one of the package's own, whose changes are no part of the log. */
  readonly own: boolean
}

let relations = 0

export function relationOf(schema: string, table: string, columns: readonly PostgresColumn[]): Relation {
  return {
    id: (relations += 1),
    name: `${schema}.${table}`,
    columns,
    described: JSON.stringify(columns),
    names: columns.map(({ name }) => JSON.stringify(name)),
    own: schema === OWN_SCHEMA,
  }
}

/** The names of a server's types, by their OIDs. */
export type TypeNames = ReadonlyMap<number, string>

/** All types but those of the rows of tables. */
export async function typeNames(client: Client): Promise<TypeNames> {
  const { rows } = await client.query<{ oid: string; name: string }>(`
    SELECT t.oid::text, CASE n.nspname WHEN 'pg_catalog' THEN format_type(t.oid, NULL) ELSE n.nspname || '.' || t.typname END AS name
    FROM pg_type AS t JOIN pg_namespace AS n ON n.oid = t.typnamespace WHERE t.typrelid = 0
  `)
  return new Map(rows.map(({ oid, name }) => [Number(oid), name]))
}

/**
 * Takes note of a relation that the server described, and has the parser give its values as JSON from now on: it reads
 * tuples by the very message that it returned.
 */
export function described(message: Pgoutput.MessageRelation, types: TypeNames): Relation {
  for (const column of message.columns) column.parser = toJson(column.typeOid)
  return relationOf(
    message.schema,
    message.name,
    message.columns.map(({ name, typeOid, typeSchema, typeName, flags }) => ({
      name,
      // One that was made since is described by the server.
      type: types.get(typeOid) ?? (typeName === null ? `oid ${typeOid}` : `${typeSchema ?? ''}.${typeName}`),
      key: (flags & 1) === 1,
    })),
  )
}
