import { RecordBatch, type Data, type DataType } from 'apache-arrow'

type Column = ArrayLike<unknown> & { subarray(begin?: number, end?: number): Column }

/**
 * The same rows; those from `row` on throw when their values are read, so that a delivery which reads row by row fails
 * halfway. A delivery that copies whole buffers succeeds.
 */
export function halfReadable(mutations: RecordBatch, row: number): RecordBatch {
  return new RecordBatch(mutations.schema, limited(mutations.data, row))
}

function limited<T extends DataType>(data: Data<T>, row: number): Data<T> {
  const { valueOffsets, values, nullBitmap, typeIds, stride } = data as Data
  const buffers = [
    // The offset at `row` is the end of the row before, so it is still readable.
    valueOffsets && readableUpTo(valueOffsets as unknown as Column, row + 1),
    // Types with offsets, or with several values in a byte, have no element for each row.
    values &&
      (valueOffsets || values.length < row * stride ? values : readableUpTo(values as unknown as Column, row * stride)),
    nullBitmap,
    typeIds,
  ] as unknown as Parameters<Data<T>['clone']>[4]
  const children = data.children.map((child) => limited(child as Data, row))
  return data.clone(data.type, data.offset, data.length, data.nullCount, buffers, children) as Data<T>
}

/** A view of `column` with the same elements, which throws where one at or behind `end` is read. */
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
