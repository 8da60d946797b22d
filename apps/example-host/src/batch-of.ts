import { makeData, RecordBatch, Struct, vectorFromArray, type Data, type Schema } from 'apache-arrow'

/** A batch of plain rows: one property for each field of `schema`. */
export function batchOf(schema: Schema, rows: readonly object[]): RecordBatch {
  const children = schema.fields.map(
    ({ name, type }) =>
      vectorFromArray(
        rows.map((row) => (row as Readonly<Record<string, unknown>>)[name]),
        type,
      ).data[0] as Data,
  )
  return new RecordBatch(
    schema,
    makeData({ type: new Struct(schema.fields), length: rows.length, nullCount: 0, children }),
  )
}
