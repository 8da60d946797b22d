import { Field, FixedSizeList, Int32, List, Struct, type DataType } from 'apache-arrow'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalProblems, contractOf } from '../src/index.js'
import { money } from './fixtures.js'

const paths = (name: string, arrowType: DataType, metadata: unknown): string[] =>
  canonicalProblems(contractOf(money({ name, arrowType, metadata: JSON.stringify(metadata) }))).map(({ path }) => path)

/** Parameters of a tensor as the specification has them, of up to four dimensions. */
const parameters = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 4 }).chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    dim_names: fc.array(fc.string(), { minLength: shape.length, maxLength: shape.length }),
    permutation: fc.shuffledSubarray([...shape.keys()], { minLength: shape.length }),
    uniform_shape: fc.tuple(...shape.map((size) => fc.constantFrom(size, null))),
  }),
)
type Parameters = typeof parameters extends fc.Arbitrary<infer T> ? T : never
type Key = keyof Parameters

const product = (shape: readonly number[]): number => shape.reduce((all, size) => all * size, 1)
const fixed = (size: number): DataType => new FixedSizeList(size, new Field('item', new Int32()))
const variable = (dimensions: number): DataType =>
  new Struct<Record<string, DataType>>([
    new Field('data', new List(new Field('item', new Int32()))),
    new Field('shape', fixed(dimensions)),
  ])
const optional = fc.uniqueArray(fc.constantFrom<Key>('dim_names', 'permutation', 'uniform_shape'))
const keep = (all: Parameters, keys: readonly Key[]): Partial<Parameters> =>
  Object.fromEntries(Object.entries(all).filter(([key]) => keys.includes(key as Key)))

/** What one parameter must not be, whatever the shape is. */
const wrong = fc.constantFrom<[Key, unknown]>(
  ['dim_names', ['a', 'b', 'c', 'd', 'e']],
  ['dim_names', 'x'],
  ['dim_names', null],
  ['permutation', [0, 1, 2, 3, 4]],
  ['permutation', [-1]],
  ['permutation', {}],
  ['permutation', [0, 0]],
  ['uniform_shape', [1, 2, 3, 4, 5]],
  ['uniform_shape', '4'],
  ['uniform_shape', [-1]],
)

describe('tensors (L11)', () => {
  test('of whatever shape, names, order and uniformity have no problems', () => {
    fc.assert(
      fc.property(parameters, optional, (all, keys) => {
        expect(
          paths(
            'arrow.fixed_shape_tensor',
            fixed(product(all.shape)),
            keep(all, ['shape', ...keys.filter((key) => key !== 'uniform_shape')]),
          ),
        ).toEqual([])
        expect(paths('arrow.variable_shape_tensor', variable(all.shape.length), keep(all, keys))).toEqual([])
      }),
      { numRuns: 500 },
    )
  })

  test('with one wrong parameter have a problem there, and nowhere else', () => {
    fc.assert(
      fc.property(parameters, optional, wrong, (all, keys, [key, value]) => {
        const metadata = { ...keep(all, ['shape', ...keys]), [key]: value }
        expect(paths('arrow.variable_shape_tensor', variable(all.shape.length), metadata)).toEqual([`metadata.${key}`])
        if (key !== 'uniform_shape')
          expect(paths('arrow.fixed_shape_tensor', fixed(product(all.shape)), metadata)).toEqual([`metadata.${key}`])
      }),
      { numRuns: 500 },
    )
  })

  test('of another number of elements than the shape says have a problem in the storage', () => {
    fc.assert(
      fc.property(parameters, fc.integer({ min: 1, max: 5 }), ({ shape }, more) => {
        expect(paths('arrow.fixed_shape_tensor', fixed(product(shape) + more), { shape })).toEqual(['storage'])
      }),
    )
  })
})
