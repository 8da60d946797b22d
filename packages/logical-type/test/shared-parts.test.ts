import { Field, FixedSizeBinary, Int32, Int64, Struct, type DataType } from 'apache-arrow'
import { describe, expect, test } from 'vitest'
import type { LogicalTypeProvider } from '../src/index.js'
import { remember, verdictOn } from './judge.js'
import { text } from './strategy-fixtures.js'

describe('a type whose parts are shared (L2, L10)', () => {
  /** 30 structs, each of which holds the one below twice: 2^30 places. */
  const doubled = (leaf: DataType, name = 'shared'): LogicalTypeProvider =>
    text({
      name,
      arrowType: Array.from({ length: 30 }).reduce<DataType>(
        (type) => new Struct([new Field('a', type), new Field('b', type)]),
        leaf,
      ),
      samples: () => ['x'],
    })
  const COLUMN = {
    path: 'samples["x"].column',
    reason: expect.stringContaining('a column of it would have 2147483647 arrays; at most 4096 are made') as string,
  }
  const FIELDS = {
    path: 'storage',
    reason: 'it has 2147483647 fields in depth: extension types among more than 4096 are not looked for',
  }

  test('L15 is compared once for each object, and no column is made of it', async () => {
    expect(await verdictOn(doubled(new Int32()), doubled(new Int32()))).toEqual({
      level: 'compatible',
      unjudged: [COLUMN, FIELDS],
    })
    const kept = await remember(doubled(new Int32()))
    expect(await verdictOn(kept, doubled(new Int32()))).toEqual({ level: 'compatible', unjudged: [COLUMN, FIELDS] })
  })

  test('is refused where a part differs, in the first thousand places', async () => {
    const verdict = await verdictOn(doubled(new Int32()), doubled(new Int64()))
    expect(verdict).toMatchObject({
      level: 'incompatible',
      reason: expect.stringMatching(
        /^the contract changed: storage(\.children\[0\]\.type){30}\.bitWidth: 32 → 64; .*and 992 more$/,
      ) as string,
    })
    expect(verdict).toMatchObject({ details: { length: 1000 } })
  })

  test('is described by its number of fields where it is new, or of another family', async () => {
    const inner = doubled(new Int32()).arrowType
    const [old, next] = [text({ arrowType: new Struct([]) }), text({ arrowType: new Struct([new Field('a', inner)]) })]
    expect(await verdictOn(old, next)).toMatchObject({
      reason: expect.stringContaining(
        'storage.children[0]: absent → {"typeId":"Struct","fields":2147483647}',
      ) as string,
    })
  })

  test('cannot have a canonical name', async () => {
    expect(
      await verdictOn(text({ name: 'arrow.parquet.variant' }), doubled(new Int32(), 'arrow.parquet.variant')),
    ).toMatchObject({
      reason: expect.stringContaining('storage: expected at most 4096 fields in depth, found 2147483647') as string,
    })
  })

  test('is refused for an error in a part, which is named at its first place', async () => {
    await expect(verdictOn(text({ name: 'shared' }), doubled(new FixedSizeBinary(-1)))).rejects.toThrow(
      /storage(\.children\[0\]\.type){30}\.byteWidth: expected a number of bytes, found -1/,
    )
  })

  test('may be nested no deeper than any other', async () => {
    const deep = (type: DataType, levels: number): DataType =>
      Array.from({ length: levels }).reduce<DataType>((inner) => new Struct([new Field('a', inner)]), type)
    const part = deep(new Int32(), 40)
    expect(
      await verdictOn(text({ arrowType: new Struct([new Field('a', part), new Field('b', deep(part, 20))]) }), text()),
    ).toMatchObject({ level: 'incompatible' })
    await expect(
      verdictOn(text({ arrowType: new Struct([new Field('a', part), new Field('b', deep(part, 24))]) }), text()),
    ).rejects.toThrow('expected a type at most 64 levels deep')
  })
})
