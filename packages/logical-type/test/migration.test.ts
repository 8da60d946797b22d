import { Int32, type Vector } from 'apache-arrow'
import { describe, expect, test } from 'vitest'
import type { LogicalTypeProvider } from '../src/index.js'
import { money } from './fixtures.js'
import { verdictOn } from './judge.js'
import { fromLiteral, toDisplay, migrate, convert, widen, fail } from './strategy-fixtures.js'

describe('migration (L7)', () => {
  /** Cents in 32 bits, before they outgrew them. */
  const narrow = (changes: Partial<LogicalTypeProvider> = {}): LogicalTypeProvider =>
    money({
      arrowType: new Int32(),
      samples: () => ['0.00', '12.50', '-0.01'],
      fromLiteral: (text) => Number(fromLiteral(text)),
      toDisplay: (value) => toDisplay(BigInt(value as number)),
      ...changes,
    })

  test('goes ahead where the cast carries every sample over', async () => {
    expect(await verdictOn(narrow(), money({ compatCheck: migrate, castFrom: widen }))).toEqual({
      level: 'migrate',
      reason: 'cents outgrew 32 bits (storage.bitWidth: 32 → 64)',
    })
  })

  test('asks the version to cast, whose state it may need', async () => {
    const next = Object.assign(money({ compatCheck: migrate }), {
      widen,
      castFrom(this: { widen: typeof widen }, column: Vector) {
        return this.widen(column)
      },
    })
    expect(await verdictOn(narrow(), next)).toMatchObject({ level: 'migrate' })
  })

  test.each<[string, Partial<LogicalTypeProvider>, Partial<LogicalTypeProvider>, reason: string]>([
    ['without castFrom', {}, { compatCheck: migrate }, 'there is no castFrom to carry values over'],
    ['without compatCheck', {}, { castFrom: widen }, 'the contract changed: storage.bitWidth: 32 → 64'],
    [
      'without samples to prove it on',
      { samples: () => [] },
      { compatCheck: migrate, castFrom: widen },
      'has no samples to prove castFrom on',
    ],
    [
      'with a cast that throws',
      {},
      { compatCheck: migrate, castFrom: fail('out of range') },
      'samples["0.00"].cast: "0.00" → fails: out of range',
    ],
    [
      'with a cast to another type',
      {},
      { compatCheck: migrate, castFrom: (column) => column },
      'not of arrowType: storage.bitWidth is 32, expected 64',
    ],
    [
      'with a cast that changes values',
      {},
      { compatCheck: migrate, castFrom: (column) => convert(column, (value) => (value === null ? null : 7n)) },
      'samples["12.50"].cast: "12.50" → "0.07"',
    ],
    [
      'with a cast that loses nulls',
      {},
      { compatCheck: migrate, castFrom: (column) => convert(column, (value) => BigInt(value ?? 0)) },
      'castFrom made a value of a null',
    ],
    [
      'with a cast that loses rows',
      {},
      { compatCheck: migrate, castFrom: (column) => widen(column).slice(0, 1) },
      'castFrom returned 1 values for 2',
    ],
    [
      'with a cast that returns no column',
      {},
      { compatCheck: migrate, castFrom: (() => [1n]) as never },
      'castFrom returned no Arrow vector',
    ],
    [
      'with a cast that returns null',
      {},
      { compatCheck: migrate, castFrom: (() => null) as never },
      'castFrom returned no Arrow vector',
    ],
    [
      'with a cast that returns nothing',
      {},
      { compatCheck: migrate, castFrom: (() => undefined) as never },
      'castFrom returned no Arrow vector',
    ],
    [
      'with a cast that holds, where compatCheck says that none is needed',
      {},
      { compatCheck: () => ({ level: 'compatible' }), castFrom: widen },
      '(compatCheck says "compatible", which a changed contract is not)',
    ],
    [
      'with a literal that is read otherwise',
      {},
      { compatCheck: migrate, castFrom: widen, fromLiteral: () => 0n },
      'samples["12.50"].literal: "12.50" → "0.00"',
    ],
    [
      'of a value no column could be made of',
      { fromLiteral: (text) => fromLiteral(text), toDisplay },
      { compatCheck: migrate, castFrom: widen },
      'the old version has no column of it to cast',
    ],
  ])('is refused %s', async (_, before, after, reason) => {
    const verdict = await verdictOn(narrow(before), money(after))
    expect(verdict).toMatchObject({ level: 'incompatible', reason: expect.stringContaining(reason) })
    expect(verdict).toMatchObject({ details: expect.arrayContaining([{ path: 'storage.bitWidth', old: 32, new: 64 }]) })
  })
})
