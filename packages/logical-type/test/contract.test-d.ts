import type { HandoffStrategy, PluginHost, Surface } from '@uni/reload-core'
import { Utf8, type DataType, type Vector } from 'apache-arrow'
import { expectTypeOf, test } from 'vitest'
import {
  diffContract,
  logicalType,
  logicalTypeHandoff,
  type ContractDifference,
  type LogicalTypeProvider,
} from '../src/index.js'

test('the surface has providers, and neither resources nor writes', () => {
  expectTypeOf(logicalType).toEqualTypeOf<Surface<LogicalTypeProvider>>()
  expectTypeOf(logicalTypeHandoff()).toEqualTypeOf<HandoffStrategy<LogicalTypeProvider>>()
  expectTypeOf<PluginHost['acquire']>().toBeCallableWith(logicalType, 'acme.money')
})

test('a provider needs a name, a type, a parser and a display', () => {
  expectTypeOf({
    name: 'a',
    arrowType: new Utf8(),
    fromLiteral: (text: string) => text,
    toDisplay: String,
  }).toExtend<LogicalTypeProvider>()
  // @ts-expect-error: no toDisplay
  logicalType.keyOf({ name: 'a', arrowType: new Utf8(), fromLiteral: (text: string) => text })
  // @ts-expect-error: an Arrow type is an object, not its name
  logicalType.keyOf({ name: 'a', arrowType: 'utf8', fromLiteral: (text: string) => text, toDisplay: String })
  expectTypeOf<NonNullable<LogicalTypeProvider['castTo']>>().toEqualTypeOf<
    (column: Vector, target: DataType) => Vector
  >()
})

test('differences have a path and both sides', () => {
  expectTypeOf(diffContract).returns.toEqualTypeOf<ContractDifference[]>()
  expectTypeOf<ContractDifference>().toEqualTypeOf<{
    readonly path: string
    readonly old: unknown
    readonly new: unknown
  }>()
  // @ts-expect-error: the limit is a number
  logicalTypeHandoff({ sampleLimit: '3' })
})
