import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { estimatedBytes } from '../../src/move/estimated-bytes.js'

const KB = 1024
const text = (length: number): string => 'x'.repeat(length)

/** What a write says it is, what it occupies to within a tenth. */
const WRITES: readonly (readonly [what: string, write: unknown, bytes: number])[] = [
  ['a view', new Uint8Array(1000 * KB), 1000 * KB],
  ['a buffer', new ArrayBuffer(1000 * KB), 1000 * KB],
  ['a string', text(500 * KB), 1000 * KB],
  ['a field beside small ones', { id: 7, tags: ['a', 'b'], at: new Date(0), text: text(500 * KB) }, 1000 * KB],
  [
    'the last of many fields',
    Object.fromEntries(Array.from({ length: 60 }, (_, nth) => [`f${nth}`, nth === 59 ? text(500 * KB) : nth])),
    1000 * KB,
  ],
  [
    'what is nested beside a large description',
    { schema: Array.from({ length: 500 }, (_, nth) => ({ name: `f${nth}` })), data: { byteLength: 1000 * KB } },
    1000 * KB,
  ],
  ['a long list of records', Array.from({ length: 1000 }, (_, nth) => ({ id: nth, text: text(500) })), 1000 * 1000],
  ['a map', new Map(Array.from({ length: 1000 }, (_, nth) => [`k${nth}`, text(500)])), 1000 * 1000],
  ['many small views', Array.from({ length: 1000 }, () => new Uint8Array(30)), 1000 * 158],
  [
    'a batch of Arrow with few rows',
    {
      schema: { fields: [] },
      data: { byteLength: 68, children: [{ byteLength: 4 }, { byteLength: 64, children: [] }] },
    },
    4_500,
  ],
  ['a set', new Set(Array.from({ length: 1000 }, (_, nth) => `${nth}${text(500)}`)), 1000 * 1000],
]

describe('about how many bytes a write occupies', () => {
  it.each(WRITES)('I8 %s', (_, write, bytes) => {
    expect(estimatedBytes(write) / bytes).toBeGreaterThan(0.9)
    expect(estimatedBytes(write) / bytes).toBeLessThan(1.1)
  })

  it('I8 looks at a bounded number of members, however large and nested it is', () => {
    let looks = 0
    const counting = (members: object): object =>
      new Proxy(members, {
        get: (target, key, self) => {
          looks += 1
          return Reflect.get(target, key, self) as unknown
        },
      })
    const row = (): object =>
      counting(Object.fromEntries(Array.from({ length: 10 }, (_, nth) => [`f${nth}`, counting([1, 2, 3])])))
    estimatedBytes(counting(Array.from({ length: 10_000 }, row)))
    expect(looks).toBeLessThan(500)
  })

  it('is a number for anything: what refers to itself, refuses to be looked at, or lies', () => {
    const self: Record<string, unknown> = {}
    self.self = self
    const odd: unknown[] = [
      self,
      new Proxy(
        {},
        {
          get: () => {
            throw new Error('no')
          },
        },
      ),
      { byteLength: Number.NaN },
      { byteLength: -1 },
      null,
      undefined,
      () => {},
      Symbol('s'),
      1n,
    ]
    for (const write of odd) expect(estimatedBytes(write)).toBeGreaterThan(0)
    fc.assert(
      fc.property(
        fc.anything({
          withTypedArray: true,
          withMap: true,
          withSet: true,
          withNullPrototype: true,
          withSparseArray: true,
        }),
        (write) => {
          expect(Number.isFinite(estimatedBytes(write))).toBe(true)
        },
      ),
    )
  })
})
