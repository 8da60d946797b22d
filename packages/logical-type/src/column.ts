import { Field, RecordBatch, Schema, Struct, Table, makeData, tableFromIPC, tableToIPC, vectorFromArray, type Vector } from 'apache-arrow'
import { builderValue } from './builder-value.js'
import { rebuildType } from './rebuild-type.js'
import type { TypeContract } from './type-contract.js'

/**
 * Stores `value`, and a null after it, in a column of the type's storage, as an Arrow IPC stream whose field says the
 * extension. Equal values of equal contracts make equal bytes.
 *
 * @throws Error where Arrow cannot put such a value into such a column.
 */
export function writeColumn(contract: TypeContract, value: unknown): Uint8Array {
  const { type, data, length } = vectorFromArray([builderValue(value), null], rebuildType(contract.storage))
  const extension = new Map([['ARROW:extension:name', contract.name], ['ARROW:extension:metadata', contract.metadata]])
  const field = new Field('value', type, true, extension)
  const rows = makeData({ type: new Struct([field]), length, nullCount: 0, children: [...data] })
  return tableToIPC(new Table([new RecordBatch(new Schema([field]), rows)]))
}

/** Reads what {@link writeColumn} wrote. Values that are views are views of a copy: a provider that changes one spoils nothing. */
export function readColumn(bytes: Uint8Array): Vector {
  const column = tableFromIPC(bytes.slice()).getChildAt(0)
  if (column === null) throw new Error('an Arrow IPC stream of one column was read back without a column')
  return column
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}
