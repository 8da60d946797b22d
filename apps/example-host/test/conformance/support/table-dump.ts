import type { Client } from 'pg'

interface Table {
  readonly name: string
  readonly columns: readonly { readonly name: string; readonly type: string; readonly notNull: boolean }[]
  readonly primaryKey: string
  readonly rows: readonly object[]
}

export type Dump = readonly Table[]

/** What is in the tables of a sink. */
export async function dump(admin: Client): Promise<Dump> {
  const tables: Table[] = []
  for (const name of ['document_changes', 'document_streams']) {
    const { rows: columns } = await admin.query<Table['columns'][number]>(
      `
      SELECT attname AS name, format_type(atttypid, atttypmod) AS type, attnotnull AS "notNull"
      FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
    `,
      [name],
    )
    const { rows: keys } = await admin.query<{ definition: string }>(
      "SELECT pg_get_constraintdef(oid) AS definition FROM pg_constraint WHERE conrelid = $1::regclass AND contype = 'p'",
      [name],
    )
    const { rows } = await admin.query<{ row: object }>(`SELECT to_jsonb(_) AS row FROM ${name} _ ORDER BY 1`)
    tables.push({ name, columns, primaryKey: keys[0]?.definition ?? '', rows: rows.map(({ row }) => row) })
  }
  return tables
}

/** Makes the tables anew, as they were dumped. */
export async function load(admin: Client, owner: string, tables: Dump): Promise<void> {
  for (const { name, columns, primaryKey, rows } of tables) {
    const definitions = columns.map((column) => `${column.name} ${column.type}${column.notNull ? ' NOT NULL' : ''}`)
    await admin.query(
      `DROP TABLE IF EXISTS ${name}; CREATE TABLE ${name} (${[...definitions, primaryKey].join(', ')}); ALTER TABLE ${name} OWNER TO ${owner}`,
    )
    await admin.query(`INSERT INTO ${name} SELECT * FROM jsonb_populate_recordset(NULL::${name}, $1)`, [
      JSON.stringify(rows),
    ])
  }
}
