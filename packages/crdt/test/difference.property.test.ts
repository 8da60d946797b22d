import { isDeepStrictEqual } from 'node:util'
import { fc } from '@fast-check/vitest'
import { expect, it } from 'vitest'
import { copyOf } from '../src/copy.js'
import { differenceOf } from '../src/difference.js'

/** Values on which the platform's own comparison agrees with ours: `-0` and class instances are where they part. */
const plain: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(
      fc.boolean(),
      fc.string({ maxLength: 4 }),
      fc.integer({ min: 0, max: 3 }),
      fc.constantFrom(NaN, null, undefined, 1n, 2n),
    ),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', '__proto__', 'toString'), tie('value'), {
      maxKeys: 3,
      noNullPrototype: true,
    }),
    fc
      .array(fc.tuple(tie('value'), tie('value')), { maxLength: 3 })
      .map((entries) => new Map(entries.map(([key, item]) => [asKey(key), item]))),
    fc.array(tie('value'), { maxLength: 3 }).map((members) => new Set(members.map(asKey))),
    fc.integer({ min: 0, max: 2 }).map((time) => new Date(time)),
    fc.uint8Array({ maxLength: 3 }),
  ),
})).value

it('X7 agrees with the platform on independent values', () => {
  fc.assert(
    fc.property(plain, plain, (before, after) => {
      expect(differenceOf(before, after) === undefined).toBe(isDeepStrictEqual(before, after))
    }),
  )
})

it('X7 a copy is equal, and shares nothing with what it was made from', () => {
  fc.assert(
    fc.property(plain, (value) => {
      const copy = copyOf(value)
      expect(differenceOf(value, copy)).toBeUndefined()
      expect(isDeepStrictEqual(value, copy)).toBe(true)
      expect(Object.is(copy, value)).toBe(typeof value !== 'object' || value === null)
    }),
  )
})

it('X7 agrees with the platform on values that differ in one place', () => {
  fc.assert(
    fc.property(plain, plain, fc.nat(), (value, replacement, place) => {
      const changed = replaceAt(copyOf(value), place, replacement)
      expect(differenceOf(value, changed) === undefined).toBe(isDeepStrictEqual(value, changed))
      expect(differenceOf(changed, value) === undefined).toBe(isDeepStrictEqual(changed, value))
    }),
    { numRuns: 300 },
  )
})

/** The platform's own comparison fails on `null` as a key of a map in Node 22, and on either in a set in Node 24. */
function asKey(value: unknown): unknown {
  return value ?? 'nothing'
}

/** Puts `replacement` at one of the places inside `root`, counted through; at its root where it has none. */
function replaceAt(root: unknown, place: number, replacement: unknown): unknown {
  const setters: ((value: unknown) => void)[] = []
  const visit = (value: unknown): void => {
    if (value instanceof Map) {
      for (const [key, item] of value) {
        setters.push((it) => value.set(key, it))
        visit(item)
      }
    } else if (value instanceof Set) {
      for (const member of value)
        setters.push((it) => {
          value.delete(member)
          value.add(asKey(it))
        })
    } else if (Array.isArray(value)) {
      for (const [i, item] of value.entries()) {
        setters.push((it) => {
          value[i] = it
        })
        visit(item)
      }
    } else if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) && !(value instanceof Date)) {
      for (const key of Object.keys(value)) {
        setters.push((it) =>
          Object.defineProperty(value, key, { value: it, enumerable: true, configurable: true, writable: true }),
        )
        visit((value as Record<string, unknown>)[key])
      }
    }
  }
  visit(root)
  const set = setters[place % Math.max(1, setters.length)]
  if (set === undefined) return replacement
  set(replacement)
  return root
}
