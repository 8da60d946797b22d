import { DataType, Float64, Int32, Int64, Utf8, vectorFromArray, type Vector } from 'apache-arrow'
import type { LogicalTypeProvider } from '../../src/index.js'
import { money } from '../fixtures.js'
import { refuse } from './define.js'

const { fromLiteral, toDisplay } = money()

/** Cents in 32 bits. */
export const moneyV1 = (changes: Partial<LogicalTypeProvider> = {}): LogicalTypeProvider =>
  money({
    arrowType: new Int32(),
    samples: () => ['0.00', '12.50', '-0.01', '21474836.47'],
    fromLiteral(text) {
      const cents = Number(fromLiteral(text))
      return (cents | 0) === cents ? cents : refuse(text)
    },
    toDisplay: (value) => toDisplay(typeof value === 'number' ? BigInt(value) : refuse(typeof value)),
    ...changes,
  })

export const widen = (column: Vector): Vector =>
  vectorFromArray(
    Array.from(column, (cents: number | null) => (cents === null ? null : BigInt(cents))),
    new Int64(),
  )

/** Cents in 64 bits, which takes over what was stored in 32. */
export const moneyV2 = (changes: Partial<LogicalTypeProvider> = {}): LogicalTypeProvider =>
  money({
    compatCheck: ({ arrowType }) =>
      DataType.isInt(arrowType) && arrowType.bitWidth === 32
        ? { level: 'migrate', reason: 'cents outgrew 32 bits' }
        : { level: 'compatible' },
    castFrom: widen,
    castTo(column: Vector, target: DataType) {
      const convert =
        target instanceof Utf8
          ? toDisplay
          : target instanceof Float64
            ? (cents: bigint) => Number(cents) / 100
            : refuse(String(target))
      return vectorFromArray(
        Array.from(column, (cents: bigint | null) => (cents === null ? null : convert(cents))),
        target,
      )
    },
    ...changes,
  })
