import {
  Field,
  RecordBatch,
  Schema,
  Struct,
  Table,
  makeData,
  tableFromIPC,
  tableToIPC,
  vectorFromArray,
  type Vector,
} from 'apache-arrow'
import { builderValue } from './builder-value.js'
import { fieldCount, MAX_FIELDS } from './field-count.js'
import { rebuildType } from './rebuild-type.js'
import type { TypeContract } from './type-contract.js'
import { holdsUnion, vectorOfUnion } from './union-column.js'

/**
 * A column of the type's storage.
 *
 * @throws Error where Arrow cannot put such a value into such a column.
 */
export function columnOf({ storage }: TypeContract, values: readonly unknown[]): Vector {
  const fields = fieldCount(storage)
  if (fields > MAX_FIELDS) throw new Error(`a column of it would have ${fields} arrays; at most ${MAX_FIELDS} are made`)
  const type = rebuildType(storage)
  const taken = values.map(builderValue)
  return holdsUnion(type) ? vectorOfUnion(taken, type) : vectorFromArray(taken, type)
}

/** The field of a column of the type, with the extension in its metadata. */
export function fieldOf(contract: TypeContract, name: string, column: Vector): Field {
  return new Field(
    name,
    column.type,
    true,
    new Map([
      ['ARROW:extension:name', contract.name],
      ['ARROW:extension:metadata', contract.metadata],
    ]),
  )
}

/** An Arrow table of one batch. The columns have the same length. */
export function tableOf(
  columns: readonly (readonly [field: Field, column: Vector])[],
  metadata?: Map<string, string>,
): Table {
  const schema = new Schema(
    columns.map(([field]) => field),
    metadata,
  )
  const length = columns[0]?.[1].length ?? 0
  const rows = makeData({
    type: new Struct(schema.fields),
    length,
    nullCount: 0,
    children: columns.flatMap(([, column]) => [...column.data]),
  })
  return new Table(schema, [new RecordBatch(schema, rows)])
}

/**
 * An Arrow IPC stream with one column of the type's storage that has `value` and a null, and whose field has the
 * extension. Equal values of equal contracts give equal bytes.
 *
 * @throws Error where Arrow cannot put such a value into such a column.
 */
export function writeColumn(contract: TypeContract, value: unknown): Uint8Array {
  return writeValues(contract, [value, null])
}

/** As {@link writeColumn}, with any number of values. */
export function writeValues(contract: TypeContract, values: readonly unknown[]): Uint8Array {
  const column = columnOf(contract, values)
  return tableToIPC(tableOf([[fieldOf(contract, 'value', column), column]]))
}

/** Reads what {@link writeColumn} wrote. Values that are views refer to a copy, which a provider may change. */
export function readColumn(bytes: Uint8Array): Vector {
  const column = tableFromIPC(new Uint8Array(bytes)).getChildAt(0)
  if (column === null) throw new Error('an Arrow IPC stream of one column was read back without a column')
  return column
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}
