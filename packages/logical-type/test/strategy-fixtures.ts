import type { CompatVerdict } from '@uni/reload-core'
import { Int64, Utf8, vectorFromArray, type Vector } from 'apache-arrow'
import type { LogicalTypeProvider } from '../src/index.js'
import { money } from './fixtures.js'

export const { fromLiteral, toDisplay } = money()

/** A type whose values are texts, stored as they are. */
export const text = (changes: Partial<LogicalTypeProvider> = {}): LogicalTypeProvider => ({
  name: 'text',
  arrowType: new Utf8(),
  fromLiteral: (literal) => literal,
  toDisplay: String,
  ...changes,
})

export const check = (compatCheck: unknown): Partial<LogicalTypeProvider> => ({
  compatCheck: compatCheck as () => never,
})

export const migrate = (): CompatVerdict => ({ level: 'migrate', reason: 'cents outgrew 32 bits' })

export const convert = (column: Vector, one: (value: number | null) => bigint | null): Vector =>
  vectorFromArray(Array.from(column, one), new Int64())

export const widen = (column: Vector): Vector => convert(column, (value) => (value === null ? null : BigInt(value)))

export const fail = (reason: string) => (): never => {
  throw new Error(reason)
}
