import type { Data } from 'apache-arrow'
import { readColumn } from '../column.js'
import { randomIntegers } from './random.js'

const OVERSIZED = 2 ** 20
const MUTATED_SAMPLES = 8
const MAX_PREFIXES = 32
const DRAWN = 64

const ODD = [
  '',
  ' ',
  '\t\n',
  '\0',
  '-',
  '+',
  '.',
  ',',
  '""',
  '{}',
  '[]',
  'null',
  'undefined',
  'NaN',
  'Infinity',
  '-0',
  '1e999',
  '0x10',
  '0b1',
  '1_000',
  '\u0663\u0664',
  '\uff11',
  '\u202e1',
  '\u{1f600}',
  'a'.repeat(300),
  '9'.repeat(300),
  '__proto__',
  'constructor',
]

/**
 * Literals that a type may never have met: truncated, doubled, overflowing, mutated and random ones. All are
 * well-formed Unicode.
 */
export function oddLiterals(samples: readonly string[], seed: number): string[] {
  const below = randomIntegers(seed)
  const characters = samples.slice(0, MUTATED_SAMPLES).map((sample) => Array.from(sample))
  return [
    ...new Set([
      ...ODD,
      ...characters.flatMap(relatives),
      ...characters.flatMap((sample) => Array.from({ length: DRAWN / 4 }, () => mutated(sample, below))),
      ...Array.from({ length: DRAWN }, () => randomText(below)),
    ]),
  ]
}

/** Literals of about a megabyte. */
export function oversizedLiterals(samples: readonly string[]): string[] {
  const first = samples.find((sample) => sample !== '') ?? 'x'
  return [
    first.repeat(Math.ceil(OVERSIZED / first.length)),
    '9'.repeat(OVERSIZED / 16),
    '['.repeat(OVERSIZED / 16),
    ' '.repeat(OVERSIZED),
  ]
}

/** Texts that UTF-8 cannot hold, and one with a byte order mark, which readers of UTF-8 leave out. */
export function unencodable(samples: readonly string[]): string[] {
  const [first = ''] = samples
  return ['\ud800', '\udc00', `${first}\ud83d`, `\ude00${first}`, `"${'\ud800'}"`, `\ufeff${first}`, '\ufeff']
}

function relatives(sample: readonly string[]): string[] {
  const text = sample.join('')
  const middle = Math.floor(sample.length / 2)
  const prefixes = Array.from({ length: Math.min(sample.length, MAX_PREFIXES) }, (_, length) =>
    sample.slice(0, length).join(''),
  )
  return [
    ...prefixes,
    sample.slice(1).join(''),
    text + text,
    `${text} `,
    ` ${text}`,
    `-${text}`,
    text.toUpperCase(),
    text.toLowerCase(),
    [...sample.slice(0, middle), '\0', ...sample.slice(middle)].join(''),
    // A number that is too large, and one with too many digits after the point.
    text.replace(/\d/, (digit) => (digit === '0' ? '9' : digit).repeat(40)),
    text.replace(/\d(?!.*\d)/s, (digit) => digit.repeat(40)),
  ]
}

function mutated(sample: readonly string[], below: (limit: number) => number): string {
  const at = below(sample.length + 1)
  const letter = String.fromCodePoint(below(0x80))
  const [before, after] = [sample.slice(0, at), sample.slice(at)]
  const kinds = [
    [...before, letter, ...after],
    [...before, ...after.slice(1)],
    [...before, letter, ...after.slice(1)],
    [...after, ...before],
  ]
  return (kinds[below(kinds.length)] as string[]).join('')
}

function randomText(below: (limit: number) => number): string {
  const limit = [0x80, 0x800, 0xd800][below(3)] as number
  return Array.from({ length: below(20) }, () => String.fromCodePoint(below(limit))).join('')
}

/** Values of every kind that JavaScript has, which need not be of the type. */
export function oddValues(): unknown[] {
  return [
    undefined,
    null,
    true,
    Number.NaN,
    -0,
    1e308,
    2n ** 200n,
    '',
    'x',
    Symbol('odd'),
    {},
    [],
    [null],
    new Date(Number.NaN),
    new Map(),
    () => {},
    new Uint8Array(),
    new Uint8Array(3),
    new BigInt64Array(1),
    Object.create(null),
  ]
}

/** The value of a column whose data was overwritten with other bits; `undefined` where Arrow itself cannot read it. */
export function damagedValue(
  column: Uint8Array,
  below: (limit: number) => number,
): { readonly value: unknown } | undefined {
  try {
    const damaged = readColumn(column)
    for (const data of damaged.data) scramble(data, below)
    return { value: damaged.get(0) }
  } catch {
    return undefined
  }
}

function scramble(data: Data, below: (limit: number) => number): void {
  const values: unknown = data.values
  if (ArrayBuffer.isView(values)) {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    for (let flips = 0; flips < 4 && bytes.length > 0; flips += 1) bytes[below(bytes.length)] = below(256)
  }
  for (const child of data.children) scramble(child, below)
}
