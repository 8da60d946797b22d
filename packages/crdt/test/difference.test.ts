import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { copying, copyOf } from '../src/copy.js'
import { compare, differenceOf } from '../src/difference.js'
import { inOneGo } from '../src/in-one-go.js'
import { PLAIN, REDACTED } from '../src/show.js'

class Money {
  readonly #cents: number
  constructor(cents: number) {
    this.#cents = cents
  }
  get cents(): number {
    return this.#cents
  }
}

class Decimal {
  readonly #digits: string
  constructor(digits: string) {
    this.#digits = digits
  }
  toJSON(): string {
    return this.#digits
  }
}

class Priced extends Map<string, number> {
  constructor(readonly currency: string) {
    super([['tea', 5]])
  }
  toJSON(): unknown {
    return { currency: this.currency, items: [...this] }
  }
}

class Zoned extends Date {
  zone = ''
}

/** `{ next: { next: … } }`, `length` deep. */
function chain(length: number, end: unknown): unknown {
  let value = end
  for (let i = 0; i < length; i += 1) value = { next: value }
  return value
}

function ring(...names: string[]): unknown {
  const nodes = names.map((name) => ({ name, next: undefined as unknown }))
  for (const [i, node] of nodes.entries()) node.next = nodes[(i + 1) % nodes.length]
  return nodes[0]
}

/** A list whose two halves are the same list, whose halves are the same list, … */
function doubled(depth: number): unknown {
  let value: unknown = ['leaf']
  for (let i = 0; i < depth; i += 1) value = [value, value]
  return value
}

/** A map and a set that lead back to themselves, through a key and through members. */
function looped(name: string): unknown {
  const set = new Set<unknown>()
  set.add({ name: 'x', set }).add({ name, set })
  return new Map<unknown, unknown>([[{ set }, set]])
}

/** What `copyOf` says against a value. */
function said(value: unknown): string {
  try {
    copyOf(value)
  } catch (error) {
    return (error as Error).message
  }
  return 'nothing'
}

describe('X7 structural equality', () => {
  it.each<[string, unknown, unknown]>([
    ['JSON-like values', { a: [1, 'x', null, true] }, { a: [1, 'x', null, true] }],
    ['fields in another order', { a: 1, b: 2 }, { b: 2, a: 1 }],
    ['NaN', [NaN], [NaN]],
    ['-0 and 0', [-0], [0]],
    ['bigint', 10n, 10n],
    ['undefined', undefined, undefined],
    ['dates', new Date(5), new Date(5)],
    ['invalid dates', new Date(NaN), new Date(NaN)],
    [
      'maps in another order',
      new Map([
        ['a', 1],
        ['b', 2],
      ]),
      new Map([
        ['b', 2],
        ['a', 1],
      ]),
    ],
    ['maps with objects for keys', new Map([[{ k: 1 }, 'x']]), new Map([[{ k: 1 }, 'x']])],
    ['sets in another order', new Set([1, 2]), new Set([2, 1])],
    ['sets of objects', new Set([{ a: 1 }, { a: 2 }]), new Set([{ a: 2 }, { a: 1 }])],
    ['bytes', Uint8Array.of(1, 2), Uint8Array.of(1, 2)],
    ['a Buffer and a Uint8Array', Buffer.from([1, 2]), Uint8Array.of(1, 2)],
    ['a part of a buffer', new Uint8Array([9, 1, 2]).subarray(1), Uint8Array.of(1, 2)],
    ['floats', Float64Array.of(NaN, 0), Float64Array.of(NaN, -0)],
    ['buffers', Uint8Array.of(1).buffer, Uint8Array.of(1).buffer],
    ['views', new DataView(Uint8Array.of(1, 2).buffer, 1), new DataView(Uint8Array.of(2).buffer)],
    ['objects without a prototype', Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
    [
      'values of another realm',
      runInNewContext('({ a: [1, new Map([["k", new Set([2])]]), new Date(5)] })'),
      { a: [1, new Map([['k', new Set([2])]]), new Date(5)] },
    ],
    ['objects with a toJSON', { price: new Decimal('1.50') }, { price: new Decimal('1.50') }],
    ['an instance of a subclass that says what it is', new Priced('EUR'), new Priced('EUR')],
    ['arrays with fields of their own', Object.assign([1], { unit: 'kg' }), Object.assign([1], { unit: 'kg' })],
    ['an array with a hole', Object.assign([], { 1: 3 }), [undefined, 3]],
    ['a match of a pattern', /a(b)/.exec('ab'), /a(b)/.exec('ab')],
    [
      'sets of what is read as a primitive',
      new Set([new Decimal('1'), new Decimal('2')]),
      new Set([new Decimal('2'), new Decimal('1')]),
    ],
    ['-0 and NaN in members of a set', new Set([{ n: -0 }, { n: NaN }]), new Set([{ n: NaN }, { n: 0 }])],
    ['a field called __proto__', JSON.parse('{"__proto__": 1}'), JSON.parse('{"__proto__": 1}')],
  ])('takes %s for equal, copied or not', (_, before, after) => {
    expect(differenceOf(before, after)).toBeUndefined()
    expect(differenceOf(copyOf(before), after)).toBeUndefined()
    expect(differenceOf(before, copyOf(after))).toBeUndefined()
  })

  it.each<[unknown, unknown, string]>([
    [{ title: 'a' }, { title: 'b' }, 'value.title: "a" → "b"'],
    [{ title: ['x', 'a'] }, { title: ['x', 'b'] }, 'value.title[1]: "a" → "b"'],
    [1, '1', 'value: 1 → "1"'],
    [1, 1n, 'value: 1 → 1n'],
    [null, undefined, 'value: null → undefined'],
    [{ a: undefined }, {}, 'value.a: undefined → nothing'],
    [{}, { a: undefined }, 'value.a: nothing → undefined'],
    [[1], [1, 2], 'value[1]: nothing → 2'],
    [[1, 2], [1], 'value[1]: 2 → nothing'],
    [[], {}, 'value: [] → {}'],
    [{}, new Map(), 'value: {} → Map {}'],
    [new Date(0), new Date(1), 'value: Date 1970-01-01T00:00:00.000Z → Date 1970-01-01T00:00:00.001Z'],
    [new Date(0), new Date(NaN), 'value: Date 1970-01-01T00:00:00.000Z → an invalid Date'],
    [new Map([['a', { n: 1 }]]), new Map([['a', { n: 2 }]]), 'value.get("a").n: 1 → 2'],
    [new Map([['a', 1]]), new Map([['b', 1]]), 'value.get("a"): 1 → nothing'],
    [new Map([[{ k: 1 }, 1]]), new Map([[{ k: 1 }, 2]]), 'value.get({k: 1}): 1 → 2'],
    [new Set(['a']), new Set(['b']), 'value.has("a"): true → false'],
    [new Set([{ a: 1 }]), new Set([{ a: 1 }, { a: 2 }]), 'value.has({a: 2}): false → true'],
    [Uint8Array.of(1, 2), Uint8Array.of(1, 3), 'value[1]: 2 → 3'],
    [Uint8Array.of(1), Int8Array.of(1), 'value: Uint8Array [1] → Int8Array [1]'],
    [new Priced('EUR'), new Priced('JPY'), 'value.currency: "EUR" → "JPY"'],
    [Object.assign([1], { unit: 'kg' }), Object.assign([1], { unit: 'lb' }), 'value.unit: "kg" → "lb"'],
    [Object.assign([1], { unit: 'kg' }), [1], 'value.unit: "kg" → nothing'],
    [Object.assign(new Date(0), { zone: 'a' }), Object.assign(new Date(0), { zone: 'b' }), 'value.zone: "a" → "b"'],
    [Object.assign(new Map([[1, 2]]), { of: 1 }), Object.assign(new Map([[1, 2]]), { of: 2 }), 'value.of: 1 → 2'],
    [Object.assign(new Set([1]), { of: 1 }), Object.assign(new Set([1]), { of: 2 }), 'value.of: 1 → 2'],
    [
      Object.assign(Uint8Array.of(1), { unit: 'kg' }),
      Object.assign(Uint8Array.of(1), { unit: 'lb' }),
      'value.unit: "kg" → "lb"',
    ],
    [BigInt64Array.of(1n), BigInt64Array.of(2n), 'value[0]: 1n → 2n'],
    [{ 'odd key': 1 }, { 'odd key': 2 }, 'value["odd key"]: 1 → 2'],
    [new Decimal('1'), new Decimal('2'), 'value: an instance of Decimal "1" → an instance of Decimal "2"'],
    [JSON.parse('{"__proto__": {"x": 1}}'), JSON.parse('{"__proto__": {"x": 2}}'), 'value.__proto__.x: 1 → 2'],
    [{ deep: { x: { y: 1 } }, near: 1 }, { deep: { x: { y: 2 } }, near: 2 }, 'value.near: 1 → 2'],
    [`${'long '.repeat(40)}old end`, `${'long '.repeat(40)}new end`, 'value from index 200: "old end" → "new end"'],
    [Array.from({ length: 9 }, (_, i) => i), 'x', 'value: [0, 1, 2, … 9 in all] → "x"'],
  ])('tells %o from %o', (before, after, said) => {
    const difference = differenceOf(before, after)
    expect(difference && `${difference.path}: ${difference.before} → ${difference.after}`).toBe(said)
    expect(differenceOf(copyOf(before), copyOf(after))?.path).toBe(difference?.path)
    expect(differenceOf(after, before)).toBeDefined()
  })

  it('ends on cycles: equal where nothing on the way round differs', () => {
    expect(differenceOf(ring('a', 'b'), ring('a', 'b'))).toBeUndefined()
    expect(differenceOf(ring('a'), ring('a', 'a'))).toBeUndefined()
    expect(differenceOf(ring('a', 'b', 'c'), ring('a', 'b', 'd'))?.path).toBe('value.next.next.name')
    expect(differenceOf(copyOf(ring('a', 'b')), ring('a', 'b'))).toBeUndefined()
    const led = { name: 'a', next: ring('a', 'a') }
    expect(differenceOf(ring('a'), led)).toBeUndefined()
    expect(differenceOf(led, ring('a', 'a', 'b'))?.path).toBe('value.next.next.name')
  })

  it('ends on cycles through sets and maps', () => {
    expect(differenceOf(looped('y'), looped('y'))).toBeUndefined()
    expect(differenceOf(looped('y'), looped('z'))).toBeDefined()
    expect(differenceOf(copyOf(looped('y')), looped('y'))).toBeUndefined()
  })

  it('forgets what it assumed while trying members of a set that do not match', () => {
    const before = new Set([
      [{ n: 1 }, 'a'],
      [{ n: 2 }, 'b'],
    ])
    const two = { n: 2 }
    expect(
      differenceOf(
        before,
        new Set([
          [two, 'b'],
          [two, 'a'],
        ]),
      ),
    ).toMatchObject({ before: 'true', after: 'false' })
  })

  it('takes depth without overflowing the stack', () => {
    expect(differenceOf(copyOf(chain(100_000, 1)), chain(100_000, 1))).toBeUndefined()
    expect(differenceOf(chain(100_000, 1), chain(100_000, 2))).toMatchObject({ before: '1', after: '2' })
  })

  it('looks at shared parts once', () => {
    expect(differenceOf(copyOf(doubled(60)), doubled(60))).toBeUndefined()
  })

  it('X7 refuses what nobody can compare, saying where: it might hide a difference', () => {
    expect(new Money(1).cents).toBe(1)
    expect(said({ price: new Money(1) })).toMatch(/^value\.price is an instance of Money, which cannot be compared/)
    expect(() => differenceOf({ price: new Money(1) }, { price: new Money(2) })).toThrow(
      /^value\.price is an instance of Money/,
    )
    for (const [hides, what] of [
      [new Zoned(0), 'an instance of Zoned'],
      [
        new (class Tagged extends Array {
          tag = ''
        })(),
        'an instance of Tagged',
      ],
      [new (class extends Set {})(), 'an instance of an unnamed class'],
      [Object.defineProperty(new Map(), Symbol.toStringTag, { value: 'Set' }), 'an instance of Map'],
      [new (class Wide extends Uint8Array {})(), 'an instance of Wide'],
    ] as const)
      expect(said({ at: hides })).toContain(`value.at is ${what}, which cannot be compared`)
    expect(said([() => 1])).toMatch(/^value\[0\] is a function/)
    expect(said({ s: Symbol('s') })).toMatch(/^value\.s is a symbol/)
    expect(said(new Map([['k', /x/]]))).toMatch(/^value\.get\("k"\) is a RegExp/)
    expect(said(new Set([new WeakMap()]))).toMatch(/is a WeakMap/)
    expect(said({ toJSON: 1, e: new Error('x') })).toMatch(/^value\.e is an Error/)
  })
})

/** How often a comparison may be interrupted, which is a measure of what it does. */
function stepsOf(before: unknown, after: unknown): number {
  let steps = 0
  for (const work = compare(before, after, PLAIN); work.next().done !== true;) steps += 1
  return steps
}

describe('X7 I8 what a comparison costs', () => {
  const objects = (count: number): object[] =>
    Array.from({ length: count }, (_, id) => ({ kind: 'row', nested: { list: [{ id }] } }))

  it.each<[string, (members: object[]) => unknown]>([
    ['members of a set', (members) => new Set(members)],
    ['keys of a map', (members) => new Map(members.map((member) => [member, 'x']))],
    ['sets of sets', (members) => new Set(members.map((member) => new Set([member])))],
    [
      'members that lead back to their set',
      (members) => {
        const set = new Set<unknown>()
        for (const member of members) set.add(Object.assign(member, { id: JSON.stringify(member), of: set }))
        return set
      },
    ],
  ])('the order of %s costs nothing', (_, of) => {
    const [few, many] = [500, 4000].map((count) => stepsOf(of(objects(count)), of(objects(count).toReversed()))) as [
      number,
      number,
    ]
    // Eight times as many, and not sixty-four times.
    expect(many).toBeLessThan(12 * few)
  })

  it('a copy and a comparison may be interrupted within one long array, object, map or set', () => {
    const numbers = Array.from({ length: 10_000 }, (_, n) => n)
    for (const value of [
      numbers,
      Object.fromEntries(numbers.map((n) => [`n${n}`, n])),
      new Map(numbers.map((n) => [n, n])),
      new Set(numbers),
      Uint8Array.from(numbers),
    ]) {
      expect(stepsOf(value, structuredClone(value))).toBeGreaterThan(30)
      if (value instanceof Uint8Array) continue
      let steps = 0
      for (const work = copying(value, PLAIN); work.next().done !== true;) steps += 1
      expect(steps).toBeGreaterThan(30)
    }
  })
})

describe('X28 what a refusal says', () => {
  it('is short, however long names, values and paths are', () => {
    const long = 'x'.repeat(100_000)
    for (const [before, after] of [
      [chain(100_000, 1), chain(100_000, 2)],
      [{ [long]: 1 }, { [long]: 2 }],
      [{ [long]: long }, {}],
      [new Map([[long, 1]]), new Map()],
      [{ a: { [long]: 1 } }, { a: 1 }],
    ])
      expect(JSON.stringify(differenceOf(before, after)).length).toBeLessThan(600)
    expect(differenceOf(chain(100, 1), chain(100, 2))?.path).toBe(
      `value${'.next'.repeat(10)}…(80 more)…${'.next'.repeat(10)}`,
    )
  })

  it('does not quote the document where the host says so', () => {
    const said = (before: unknown, after: unknown): unknown => inOneGo(compare(before, after, REDACTED))
    expect(
      said({ notes: new Map([['Ann', ['secret']]]) }, { notes: new Map([['Ann', ['public knowledge']]]) }),
    ).toEqual({
      path: 'value.*.get(a string of 3 characters)[0]',
      before: 'a string of 6 characters',
      after: 'a string of 16 characters',
    })
    expect(said([{ Ann: 1 }], [[1]])).toEqual({
      path: 'value[0]',
      before: 'an object of 1 fields',
      after: 'an array of 1',
    })
    expect(said([7n, 1, new Set([1]), new Map([[1, 1]]), Uint8Array.of(1), new Date(0), null, true], [])).toEqual({
      path: 'value[0]',
      before: 'a bigint',
      after: 'nothing',
    })
    expect(() => said({ Ann: () => 1 }, { Ann: 1 })).toThrow(/^value\.\* is a function/)
    for (const [value, text] of [
      [1, 'a number'],
      [new Set([1]), 'a Set of 1'],
      [new Map([[1, 1]]), 'a Map of 1'],
      [Uint8Array.of(1), 'Uint8Array of 1'],
      [new Date(0), 'a Date'],
      [null, 'null'],
      [true, 'true'],
      [undefined, 'undefined'],
    ] as const) {
      expect(said({ a: value }, {})).toEqual({ path: 'value.*', before: text, after: 'nothing' })
    }
  })
})

describe('X7 copies', () => {
  it('are not reached by later edits', () => {
    const value = {
      list: [1],
      map: new Map([['k', { n: 1 }]]),
      set: new Set([{ n: 1 }]),
      bytes: Buffer.from([1]),
      at: new Date(1),
    }
    const copy = copyOf(value)
    value.list.push(2)
    ;(value.map.get('k') as { n: number }).n = 2
    value.set.clear()
    value.bytes[0] = 2
    value.at.setTime(2)
    expect(copy).toEqual({
      list: [1],
      map: new Map([['k', { n: 1 }]]),
      set: new Set([{ n: 1 }]),
      bytes: Uint8Array.of(1),
      at: new Date(1),
    })
  })

  it('I12 refer to nothing a plugin made', () => {
    const copy = copyOf({ price: new Decimal('2'), bare: Object.create(null) as object }) as {
      price: unknown
      bare: object
    }
    expect(copy.price).toBe('2')
    expect(Object.getPrototypeOf(copy.bare)).toBe(Object.prototype)
  })
})
