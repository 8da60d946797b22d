import { FixedSizeBinary, Int32 } from 'apache-arrow'
import { describe, expect, test } from 'vitest'
import type { LogicalTypeProvider } from '../src/index.js'
import { money } from './fixtures.js'
import { verdictOn } from './judge.js'
import { fromLiteral, toDisplay, text, fail } from './strategy-fixtures.js'

/** A type whose values are single bytes. */
const byte = (changes: Partial<LogicalTypeProvider> = {}): LogicalTypeProvider => ({
  name: 'byte',
  arrowType: new FixedSizeBinary(1),
  fromLiteral: (literal) => Uint8Array.of(Number(literal)),
  toDisplay: String,
  samples: () => ['7'],
  ...changes,
})

/** A display that changes what it is given. */
function spoil(value: unknown): string {
  const [shown] = value as Uint8Array
  ;(value as Uint8Array).fill(0)
  return String(shown)
}

function* endless(): Generator<string> {
  for (;;) yield '1.00'
}

describe('samples mean what they meant (I6, L5)', () => {
  test('a literal that the new version reads otherwise', async () => {
    const next = money({ fromLiteral: (text) => (fromLiteral(text) as bigint) * 100n })
    expect(await verdictOn(money({ samples: () => ['12.50'] }), next)).toEqual({
      level: 'incompatible',
      reason:
        'the samples mean something else: samples["12.50"].literal: "12.50" → "1250.00"; samples["12.50"].stored: "1250" → "125000"',
      details: [
        { path: 'samples["12.50"].literal', old: '12.50', new: '1250.00' },
        { path: 'samples["12.50"].stored', old: '1250', new: '125000' },
      ],
    })
  })

  test('a value that the new version displays otherwise', async () => {
    const next = money({ toDisplay: (value) => toDisplay(value).replace('.', ',') })
    const verdict = await verdictOn(money({ samples: () => ['12.50'] }), next)
    expect(verdict).toMatchObject({
      details: ['literal', 'value', 'column'].map((way) => ({
        path: `samples["12.50"].${way}`,
        old: '12.50',
        new: '12,50',
      })),
    })
  })

  test('an encoding that both read and display alike in themselves, but not each other (L6)', async () => {
    const next = money({
      fromLiteral: (text) => -(fromLiteral(text) as bigint),
      toDisplay: (value) => toDisplay(-(value as bigint)),
    })
    const verdict = await verdictOn(money({ samples: () => ['0.01'] }), next)
    expect(verdict).toMatchObject({
      details: [
        { path: 'samples["0.01"].value', old: '0.01', new: '-0.01' },
        { path: 'samples["0.01"].column', old: '0.01', new: '-0.01' },
        { path: 'samples["0.01"].stored', old: '1', new: '-1' },
      ],
    })
  })

  test('an encoding that the new version writes, and the old one never did, although it reads both (L6)', async () => {
    const email: Partial<LogicalTypeProvider> = {
      toDisplay: (value) => String(value).toLowerCase(),
      samples: () => ['A@b.c'],
    }
    expect(
      await verdictOn(text({ ...email, fromLiteral: (literal) => literal.toLowerCase() }), text(email)),
    ).toMatchObject({
      details: [{ path: 'samples["A@b.c"].stored', old: 'a@b.c', new: 'A@b.c' }],
    })
  })

  test('a value of the old version that the new one knows only from its own parser', async () => {
    const own = new WeakSet<object>()
    const next = byte({
      fromLiteral: (literal) => {
        const value = Uint8Array.of(Number(literal))
        own.add(value)
        return value
      },
      toDisplay: (value) => (own.has(value as object) ? String(value) : 'unknown'),
    })
    expect(await verdictOn(byte(), next)).toMatchObject({
      details: [
        { path: 'samples["7"].value', old: '7', new: 'unknown' },
        { path: 'samples["7"].column', old: '7', new: 'unknown' },
      ],
    })
  })

  test('a literal that the new version fails on is named', async () => {
    const next = money({
      fromLiteral: (text) => {
        if (text.startsWith('-')) throw new Error('no debts')
        return fromLiteral(text)
      },
    })
    expect(await verdictOn(money(), next)).toMatchObject({
      level: 'incompatible',
      reason: expect.stringContaining('samples["-0.01"].literal: "-0.01" → fails: no debts'),
      details: [{ path: 'samples["-0.01"].literal', old: '-0.01', new: { throws: 'no debts' } }],
    })
  })

  test('a value that the new version cannot store as the old one did', async () => {
    const next = money({
      fromLiteral: Number,
      toDisplay: (value) => (typeof value === 'number' ? value.toFixed(2) : toDisplay(value)),
    })
    expect(await verdictOn(money({ samples: () => ['1.00'] }), next)).toMatchObject({
      details: [{ path: 'samples["1.00"].stored', old: '100', new: { throws: 'Cannot convert 1 to a BigInt' } }],
    })
  })

  test('a display that is no text is a difference', async () => {
    const next = money({ toDisplay: (() => 5) as never })
    expect(await verdictOn(money({ samples: () => ['0.00'] }), next)).toMatchObject({
      reason: expect.stringContaining('fails: toDisplay returned a value of type number, expected a string'),
    })
  })

  test('is not fooled by a version that changes the value it displays', async () => {
    expect(await verdictOn(byte({ toDisplay: spoil }), byte({ toDisplay: spoil }))).toEqual({ level: 'compatible' })
  })
})

describe('what cannot be judged is said (L9)', () => {
  test('a value that no column takes: the rest is judged, and the reason reported', async () => {
    const numbers = { fromLiteral: Number, toDisplay: String, samples: () => ['1'] }
    expect(await verdictOn(money(numbers), money(numbers))).toEqual({
      level: 'compatible',
      unjudged: [
        {
          path: 'samples["1"].column',
          reason: 'its value cannot be put into a column of the storage type: Cannot convert 1 to a BigInt',
        },
      ],
    })
    expect(
      await verdictOn(money(numbers), money({ ...numbers, toDisplay: (value) => `${String(value)}.` })),
    ).toMatchObject({ level: 'incompatible' })
  })

  test('a value that Arrow coerced into something else', async () => {
    const objects = {
      arrowType: new Int32(),
      fromLiteral: (text: string) => ({ cents: Number(text) }),
      toDisplay: (value: unknown) => String((value as { cents: number }).cents),
      samples: () => ['5'],
    }
    expect(await verdictOn(money(objects), money(objects))).toEqual({
      level: 'compatible',
      unjudged: [
        {
          path: 'samples["5"].column',
          reason: 'read back from a column, the old version displays its value as "undefined"',
        },
      ],
    })
  })

  test('a sample that the old version itself fails on, or that is no text, or one too many', async () => {
    const old = money({ samples: () => ['oops', 5 as never, '1.00', '2.00'] })
    expect(await verdictOn(old, money(), { sampleLimit: 3 })).toEqual({
      level: 'compatible',
      unjudged: [
        { path: 'samples[1]', reason: 'it is a value of type number, expected a string' },
        { path: 'samples[3]', reason: 'only the first 3 samples are judged' },
        { path: 'samples["oops"]', reason: 'the old version fails on it: no amount: oops' },
      ],
    })
  })

  test('samples that never end, and samples that fail to be listed (L10)', async () => {
    expect(await verdictOn(money({ samples: endless }), money())).toMatchObject({
      level: 'compatible',
      unjudged: [{ path: 'samples[256]' }],
    })
    expect(await verdictOn(money({ samples: fail('no file') }), money())).toEqual({
      level: 'unjudged',
      reason: expect.stringContaining('no samples') as string,
      unjudged: [{ path: 'samples', reason: 'the old version fails to list its samples: no file' }],
    })
    const breakingOff = function* (): Generator<string> {
      yield '1.00'
      throw new Error('no more')
    }
    expect(await verdictOn(money({ samples: breakingOff }), money())).toEqual({
      level: 'compatible',
      unjudged: [{ path: 'samples', reason: 'the old version fails to list its samples: no more' }],
    })
  })
})
