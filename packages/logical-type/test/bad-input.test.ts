import { Field, FixedSizeBinary, Int32, List, Struct, type DataType } from 'apache-arrow'
import { describe, expect, test } from 'vitest'
import { diffContract, type LogicalTypeProvider } from '../src/index.js'
import { money } from './fixtures.js'
import { verdictOn } from './judge.js'
import { moneyV1, moneyV2 } from './types/money.js'

const rejected = (async (): Promise<never> => {
  throw new Error('nobody hears me')
}) as never
const promised = (value: unknown) => (async () => value) as never

/** The rejections that nobody heard while `body` ran: one is enough to end a host's process. */
async function unheard(body: () => Promise<unknown>): Promise<unknown[]> {
  const reasons: unknown[] = []
  const listener = (reason: unknown): void => {
    reasons.push(reason)
  }
  process.on('unhandledRejection', listener)
  try {
    await body()
    await new Promise((resolve) => {
      setImmediate(() => setImmediate(resolve))
    })
  } finally {
    process.off('unhandledRejection', listener)
  }
  return reasons
}

describe('a promise where a value is due is refused, and its rejection heard (L12)', () => {
  test.each<[string, LogicalTypeProvider, LogicalTypeProvider, string]>([
    [
      'a parser',
      money(),
      money({ fromLiteral: rejected }),
      'fails: fromLiteral returned a promise; expected its value',
    ],
    ['a display', money(), money({ toDisplay: rejected }), 'fails: toDisplay returned a promise; expected its value'],
    ['a cast', moneyV1(), moneyV2({ castFrom: rejected }), 'fails: castFrom returned a promise; expected its value'],
    ['a parser, fulfilled', money(), money({ fromLiteral: promised(1n) }), 'fromLiteral returned a promise'],
    ['a display, fulfilled', money(), money({ toDisplay: promised('0.00') }), 'toDisplay returned a promise'],
  ])('by %s', async (_, old, next, reason) => {
    expect(
      await unheard(async () => {
        expect(await verdictOn(old, next)).toMatchObject({
          level: 'incompatible',
          reason: expect.stringContaining(reason),
        })
      }),
    ).toEqual([])
  })

  test('by the old version, which is said', async () => {
    expect(
      await unheard(async () => {
        expect(await verdictOn(money({ samples: rejected }), money())).toEqual({
          level: 'unjudged',
          reason: expect.stringContaining('no samples') as string,
          unjudged: [
            {
              path: 'samples',
              reason:
                'the old version fails to list its samples: samples returned a promise; expected its value: logical types are synchronous',
            },
          ],
        })
        expect(await verdictOn(money({ fromLiteral: rejected, samples: () => ['1.00'] }), money())).toMatchObject({
          level: 'unjudged',
          unjudged: [{ path: 'samples["1.00"]' }],
        })
        expect(
          await verdictOn(money({ samples: () => [Promise.reject(new Error('heard')) as never, '1.00'] }), money()),
        ).toEqual({
          level: 'compatible',
          unjudged: [
            {
              path: 'samples[0]',
              reason: 'samples returned a promise; expected its value: logical types are synchronous',
            },
          ],
        })
      }),
    ).toEqual([])
  })
})

describe('what is too long is named by its beginning (L12)', () => {
  const long = 'x'.repeat(2 ** 20)

  test('a literal, a display and what is thrown', async () => {
    const echo = money({
      arrowType: new FixedSizeBinary(1),
      fromLiteral: (literal) => Uint8Array.of(literal.length % 256),
      toDisplay: () => long,
      samples: () => [long],
    })
    const verdict = await verdictOn(echo, {
      ...echo,
      toDisplay: () => {
        throw new Error(long)
      },
    })
    expect(verdict).toMatchObject({
      level: 'incompatible',
      details: [{ path: `samples["${'x'.repeat(120)}"… of 1048576 characters].literal` }, {}, {}],
    })
    expect((verdict as { reason: string }).reason.length).toBeLessThan(3000)
  })
})

describe('providers that are not what they seem (L12)', () => {
  const poisoned = (property: keyof LogicalTypeProvider): LogicalTypeProvider =>
    Object.defineProperty(money(), property, {
      get() {
        throw 'poison'
      },
    })

  test.each<keyof LogicalTypeProvider>(['arrowType', 'metadata', 'encodingVersion', 'compatCheck'])(
    'a new version whose %s throws a text when it is read',
    async (property) => {
      await expect(verdictOn(money(), poisoned(property))).rejects.toThrow(/SCHEMA_INCOMPAT.*poison/)
    },
  )

  test('a verdict whose level throws when it is read', async () => {
    const verdict = Object.defineProperty({}, 'level', {
      get() {
        throw undefined
      },
    }) as never
    expect(await verdictOn(money(), money({ compatCheck: () => verdict }))).toMatchObject({
      level: 'incompatible',
      reason: 'compatCheck failed: a thrown undefined: undefined',
    })
  })

  test('a cast to columns that are none', async () => {
    for (const column of [undefined, null, 5, 'column', {}, [], { get: () => 1n, length: 2 }]) {
      expect(await verdictOn(moneyV1(), moneyV2({ castFrom: () => column as never }))).toMatchObject({
        level: 'incompatible',
        reason: expect.stringContaining('castFrom does not hold'),
      })
    }
  })
})

describe('the metadata of an extension type within the storage (L3)', () => {
  const within = (metadata: string): DataType =>
    new List(
      new Field(
        'item',
        new Struct<Record<string, DataType>>([
          new Field(
            'at',
            new Int32(),
            false,
            new Map([
              ['ARROW:extension:name', 'acme.point'],
              ['ARROW:extension:metadata', metadata],
            ]),
          ),
        ]),
      ),
    )
  const diff = (old: string, next: string): unknown =>
    diffContract(money({ arrowType: within(old) }), money({ arrowType: within(next) }))
  const path = 'storage.children[0].type.children[0].metadata["ARROW:extension:metadata"]'

  test('is compared as JSON where it is JSON', () => {
    expect(diff('{"crs":4326,"axes":["x","y"]}', ' {"axes": ["x", "y"], "crs": 4326.0}')).toEqual([])
    expect(diff('{"crs":4326}', '{"crs":3857}')).toEqual([{ path: `${path}.crs`, old: 4326, new: 3857 }])
    expect(diff('crs=4326', 'crs= 4326')).toEqual([{ path, old: 'crs=4326', new: 'crs= 4326' }])
  })

  test('and other metadata of a field as text', () => {
    const unit = (value: string): DataType =>
      new List(new Field('item', new Int32(), false, new Map([['unit', value]])))
    expect(diffContract(money({ arrowType: unit('{"a":1}') }), money({ arrowType: unit('{ "a":1}') }))).toHaveLength(1)
  })
})
