import { RecordBatch, type Data, type DataType } from 'apache-arrow'

type Column = ArrayLike<unknown> & { subarray(begin?: number, end?: number): Column }

/**
 * The same rows, of which those from `row` on throw as soon as their values are looked at: a delivery that reads one
 * row after another fails in the middle. One that takes whole buffers is not affected.
 */
export function halfReadable(mutations: RecordBatch, row: number): RecordBatch {
  return new RecordBatch(mutations.schema, limited(mutations.data, row))
}

function limited<T extends DataType>(data: Data<T>, row: number): Data<T> {
  const { valueOffsets, values, nullBitmap, typeIds, stride } = data as Data
  const buffers = [
    // The offset number `row` is the end of the row before.
    valueOffsets && readableUpTo(valueOffsets as unknown as Column, row + 1),
    // What has offsets, or several values in a byte, is not counted by rows.
    values &&
      (valueOffsets || values.length < row * stride ? values : readableUpTo(values as unknown as Column, row * stride)),
    nullBitmap,
    typeIds,
  ] as unknown as Parameters<Data<T>['clone']>[4]
  const children = data.children.map((child) => limited(child as Data, row))
  return data.clone(data.type, data.offset, data.length, data.nullCount, buffers, children) as Data<T>
}

/** A view on `column` that has the same elements, and throws where one at or behind `end` is read. */
function readableUpTo(column: Column, end: number): Column {
  function element(index: number): unknown {
    if (index >= end) throw new Error('the rest of this batch cannot be read, as the conformance suite has it')
    return column[index]
  }
  return new Proxy(column, {
    get(target, key) {
      if (typeof key === 'string' && /^\d+$/.test(key)) return element(Number(key))
      if (key === Symbol.iterator)
        return function* () {
          for (let index = 0; index < target.length; index += 1) yield element(index)
        }
      if (key === 'subarray' || key === 'slice') {
        return (begin = 0, upTo = target.length) => readableUpTo(target.subarray(begin, upTo), end - begin)
      }
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}
