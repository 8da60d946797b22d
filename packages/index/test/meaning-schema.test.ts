import {
  Bool,
  Decimal,
  Dictionary,
  DurationMillisecond,
  DurationSecond,
  Field,
  Float32,
  FixedSizeList,
  Int32,
  Int64,
  List,
  Schema,
  Struct,
  TimestampMillisecond,
  Utf8,
  type DataType,
} from 'apache-arrow'
import type { SchemaDifference } from '@uni/reload-index'
import { describe, expect, test } from 'vitest'
import { answer } from './fixtures/batches.js'
import { plainHandle } from './fixtures/plain-index.js'
import { failureOf } from './fixtures/reload.js'
import { from } from './fixtures/meaning.js'

const withSchema = (fields: Field[], metadata?: Map<string, string>): ReturnType<typeof plainHandle> =>
  plainHandle({ schema: () => new Schema(fields, metadata) })

const nested = (inner: DataType): DataType => new List(new Field('item', new Struct([new Field('x', inner, true)])))

const coded = (id: number, keys: string[]): Field =>
  new Field('a', new Dictionary(new Utf8(), new Int32(), id), false, new Map(keys.map((key) => [key, key])))

const entry = (type: DataType, nullable = false): Field => new Field('a', type, nullable)

describe('X11: the new handle has the schema of the old one', () => {
  const rows: Record<
    string,
    readonly [old: Field[], next: Field[], differences: readonly Partial<SchemaDifference>[]]
  > = {
    'a field is gone': [
      [entry(new Utf8()), new Field('b', new Bool())],
      [entry(new Utf8())],
      [
        { path: 'order', old: 'a, b', next: 'a' },
        { path: 'fields.b', old: 'Bool', next: undefined },
      ],
    ],
    'a field is new': [
      [entry(new Utf8())],
      [entry(new Utf8()), new Field('b', new Bool())],
      [{ path: 'order' }, { path: 'fields.b', old: undefined, next: 'Bool' }],
    ],
    'the order is another': [
      [entry(new Utf8()), new Field('b', new Bool())],
      [new Field('b', new Bool()), entry(new Utf8())],
      [{ path: 'order', old: 'a, b', next: 'b, a' }],
    ],
    'the type is another': [
      [entry(new Int32())],
      [entry(new Int64())],
      [{ path: 'fields.a.type', old: 'Int32', next: 'Int64' }],
    ],
    'the type becomes nested': [
      [entry(new Utf8())],
      [entry(new List(new Field('item', new Utf8())))],
      [{ path: 'fields.a.type', old: 'Utf8', next: 'List' }],
    ],
    nullability: [
      [entry(new Utf8())],
      [entry(new Utf8(), true)],
      [{ path: 'fields.a.nullable', old: false, next: true }],
    ],
    'a time zone': [
      [entry(new TimestampMillisecond('UTC'))],
      [entry(new TimestampMillisecond())],
      [{ path: 'fields.a.type' }],
    ],
    'a unit': [[entry(new DurationSecond())], [entry(new DurationMillisecond())], [{ path: 'fields.a.type' }]],
    'the width of a decimal': [
      [entry(new Decimal(2, 10, 128))],
      [entry(new Decimal(2, 10, 256))],
      [{ path: 'fields.a.bitWidth', old: 128, next: 256 }],
    ],
    'the length of a vector': [
      [entry(new FixedSizeList(3, new Field('item', new Float32())))],
      [entry(new FixedSizeList(4, new Field('item', new Float32())))],
      [{ path: expect.stringMatching(/^fields\.a\./) as string }],
    ],
    'a type in depth': [
      [entry(nested(new Int32()))],
      [entry(nested(new Utf8()))],
      [{ path: 'fields.a.fields.item.fields.x.type', old: 'Int32', next: 'Utf8' }],
    ],
    'the values of a dictionary': [
      [entry(new Dictionary(new Utf8(), new Int32()))],
      [entry(new Dictionary(new Int64(), new Int32()))],
      [{ path: 'fields.a.dictionary.type', old: 'Utf8', next: 'Int64' }],
    ],
    'the order of a dictionary': [
      [entry(new Dictionary(new Utf8(), new Int32(), 1, true))],
      [entry(new Dictionary(new Utf8(), new Int32(), 1, false))],
      [{ path: 'fields.a.isOrdered', old: true, next: false }],
    ],
    'the metadata of a field': [
      [new Field('a', new Utf8(), false, new Map([['lang', 'en']]))],
      [new Field('a', new Utf8(), false, new Map([['lang', 'de']]))],
      [{ path: 'fields.a.metadata.lang', old: 'en', next: 'de' }],
    ],
    'a field that is there twice': [
      [entry(new Utf8()), entry(new Int32())],
      [entry(new Utf8()), entry(new Bool())],
      [{ path: 'fields.a#2.type', old: 'Int32', next: 'Bool' }],
    ],
    'a field named as what every object has': [
      [new Field('__proto__', new Utf8()), new Field('constructor', new Utf8())],
      [new Field('__proto__', new Utf8())],
      [{ path: 'order' }, { path: 'fields.constructor', old: 'Utf8', next: undefined }],
    ],
  }
  test.for(Object.entries(rows))('%s', async ([, [old, next, differences]]) => {
    const handle = withSchema(old)
    const opened = withSchema(next)
    const reload = from(handle, opened)
    const error = await failureOf(reload.dispatch())
    expect(error).toMatchObject({
      code: 'HANDOFF',
      phase: 'prepare',
      step: 'verify',
      surface: 'index-kind',
      resource: 'articles',
    })
    expect(error.details).toMatchObject(differences)
    expect(error.details).toHaveLength(differences.length)
    for (const { path } of error.details as SchemaDifference[]) expect(error.message).toContain(path)
    expect(reload.gate.resource).toBe(handle)
    expect({ handle: handle.closes, opened: opened.closes }).toEqual({ handle: 0, opened: 1 })
  })

  test('the metadata of the schema', async () => {
    const error = await failureOf(from(withSchema([], new Map([['v', '1']])), withSchema([])).dispatch())
    expect(error.message).toMatch(/metadata\.v: "1" → none/)
  })

  test('what says nothing is no difference: the id of a dictionary, the order of metadata', async () => {
    const next = withSchema([coded(2, ['y', 'x'])])
    const reload = from(withSchema([coded(1, ['x', 'y'])]), next)
    await reload.run()
    expect(reload.gate.resource).toBe(next)
  })

  test('two differences are told apart, and those of the metadata too', async () => {
    const error = await failureOf(
      from(
        withSchema(
          [],
          new Map([
            ['v', '1'],
            ['w', '1'],
          ]),
        ),
        withSchema([]),
      ).dispatch(),
    )
    expect(error.message).toMatch(/metadata\.v: "1" → none; .*metadata\.w: "1" → none/)
  })

  test('that is a promise is refused: it is asked for between two writes', async () => {
    const later = plainHandle({ schema: () => Promise.resolve(new Schema([])) })
    expect((await failureOf(from(later, plainHandle()).dispatch())).message).toMatch(
      /schema\(\) returned a promise; expected its value: it is asked for between two writes/,
    )
  })

  test('I8: types that share their parts are compared once each, however many places they stand for', async () => {
    // Arrow's own Schema would walk them all.
    const shared = (leaf: DataType): ReturnType<typeof plainHandle> => {
      const type = Array.from({ length: 30 }).reduce<DataType>(
        (type) => new Struct([new Field('x', type), new Field('y', type)]),
        leaf,
      )
      return plainHandle({ schema: () => ({ fields: [entry(type)], metadata: new Map() }) })
    }
    const next = shared(new Int32())
    const reload = from(shared(new Int32()), next)
    await reload.run()
    expect(reload.gate.resource).toBe(next)
    const error = await failureOf(from(shared(new Int32()), shared(new Int64())).dispatch())
    expect(error.details).toHaveLength(1000)
    expect(error.details).toMatchObject({
      0: { path: `fields.a${'.fields.x'.repeat(30)}.type`, old: 'Int32', next: 'Int64' },
    })
    expect(error.message.length).toBeLessThan(3000)
  })

  test('I8: a type that holds itself is refused', async () => {
    const endless = new Struct([])
    endless.children.push(new Field('x', endless))
    const schema = { fields: [entry(endless)], metadata: new Map() }
    const error = await failureOf(
      from(plainHandle({ schema: () => schema }), plainHandle({ schema: () => schema })).dispatch(),
    )
    expect(error.message).toContain('the schema has a type that is nested more than 64 levels deep')
  })

  test('unless the host says otherwise, by checkSchema: false', async () => {
    const next = withSchema([entry(new Int64())])
    const reload = from(withSchema([entry(new Int32())]), next, { checkSchema: false })
    await reload.run()
    expect(reload.gate.resource).toBe(next)
  })

  test.for([
    ['apply', { apply: undefined }, /lacks what the old one has.*apply/],
    ['probeFiltered', { probeFiltered: undefined }, /probeFiltered/],
    ['supportsFilter', { supportsFilter: false }, /supportsFilter/],
  ] as const)('what users may call is still there: %s', async ([, lacks, message]) => {
    const filters = { probeFiltered: () => answer([]), supportsFilter: true }
    const next = plainHandle({ ...filters, ...lacks })
    const reload = from(plainHandle(filters), next, { checkSchema: false })
    expect((await failureOf(reload.dispatch())).message).toMatch(message)
    expect(next.closes).toBe(1)
  })

  test('what users may call is still there: everything that is gone is listed', async () => {
    const gone = { apply: undefined, probeFiltered: undefined, supportsFilter: false }
    const error = await failureOf(from(plainHandle(), plainHandle(gone)).dispatch())
    expect(error.message).toMatch(/users may call: apply, probeFiltered, supportsFilter/)
    expect(error.details).toEqual({ lost: ['apply', 'probeFiltered', 'supportsFilter'] })
  })

  test('what users may not call need not be there', async () => {
    const next = plainHandle({
      apply: undefined,
      probeFiltered: undefined,
      supportsFilter: undefined,
      close: undefined,
    })
    const old = plainHandle({ apply: undefined, probeFiltered: undefined, supportsFilter: undefined, close: undefined })
    const outcome = await from(old, next).dispatch()
    outcome.commit()
    await expect(outcome.finalize()).resolves.toBeUndefined()
  })
})
