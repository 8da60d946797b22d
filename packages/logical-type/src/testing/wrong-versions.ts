import { Field, FixedSizeBinary, Struct } from 'apache-arrow'
import type { LogicalTypeProvider } from '../contract.js'
import type { Changes } from './successor.js'
import { textOf } from './text-of.js'

/** A next version with one mistake, and what that is. */
export type Wrong = readonly [what: string, changes: Changes]

export function changedContracts({ arrowType, metadata = '', encodingVersion = '' }: LogicalTypeProvider): Wrong[] {
  return [
    ['another storage type', { arrowType: new Struct([new Field('inner', arrowType, true)]) }],
    ['other metadata', { metadata: `${metadata} changed` }],
    ['another encoding version', { encodingVersion: `${encodingVersion} changed` }],
    [
      'another storage type, which it calls compatible',
      {
        arrowType: new Struct([new Field('inner', arrowType, true)]),
        compatCheck: () => ({ level: 'compatible' }),
      },
    ],
    [
      'another encoding version, and no cast',
      { encodingVersion: `${encodingVersion} changed`, compatCheck: () => ({ level: 'migrate', reason: 'because' }) },
    ],
    [
      'another encoding version, and a cast that throws',
      {
        encodingVersion: `${encodingVersion} changed`,
        compatCheck: () => ({ level: 'migrate', reason: 'because' }),
        castFrom: () => {
          throw new Error('no cast')
        },
      },
    ],
  ]
}

export function changedMeanings(provider: LogicalTypeProvider, literals: readonly string[]): Wrong[] {
  const [first = ''] = literals
  const constant = provider.toDisplay(provider.fromLiteral(first))
  const fails = (): never => {
    throw new Error('not any more')
  }
  return [
    ['another display', { toDisplay: (value) => `${provider.toDisplay(value)}?` }],
    ['one display for all values', { toDisplay: () => constant }],
    ['one value for all literals', { fromLiteral: () => provider.fromLiteral(first) }],
    [
      'a literal that it no longer takes',
      { fromLiteral: (text) => (text === first ? fails() : provider.fromLiteral(text)) },
    ],
    ['a check of its own that refuses', { compatCheck: () => ({ level: 'incompatible', reason: 'because' }) }],
  ]
}

export const MALFORMED: readonly Wrong[] = [
  ['metadata that is no text', { metadata: {} as never }],
  ['an encoding version that is no text', { encodingVersion: 2 as never }],
  ['no storage type', { arrowType: undefined as never }],
  ['a storage type of no known family', { arrowType: { typeId: 99 } as never }],
  ['a storage type of an impossible width', { arrowType: new FixedSizeBinary(-1) }],
]

/** Values that plugins throw, each as a function that throws it. */
const THROWABLES: readonly (readonly [what: string, thrown: () => unknown])[] = [
  ['an Error', () => new Error('boom')],
  ['a text', () => 'boom'],
  ['undefined', () => undefined],
  ['null', () => null],
  ['a number', () => 42],
  ['a symbol', () => Symbol('boom')],
  ['an object without a prototype', () => Object.create(null)],
  [
    'an Error whose message throws',
    () =>
      Object.defineProperty(new Error('boom'), 'message', {
        get() {
          throw new Error('again')
        },
      }),
  ],
]

const rejected = async (): Promise<never> => {
  throw new Error('boom')
}
export const THROWING: readonly Wrong[] = [
  ...THROWABLES.flatMap(throwing),
  ['a check that rejects', { compatCheck: rejected }],
]

function throwing([what, thrown]: (typeof THROWABLES)[number]): Wrong[] {
  const fails = (): never => {
    throw thrown()
  }
  return [
    [`a parser that throws ${what}`, { fromLiteral: fails }],
    [`a display that throws ${what}`, { toDisplay: fails }],
    [`a check that throws ${what}`, { compatCheck: fails }],
  ]
}

export const PROMISING: readonly Wrong[] = [
  ['a parser that returns a promise', { fromLiteral: async (text) => text }],
  ['a parser that returns a rejected promise', { fromLiteral: rejected }],
  ['a display that returns a promise', { toDisplay: (async () => 'later') as never }],
  ['a display that returns a rejected promise', { toDisplay: rejected as never }],
]

export const WRONG_SHAPES: readonly Wrong[] = [
  ...[undefined, null, 5, {}, []].map((shape): Wrong => [
    `a display that returns ${textOf(shape)}`,
    { toDisplay: () => shape as never },
  ]),
  ...[undefined, null, true, 'compatible', {}, { level: 'fine' }, { level: 'migrate' }].map((shape): Wrong => [
    `a check that returns ${JSON.stringify(shape)}`,
    { compatCheck: () => shape },
  ]),
]
