import * as arrow from 'apache-arrow'
import { Field, FixedSizeBinary, Int32, List, Struct, Utf8 } from 'apache-arrow'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { contractOf, diffContract, type LogicalTypeProvider } from '../src/index.js'
import { money } from './fixtures.js'
import { remember, verdictOn } from './judge.js'
import { reachable } from './reachable.js'
import { model, toArrow } from './storage-models.js'

/** A point, stored as a struct with a list in it. */
const point = (changes: Partial<LogicalTypeProvider> = {}): LogicalTypeProvider => ({
  name: 'point',
  arrowType: new Struct([
    new Field('label', new Utf8(), true, new Map([['unit', 'm']])),
    new Field('at', new List(new Field('item', new Int32()))),
  ]),
  fromLiteral(text) {
    const [label, ...at] = text.split(' ')
    return { label, at: at.map(Number) }
  },
  toDisplay(value) {
    const { label, at } = value as { label: string; at: Iterable<number> }
    return `${label} ${[...at].join(' ')}`
  },
  samples: () => ['a 1 2', 'b'],
  ...changes,
})

describe('a removed type that is added again (L8)', () => {
  test('is compatible where it means what it meant', async () => {
    expect(await verdictOn(await remember(money()), money())).toEqual({ level: 'compatible' })
    expect(await verdictOn(await remember(point()), point())).toEqual({ level: 'compatible' })
  })

  test('is held to as many samples as the host says (L10)', async () => {
    for (const sampleLimit of [1, 2])
      expect([...((await remember(point(), { sampleLimit })).samples?.() ?? [])]).toHaveLength(sampleLimit)
  })

  test('is refused where its contract changed', async () => {
    const verdict = await verdictOn(await remember(money()), money({ metadata: '{"currency":"USD","digits":2}' }))
    expect(verdict).toEqual({
      level: 'incompatible',
      reason: 'the contract changed: metadata.currency: "EUR" → "USD"',
      details: [{ path: 'metadata.currency', old: 'EUR', new: 'USD' }],
    })
  })

  test('is refused where its samples display otherwise', async () => {
    const next = money({ toDisplay: (value) => `${money().toDisplay(value)} €` })
    expect(await verdictOn(await remember(money({ samples: () => ['1.00'] })), next)).toMatchObject({
      details: ['literal', 'value', 'column'].map((way) => ({
        path: `samples["1.00"].${way}`,
        old: '1.00',
        new: '1.00 €',
      })),
    })
  })

  test('I6: is refused where it reads stored values otherwise, although its literals display as before', async () => {
    const { fromLiteral, toDisplay } = money()
    const next = money({
      fromLiteral: (text) => -(fromLiteral(text) as bigint),
      toDisplay: (value) => toDisplay(-(value as bigint)),
    })
    expect(await verdictOn(await remember(money()), next)).toMatchObject({
      level: 'incompatible',
      reason: expect.stringContaining('.column: '),
    })
  })

  test('is held to the literals of values that no column takes', async () => {
    const numbers = { fromLiteral: Number, toDisplay: String, samples: () => ['1'] }
    const kept = await remember(money(numbers))
    expect(await verdictOn(kept, money(numbers))).toMatchObject({
      level: 'compatible',
      unjudged: [{ path: 'samples["1"].column' }],
    })
    expect(await verdictOn(kept, money({ ...numbers, fromLiteral: (text) => Number(text) + 1 }))).toMatchObject({
      details: [{ path: 'samples["1"].literal', old: '1', new: '2' }],
    })
  })

  test('may migrate by a cast of what was recorded', async () => {
    const next = money({
      encodingVersion: '2',
      compatCheck: () => ({ level: 'migrate', reason: 'renamed' }),
      castFrom: (column) => column,
    })
    expect(await verdictOn(await remember(money()), next)).toEqual({
      level: 'migrate',
      reason: 'renamed (encodingVersion: "cents" → "2")',
    })
  })
})

describe('what is remembered (L8, I12)', () => {
  test('refers to no object of the plugin', async () => {
    const provider = point({ metadata: '{}', encodingVersion: '1' })
    const shared = reachable([arrow, Map])
    const own = new Set([...reachable(provider)].filter((value) => !shared.has(value)))
    for (const part of [provider.fromLiteral, provider.arrowType, provider.arrowType.children[0]])
      expect(own.has(part)).toBe(true)
    const kept = [...reachable(await remember(provider))]
    expect(kept.length).toBeGreaterThan(10)
    expect(kept.filter((value) => own.has(value))).toHaveLength(0)
  })

  test('is the whole contract, for every family of type', async () => {
    await fc.assert(
      fc.asyncProperty(model, async (of) => {
        const provider = money({ arrowType: toArrow(of) })
        const kept = await remember(provider)
        expect(diffContract(provider, kept)).toEqual([])
        expect(contractOf(kept)).toEqual(contractOf(provider))
        expect(kept.arrowType).not.toBe(provider.arrowType)
      }),
      { numRuns: 100 },
    )
  })

  test('answers for its samples and refuses anything else', async () => {
    const kept = await remember(point())
    expect([...(kept.samples?.() ?? [])]).toEqual(['a 1 2', 'b'])
    expect(kept.toDisplay(kept.fromLiteral('a 1 2'))).toBe('a 1 2')
    expect(kept.toDisplay({ label: 'b', at: [] })).toBe('b ')
    expect(() => kept.fromLiteral('c 1')).toThrow(
      'the type "point" was removed; of the literal "c 1" nothing was recorded in its samples',
    )
    expect(() => kept.toDisplay({ label: 'c', at: [1] })).toThrow('the type "point" was removed')
  })

  test('does not change when a version changes what it reads from it', async () => {
    const kept = await remember({
      name: 'b',
      arrowType: new FixedSizeBinary(1),
      fromLiteral: (text) => Uint8Array.of(Number(text)),
      toDisplay: String,
      samples: () => ['7'],
    })
    const value = kept.fromLiteral('7') as Uint8Array
    value.fill(0)
    expect(String(kept.fromLiteral('7'))).toBe('7')
  })

  test('is kept as it is when it is remembered again', async () => {
    const kept = await remember(money())
    expect(await verdictOn(await remember(kept), money())).toEqual({ level: 'compatible' })
  })
})
