import { Field, RecordBatchReader, RecordBatchStreamWriter, Schema, type DataType } from 'apache-arrow'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { diffContract } from '../src/index.js'
import { rebuildType } from '../src/rebuild-type.js'
import { describeType } from '../src/storage-type.js'
import { money } from './fixtures.js'
import { model, toArrow, type Model } from './storage-models.js'
import { mutations } from './storage-mutations.js'

const diffTypes = (old: DataType, next: DataType): ReturnType<typeof diffContract> =>
  diffContract(money({ arrowType: old }), money({ arrowType: next }))

/** The same type, as a reader of an Arrow IPC stream makes it. */
function throughIpc(type: DataType): DataType {
  const bytes = new RecordBatchStreamWriter()
    .reset(undefined, new Schema([new Field('column', type, true)]))
    .finish()
    .toUint8Array(true)
  return (RecordBatchReader.from(bytes).open().schema.fields[0] as Field).type
}

const mutation = model
  .map((from) => ({ from, all: [...mutations(from)] }))
  .filter(({ all }) => all.length > 0)
  .chain(({ from, all }) => fc.record({ from: fc.constant(from), change: fc.constantFrom(...all) }))

describe('diffContract (L2)', () => {
  test('finds no difference between two types made alike, whatever objects they are of', () => {
    fc.assert(
      fc.property(model, (of: Model) => {
        expect(diffTypes(toArrow(of), toArrow(of))).toEqual([])
      }),
      { numRuns: 500 },
    )
  })

  test('finds no difference between a type and what Arrow IPC makes of it', () => {
    fc.assert(
      fc.property(model, (of: Model) => {
        const type = toArrow(of)
        expect(diffTypes(type, throughIpc(type))).toEqual([])
      }),
      { numRuns: 500 },
    )
  })

  test('finds no difference between a type and one rebuilt from its description (L8)', () => {
    fc.assert(
      fc.property(model, (of: Model) => {
        const type = toArrow(of)
        expect(diffTypes(type, rebuildType(describeType(type)))).toEqual([])
      }),
      { numRuns: 500 },
    )
  })

  test('reports any single change, at its path and nowhere else, in both directions', () => {
    fc.assert(
      fc.property(mutation, ({ from, change }) => {
        const [old, next] = [toArrow(from), toArrow(change.mutated)]
        const there = diffTypes(old, next)
        expect(there.map(({ path }) => path)).toEqual([change.path])
        expect(diffTypes(next, old)).toEqual(
          there.map((difference) => ({ path: difference.path, old: difference.new, new: difference.old })),
        )
      }),
      { numRuns: 2000 },
    )
  })
})
