import {
  DateDay,
  Field,
  FixedSizeBinary,
  Int32,
  Int64,
  Struct,
  Uint16,
  Utf8,
  vectorFromArray,
  type DataType,
  type Vector,
} from 'apache-arrow'
import type { LogicalTypeProvider } from '../../src/index.js'
import { writeLogicalTypeGolden, type LogicalTypeConformance } from '../../src/testing/index.js'
import { money } from '../fixtures.js'
import { bytesOf, hexOf, refuse, text } from '../types/define.js'
import { bool8, uuid } from '../types/canonical.js'
import { moneyV1, moneyV2, widen } from '../types/money.js'

type Options = Omit<LogicalTypeConformance, 'test'>
/** `keys`: what fails, where that is not the one rule alone. */
type Broken = readonly [
  rule: string,
  fault: string,
  options: Options | (() => Options),
  message: RegExp,
  keys?: readonly string[],
]

const { fromLiteral, toDisplay } = money()
const of = (changes: Partial<LogicalTypeProvider>, options: Partial<Options> = {}): Options => ({
  make: () => money(changes),
  ...options,
})

/** A number that grows each time it is asked for. */
function counter(): () => number {
  let count = 0
  return () => {
    count += 1
    return count
  }
}

function declaring(samples: () => Iterable<unknown>): Options {
  return of({ samples: samples as () => Iterable<string> })
}

/** Ten bytes, displayed through an array that has to begin at a multiple of eight. */
const misaligned = (): LogicalTypeProvider => ({
  name: 'acme.ten',
  arrowType: new FixedSizeBinary(10),
  fromLiteral: (literal) => bytesOf(literal, 10),
  toDisplay(value) {
    const bytes = value instanceof Uint8Array && value.length === 10 ? value : refuse('no ten bytes')
    return `${new BigUint64Array(bytes.buffer, bytes.byteOffset, 1)[0]} ${hexOf(bytes)}`
  },
  samples: () => ['00000000000000000000', '00112233445566778899'],
})

/** Texts with their length, which a megabyte is too much for. */
const counted = (): LogicalTypeProvider => ({
  name: 'acme.counted',
  arrowType: new Struct<Record<string, DataType>>([new Field('length', new Uint16()), new Field('text', new Utf8())]),
  fromLiteral: (literal) => ({ length: text(literal).length, text: literal }),
  toDisplay(value) {
    const { length, text: whole } = value as { length: number; text: string }
    return typeof whole === 'string' ? whole.slice(0, length) : refuse(typeof whole)
  },
  samples: () => ['', 'a'],
})

/** Whoever fails to parse once displays otherwise from then on. */
function poisoned(): LogicalTypeProvider {
  let failures = 0
  return money({
    fromLiteral(literal) {
      try {
        return fromLiteral(literal)
      } catch (error) {
        failures += 1
        throw error
      }
    },
    toDisplay: (value) => `${toDisplay(value)}${failures > 0 ? '?' : ''}`,
  })
}

/** A type that knows only values of its own making. */
function possessive(): LogicalTypeProvider {
  const own = new WeakSet<object>()
  return {
    ...uuid(),
    name: 'acme.id',
    fromLiteral: (literal) => {
      const value = uuid().fromLiteral(literal) as object
      own.add(value)
      return value
    },
    toDisplay: (value) => (own.has(value as object) ? uuid().toDisplay(value) : 'unknown'),
  }
}

/** Marks the version before as one that is not to be used any more. */
function retiring(): LogicalTypeProvider {
  const provider = money({
    toDisplay: (value) => ('retired' in provider ? 'retired' : toDisplay(value)),
    compatCheck: (old) => {
      Object.assign(old, { retired: true })
      return { level: 'compatible' }
    },
  })
  return provider
}

const swapEnds = (bytes: Uint8Array): Uint8Array =>
  Uint8Array.from([...bytes.slice(0, 4).toReversed(), ...bytes.slice(4)])
const mixedEndian = (): LogicalTypeProvider => ({
  ...uuid(),
  fromLiteral: (literal) => swapEnds(uuid().fromLiteral(literal) as Uint8Array),
  toDisplay: (value) => uuid().toDisplay(value instanceof Uint8Array ? swapEnds(value) : refuse(typeof value)),
})
/** Looks at the first chunk of the column only. */
const firstChunk = (column: Vector): Vector => widen(column.slice(0, column.data[0]?.length ?? 0))
/** Takes the marks of nulls from the start of their buffer, wherever in it the column begins. */
const unshifted = (column: Vector): Vector =>
  vectorFromArray(
    column.data.flatMap(({ values, nullBitmap, length }) =>
      Array.from({ length }, (_, row) =>
        nullBitmap && (((nullBitmap[row >> 3] ?? 0xff) >> (row % 8)) & 1) === 0
          ? null
          : BigInt((values as Int32Array)[row] as number),
      ),
    ),
    new Int64(),
  )
export const golden = writeLogicalTypeGolden(money(), { version: '1.0.0' })
const [file] = golden.map(({ name }) => name)
const negated: Partial<LogicalTypeProvider> = {
  fromLiteral: (literal) => {
    const cents = -(fromLiteral(literal) as bigint)
    return BigInt.asIntN(64, cents) === cents ? cents : refuse(literal)
  },
  toDisplay: (value) => toDisplay(typeof value === 'bigint' ? -value : value),
}

/** Providers that are broken in one way each, and what the suite says of it. */
export const BROKEN_PROVIDERS: readonly Broken[] = [
  [
    'contract/registers',
    'has no display',
    of({ toDisplay: undefined as never }),
    /toDisplay: expected a method, found undefined/,
  ],
  [
    'contract/well-formed',
    'has metadata that is no text',
    of({ metadata: {} as never }),
    /metadata: expected a string or nothing/,
  ],
  [
    'contract/stable',
    'has another encoding in each provider',
    () => {
      const next = counter()
      return { make: () => money({ encodingVersion: String(next()) }) }
    },
    /encodingVersion: "\d+" → "\d+"/,
  ],
  [
    'contract/ipc',
    'has metadata that UTF-8 cannot hold',
    of({ metadata: '\ud800' }),
    /Arrow IPC changes the contract: metadata/,
  ],
  [
    'contract/canonical',
    'names a canonical type and has metadata',
    { make: () => ({ ...uuid(), metadata: '{"version":4}' }) },
    /metadata: expected no metadata, found "\{\\"version\\":4\}"/,
  ],
  [
    'contract/reserved-name',
    'takes a name that is Arrow’s',
    of({ name: 'arrow.money' }),
    /"arrow.money" is a name that only Arrow gives/,
  ],
  ['samples/declared', 'declares no samples', declaring(() => []), /samples\(\) declares none/],
  [
    'samples/listed',
    'declares a number',
    declaring(() => ['1.00', '2.00', 5]),
    /samples\[2\]: it is a value of type number/,
  ],
  [
    'samples/repeatable',
    'declares others each time',
    () => {
      const next = counter()
      return declaring(() => ['0.00', `${next()}.00`])
    },
    /listed again/,
  ],
  [
    'samples/display',
    'declares a sample that it cannot parse',
    declaring(() => ['1.00', '2.00', 'oops']),
    /the sample "oops" fails: no amount: oops/,
  ],
  [
    'samples/tell-apart',
    'declares samples that display alike',
    declaring(() => ['1.00', '1.00']),
    /every sample displays as "1.00"/,
  ],
  [
    'samples/stateless',
    'knows only values of its own making',
    { make: possessive },
    /what another provider displays the value of .* found "unknown"/,
  ],
  [
    'samples/display-is-literal',
    'displays what is no literal',
    of({ toDisplay: (value) => `${toDisplay(value)} EUR` }, { capabilities: { displayIsLiteral: true } }),
    /the display of "0.00 EUR".*found "an error: no amount: 0.00 EUR"/,
  ],
  [
    'column/stored',
    'parses into what its column does not take',
    of({
      fromLiteral: (literal) => Number(fromLiteral(literal)),
      toDisplay: (value) => (typeof value === 'number' ? toDisplay(BigInt(value)) : toDisplay(value)),
    }),
    /the value of "0.00" cannot be put into a column of arrowType/,
  ],
  [
    'column/display',
    'stores a moment as a day',
    {
      make: () =>
        money({
          arrowType: new DateDay(),
          samples: () => ['1', '86400001'],
          fromLiteral: (literal) => Number(literal),
          toDisplay: (value) => String(Number(value)),
        }),
    },
    /the display of "1", read back from a column: expected "1", found "0"/,
  ],
  [
    'column/rows',
    'needs values to be aligned',
    { make: misaligned },
    /row 2.* found "an error: start offset of BigUint64Array should be a multiple of 8"/,
  ],
  [
    'column/same-bytes',
    'stores true in other bytes each time',
    () => {
      const next = counter()
      return {
        make: () => ({
          ...bool8(),
          fromLiteral: (literal) => (literal === 'true' ? (next() % 100) + 1 : bool8().fromLiteral(literal)),
        }),
      }
    },
    /stores "true" in other bytes the next time/,
  ],
  [
    'column/untouched',
    'empties what it displays',
    {
      make: () => ({
        ...uuid(),
        toDisplay: (value) => {
          const shown = uuid().toDisplay(value)
          ;(value as Uint8Array).fill(0)
          return shown
        },
      }),
    },
    /after its column was displayed once already/,
  ],
  [
    'column/canonical-values',
    'stores a UUID in the byte order of GUIDs',
    { make: mixedEndian },
    /expected the bytes from the most significant on, found 33221100/,
  ],
  [
    'bad-input/refused',
    'takes spaces for a part of a literal',
    of({ fromLiteral: (literal) => fromLiteral(literal.trim()) }, { capabilities: { refuses: [' 1.00'] } }),
    /fromLiteral\(" 1.00"\): expected an error, found 100/,
  ],
  [
    'bad-input/errors',
    'throws a text',
    of({
      fromLiteral: (literal) => {
        try {
          return fromLiteral(literal)
        } catch {
          throw 'no amount'
        }
      },
    }),
    /threw a value of type string, expected an Error \(seed 1\)/,
  ],
  [
    'bad-input/kept',
    'takes more than its column holds',
    of({
      fromLiteral: (literal) => (/^-?\d+\.\d\d$/.test(literal) ? BigInt(literal.replace('.', '')) : refuse(literal)),
    }),
    /"9+\.00": it is displayed as "9+.*and once stored as "-?\d+\.\d\d"/,
  ],
  ['bad-input/oversized', 'counts in 16 bits', { make: counted }, /and once stored as/],
  [
    'bad-input/encoding',
    'takes what UTF-8 cannot hold',
    {
      make: () => ({
        name: 'acme.text',
        arrowType: new Utf8(),
        fromLiteral: (literal) => literal,
        toDisplay: (value) => (typeof value === 'string' ? value : refuse(typeof value)),
        samples: () => ['a', 'b'],
      }),
    },
    /"\\ud800": it is displayed as/,
  ],
  [
    'bad-input/values',
    'displays nothing of what it does not know',
    of({ toDisplay: (value) => (typeof value === 'bigint' ? toDisplay(value) : (undefined as never)) }),
    /toDisplay\(undefined\) returned a value of type undefined/,
  ],
  [
    'bad-input/columns',
    'displays nothing of a byte it does not know',
    {
      make: () => ({
        ...bool8(),
        toDisplay: (value) =>
          Number.isInteger(value) && Math.abs(value as number) < 128
            ? (['false', 'true'][Math.abs(value as number)] as string)
            : refuse(typeof value),
      }),
    },
    /toDisplay of a value of a damaged column, -?\d+, returned a value of type undefined, expected a string \(seed 1\)/,
  ],
  [
    'bad-input/after',
    'remembers that a literal was none',
    { make: poisoned },
    /after bad input \(seed 1\): expected "0.00", found "0.00\?"/,
  ],
  [
    'reload/same-version',
    'refuses itself',
    of({ compatCheck: () => ({ level: 'incompatible', reason: 'not me' }) }),
    /not me/,
  ],
  [
    'reload/dry-run',
    'spoils the version before when it is asked about it',
    { make: retiring },
    /after a dry run: expected "0.00", found "retired"/,
    ['reload/dry-run', 'reload/lease'],
  ],
  [
    'reload/removed',
    'asks the version before what only its class knows',
    {
      make: () =>
        Object.assign(
          money({
            compatCheck: (old) => ({ level: (old as unknown as { secret: { level: 'compatible' } }).secret.level }),
          }),
          { secret: { level: 'compatible' } },
        ),
    },
    /compatCheck failed: Cannot read properties of undefined/,
  ],
  [
    'golden/present',
    'displays what UTF-8 cannot hold',
    of({ toDisplay: (value) => `${toDisplay(value)}\ud83d` }),
    /the display of row 0, which version present stored for "0.00"/,
  ],
  [
    `golden/${file}/readable`,
    'is given the file of another type',
    { make: () => money({ name: 'acme.cash' }), golden },
    /the name of its type: expected "acme.cash", found "acme.money"/,
  ],
  [
    `golden/${file}/readable`,
    'is given a file that lacks its last byte',
    { make: () => money(), golden: golden.map(({ name, bytes }) => ({ name, bytes: bytes.slice(0, -1) })) },
    /acme.money-1.0.0.arrow is no golden file of a logical type: its checksum is/,
  ],
  [
    `golden/${file}/column`,
    'reads what was stored with another sign',
    of(negated, { golden }),
    /the display of row 1, which version 1.0.0 stored for "12.50": expected "12.50", found "-12.50"/,
  ],
  [
    `golden/${file}/literals`,
    'no longer reads what it did',
    of(
      {
        fromLiteral: (literal) => fromLiteral(literal.startsWith('-') ? refuse('debts') : literal),
        samples: () => ['0.00', '1.00'],
      },
      { golden },
    ),
    /the display of "-0.01": expected "-0.01", found "an error: no such value: /,
  ],
  [
    `golden/${file}/reload`,
    'refuses a version before, all of whose columns it reads',
    {
      make: () =>
        money({
          samples: () => ['0.00', '1.00'],
          compatCheck: (old) => ({
            level: [...(old.samples?.() ?? [])].includes('12.50') ? 'incompatible' : 'compatible',
            reason: 'no halves',
          }),
        }),
      golden,
    },
    /no halves/,
  ],
  [
    'upgrade/1.0.0/reload',
    'casts and does not say so',
    {
      make: () => {
        const { compatCheck: _, ...silent } = moneyV2()
        return silent
      },
      capabilities: { upgradesFrom: [{ version: '1.0.0', make: () => moneyV1(), level: 'migrate' }] },
    },
    /storage.bitWidth: 32 → 64/,
  ],
  [
    'upgrade/1.0.0/column',
    'casts the first chunk of a column',
    {
      make: () => moneyV2({ castFrom: firstChunk }),
      capabilities: { upgradesFrom: [{ version: '1.0.0', make: () => moneyV1(), level: 'migrate' }] },
    },
    /of a column in two chunks: it returned 5 values for 10/,
  ],
  ...(
    [
      [
        'a part of a column with the nulls of another',
        unshifted,
        /of a part of a column: it made 0 of the null in row 3/,
      ],
      [
        'no empty column',
        (column) => (column.length === 0 ? refuse('no rows') : widen(column)),
        /of an empty column: it fails: no such value/,
      ],
      [
        'no column of nulls',
        (column) => (column.length === column.nullCount && column.length > 0 ? refuse('no values') : widen(column)),
        /of a column of nulls: it fails: no such value/,
      ],
    ] satisfies [what: string, castFrom: (column: Vector) => Vector, message: RegExp][]
  ).map(([what, castFrom, message]): Broken => [
    'upgrade/1.0.0/column',
    `casts ${what}`,
    {
      make: () => moneyV2({ castFrom }),
      capabilities: { upgradesFrom: [{ version: '1.0.0', make: () => moneyV1(), level: 'migrate' }] },
    },
    message,
  ]),
  [
    'upgrade/1.0.0/way-back',
    'writes what the version before does not read',
    {
      make: () =>
        money({
          fromLiteral: (literal) => fromLiteral(/\.\d$/.test(literal) ? `${literal}0` : literal),
          samples: () => ['1.5', '0.00'],
        }),
      capabilities: { upgradesFrom: [{ version: '1.0.0', make: () => money(), wayBack: true }] },
    },
    /samples\["1.5"\].literal: "1.50" → fails: no amount: 1.5/,
  ],
  [
    'cast-to/columns',
    'makes nothing of nulls',
    {
      make: () =>
        money({
          castTo: (column, target) =>
            vectorFromArray(
              Array.from(column, (cents: bigint | null) => Number(cents ?? 0n)),
              target,
            ),
        }),
      capabilities: { castsTo: [new Int32()] },
    },
    /the first row of a column that is null on one side only, cast to Int32: expected undefined, found 1/,
  ],
]
