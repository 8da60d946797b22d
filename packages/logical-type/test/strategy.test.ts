import { OldProviders, ReloadDispatcher, ReloadError, type CompatVerdict } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import {
  Field,
  FixedSizeBinary,
  Int32,
  Int64,
  Struct,
  Utf8,
  vectorFromArray,
  type DataType,
  type Vector,
} from 'apache-arrow'
import { describe, expect, test } from 'vitest'
import { logicalType, logicalTypeHandoff, type LogicalTypeProvider } from '../src/index.js'
import { money } from './fixtures.js'
import { remember, verdictOn } from './judge.js'

const { fromLiteral, toDisplay } = money()

/** A type whose values are texts, stored as they are. */
const text = (changes: Partial<LogicalTypeProvider> = {}): LogicalTypeProvider => ({
  name: 'text',
  arrowType: new Utf8(),
  fromLiteral: (literal) => literal,
  toDisplay: String,
  ...changes,
})
/** A type whose values are single bytes. */
const byte = (changes: Partial<LogicalTypeProvider> = {}): LogicalTypeProvider => ({
  name: 'byte',
  arrowType: new FixedSizeBinary(1),
  fromLiteral: (literal) => Uint8Array.of(Number(literal)),
  toDisplay: String,
  samples: () => ['7'],
  ...changes,
})
const withChild = (nullable: boolean): Struct => new Struct([new Field('cents', new Int64(), nullable)])
const withChildren = (prefix: string): Struct =>
  new Struct(Array.from({ length: 10 }, (_, index) => new Field(`${prefix}${index}`, new Int32())))
const check = (compatCheck: unknown): Partial<LogicalTypeProvider> => ({ compatCheck: compatCheck as () => never })
const migrate = (): CompatVerdict => ({ level: 'migrate', reason: 'cents outgrew 32 bits' })
const convert = (column: Vector, one: (value: number | null) => bigint | null): Vector =>
  vectorFromArray(Array.from(column, one), new Int64())
const widen = (column: Vector): Vector => convert(column, (value) => (value === null ? null : BigInt(value)))
const fail = (reason: string) => (): never => {
  throw new Error(reason)
}
/** A display that changes what it is given. */
function spoil(value: unknown): string {
  const [shown] = value as Uint8Array
  ;(value as Uint8Array).fill(0)
  return String(shown)
}
function* endless(): Generator<string> {
  for (;;) yield '1.00'
}

describe('an unchanged contract (L1, L5, L6)', () => {
  test('is compatible', async () => {
    expect(await verdictOn(money(), money())).toEqual({ level: 'compatible' })
  })

  test('without samples is unjudged, whatever the new version says of itself (L9)', async () => {
    const unjudged = {
      level: 'unjudged',
      reason:
        'the old version has no samples that it displays itself: only the contract was compared. Give the type samples()',
    }
    expect(await verdictOn(text(), text())).toEqual(unjudged)
    expect(await verdictOn(text(), text(check(() => ({ level: 'compatible' }))))).toEqual(unjudged)
    expect(await verdictOn(text(), text(check(migrate)))).toEqual(migrate())
    expect(
      await verdictOn(money(), money(check(() => ({ level: 'unjudged', reason: 'of negative amounts' })))),
    ).toEqual({ level: 'unjudged', reason: 'of negative amounts' })
  })

  test('may learn new literals', async () => {
    const next = money({
      fromLiteral: (text) => fromLiteral(text.endsWith('.5') ? `${text}0` : text),
      samples: () => ['1.5'],
    })
    expect(await verdictOn(money(), next)).toEqual({ level: 'compatible' })
  })
})

describe('a changed contract (L1)', () => {
  test('is refused with each difference, path by path', async () => {
    const verdict = await verdictOn(
      money({ arrowType: withChild(true), encodingVersion: '1' }),
      money({ arrowType: withChild(false), encodingVersion: '2' }),
    )
    expect(verdict).toEqual({
      level: 'incompatible',
      reason: 'the contract changed: storage.children[0].nullable: true → false; encodingVersion: "1" → "2"',
      details: [
        { path: 'storage.children[0].nullable', old: true, new: false },
        { path: 'encodingVersion', old: '1', new: '2' },
      ],
    })
  })

  test('is refused although compatCheck calls it compatible (L7)', async () => {
    const verdict = await verdictOn(
      money(),
      money({ arrowType: new Int32(), compatCheck: () => ({ level: 'compatible' }) }),
    )
    expect(verdict).toMatchObject({ level: 'incompatible', details: [{ path: 'storage.bitWidth', old: 64, new: 32 }] })
  })

  test('of many differences names the first and counts the rest', async () => {
    const verdict = await verdictOn(money({ arrowType: withChildren('a') }), money({ arrowType: withChildren('b') }))
    expect(verdict).toMatchObject({
      reason: expect.stringMatching(/children\[7\]\.name: "a7" → "b7"; and 2 more$/),
      details: { length: 10 },
    })
  })
})

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

describe("the new version's own judgement (L7)", () => {
  test('can refuse what the contract lets pass', async () => {
    const verdict = { level: 'incompatible', reason: 'rounding changed', details: { since: 2 } }
    expect(await verdictOn(money(), money(check(async () => verdict)))).toEqual(verdict)
  })

  test('is given the old version', async () => {
    const old = money()
    let given: unknown
    await verdictOn(
      old,
      money(
        check((before: unknown) => {
          given = before
          return { level: 'compatible' }
        }),
      ),
    )
    expect(given).toBe(old)
  })

  test('is asked of the version, whose state it may need', async () => {
    const next = Object.assign(money(), {
      reason: 'rounding changed',
      compatCheck(this: { reason: string }) {
        return { level: 'incompatible' as const, reason: this.reason }
      },
    })
    expect(await verdictOn(money(), next)).toEqual({ level: 'incompatible', reason: 'rounding changed' })
  })

  test('what could not be judged of a contract that changed is said too (L9)', async () => {
    const named = { name: 'arrow.unheard_of' }
    const narrowed = money({
      ...named,
      arrowType: new Int32(),
      fromLiteral: (text) => Number(fromLiteral(text)),
      toDisplay: (value) => toDisplay(BigInt(value as number)),
      samples: () => ['12.50'],
    })
    expect(await verdictOn(narrowed, money({ ...named, compatCheck: migrate, castFrom: widen }))).toMatchObject({
      level: 'migrate',
      unjudged: [
        {
          path: 'name',
          reason: expect.stringContaining('"arrow.unheard_of" is a name that only Arrow gives') as string,
        },
      ],
    })
  })

  test('can ask to migrate where nothing changed, which is reported', async () => {
    expect(await verdictOn(money(), money(check(() => ({ level: 'migrate', reason: 'faster parser' }))))).toEqual({
      level: 'migrate',
      reason: 'faster parser',
    })
  })

  test('that fails, rejects or is no verdict refuses', async () => {
    expect(await verdictOn(money(), money(check(fail('boom'))))).toMatchObject({
      level: 'incompatible',
      reason: 'compatCheck failed: boom',
    })
    expect(await verdictOn(money(), money(check(() => Promise.reject(new Error('later')))))).toMatchObject({
      reason: 'compatCheck failed: later',
    })
    for (const wrong of [undefined, true, { level: 'fine' }, { level: 'migrate' }]) {
      expect(await verdictOn(money(), money(check(() => wrong)))).toMatchObject({
        level: 'incompatible',
        reason: 'compatCheck returned something that is not a verdict',
      })
    }
  })

  test('does not hide the contract differences when it refuses', async () => {
    const next = money({ encodingVersion: 'mills', ...check(() => ({ level: 'incompatible', reason: 'other cents' })) })
    expect(await verdictOn(money(), next)).toEqual({
      level: 'incompatible',
      reason: 'other cents; the contract changed: encodingVersion: "cents" → "mills"',
      details: [{ path: 'encodingVersion', old: 'cents', new: 'mills' }],
    })
  })

  test('that hangs is given up on at the deadline (I8)', async () => {
    const clock = new ManualClock()
    const next = money()
    const asked = new Promise<void>((resolve) => {
      Object.assign(
        next,
        check(() => {
          resolve()
          return new Promise(() => {})
        }),
      )
    })
    const dispatcher = new ReloadDispatcher([], { clock, timeouts: { preflight: 100 } }).use(logicalTypeHandoff())
    const failed = dispatcher
      .checkCompat(new OldProviders().add(logicalType, money()), new OldProviders().add(logicalType, next))
      .catch((error: unknown) => error)
    await asked
    clock.advance(101)
    expect(await failed).toMatchObject({
      code: 'STEP_TIMEOUT',
      step: 'compatCheck',
      surface: 'logical-type',
      key: 'acme.money',
    })
  })
})

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

  test('is told by its number of fields where it is new, or of another family', async () => {
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

  test('with an error in a part is said at its first place', async () => {
    await expect(verdictOn(text({ name: 'shared' }), doubled(new FixedSizeBinary(-1)))).rejects.toThrow(
      /storage(\.children\[0\]\.type){30}\.byteWidth: expected a number of bytes, found -1/,
    )
  })

  test('may be nested no deeper for it', async () => {
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

describe('the strategy', () => {
  test('refuses a dispatch with SCHEMA_INCOMPAT, the differences in its details', async () => {
    const dispatcher = new ReloadDispatcher([]).use(logicalTypeHandoff())
    const next = new OldProviders().add(logicalType, money({ encodingVersion: 'mills' }))
    const error: unknown = await dispatcher
      .dispatch({ old: new OldProviders().add(logicalType, money()), next })
      .catch((thrown: unknown) => thrown)
    expect(ReloadError.is(error)).toBe(true)
    expect(error).toMatchObject({
      code: 'SCHEMA_INCOMPAT',
      surface: 'logical-type',
      key: 'acme.money',
      message: expect.stringContaining('encodingVersion: "cents" → "mills"'),
    })
  })

  test('a malformed contract is SCHEMA_INCOMPAT, naming which version (L4)', async () => {
    const broken = money({ metadata: {} as never })
    await expect(verdictOn(money(), broken)).rejects.toMatchObject({ code: 'SCHEMA_INCOMPAT', step: 'new contract' })
    await expect(verdictOn(broken, money())).rejects.toMatchObject({ code: 'SCHEMA_INCOMPAT', step: 'old contract' })
  })

  test('an abort stops between samples (L10, I8)', async () => {
    const controller = new AbortController()
    let parsed = 0
    const next = money({
      fromLiteral: (text) => {
        parsed += 1
        controller.abort()
        return fromLiteral(text)
      },
    })
    const dispatcher = new ReloadDispatcher([]).use(logicalTypeHandoff())
    const dispatch = dispatcher.dispatch({
      old: new OldProviders().add(logicalType, money()),
      next: new OldProviders().add(logicalType, next),
      signal: controller.signal,
    })
    await expect(dispatch).rejects.toMatchObject({ code: 'ABORTED' })
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
    expect(parsed).toBe(2)
  })

  test('lets the event loop turn between samples (L10)', async () => {
    const turned: boolean[] = []
    let turn = false
    setImmediate(() => {
      turn = true
    })
    const busy = (value: unknown): string => {
      turned.push(turn)
      for (const until = performance.now() + 5; performance.now() < until;);
      return toDisplay(value)
    }
    await verdictOn(money({ toDisplay: busy }), money())
    expect([turned[0], turned.at(-1)]).toEqual([false, true])
  })

  test('refuses a sample limit that is none', () => {
    expect(() => logicalTypeHandoff({ sampleLimit: 0 })).toThrow(RangeError)
    expect(() => logicalTypeHandoff({ sampleLimit: 1.5 })).toThrow(
      'logicalTypeHandoff options.sampleLimit: expected a whole number, 1 or more, and got 1.5',
    )
  })
})
