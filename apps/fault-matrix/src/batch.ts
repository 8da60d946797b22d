import { makeData, RecordBatch, Schema, Field, Float64, Struct } from 'apache-arrow'

const FIELDS = [new Field('nth', new Float64(), false)]
const SCHEMA = new Schema(FIELDS)

/** A batch of numbers, in one column. */
export function batchOf(numbers: readonly number[]): RecordBatch {
  const column = makeData({
    type: new Float64(),
    length: numbers.length,
    nullCount: 0,
    data: Float64Array.from(numbers),
  })
  return new RecordBatch(
    SCHEMA,
    makeData({ type: new Struct(FIELDS), length: numbers.length, nullCount: 0, children: [column] }),
  )
}

const singles = new Map<number, RecordBatch>()

/** A batch of one number. The same one each time: thousands of cells write the same numbers. */
export function batchOfOne(number: number): RecordBatch {
  const batch = singles.get(number) ?? batchOf([number])
  singles.set(number, batch)
  return batch
}

/** The numbers of a batch. @throws TypeError for any other batch. */
export function numbersIn(batch: RecordBatch): number[] {
  const column = batch.getChild('nth')
  if (column === null) throw new TypeError('the batch has no column nth')
  return Array.from({ length: batch.numRows }, (_, row) => Number(column.get(row)))
}

export function schemaOfNumbers(): Schema {
  return SCHEMA
}
