import { expect, it } from 'vitest'
import { PagedWeakMap } from '../../src/dispatch/paged-weak-map.js'

const PAGE = 16_384

/** How many keys each weak map was given that `run` has used. */
function pagesOf(run: () => void): number[] {
  const keys = new Map<WeakMap<WeakKey, unknown>, number>()
  const { set } = WeakMap.prototype
  const methods = WeakMap.prototype as { set: typeof set }
  methods.set = function (this: WeakMap<WeakKey, unknown>, key, value) {
    keys.set(this, (keys.get(this) ?? 0) + (this.has(key) ? 0 : 1))
    set.call(this, key, value)
    return this
  }
  try {
    run()
  } finally {
    methods.set = set
  }
  return [...keys.values()]
}

it('S8 no page takes more than what grows in one slice, and room that was given up is used again', () => {
  const map = new PagedWeakMap<number>()
  const keys = Array.from({ length: 2 * PAGE + 1 }, (_, nth) => ({ nth }))
  const setAll = (some: readonly { readonly nth: number }[]): void => {
    for (const key of some) map.set(key, key.nth)
  }
  expect(
    pagesOf(() => {
      setAll(keys)
      setAll(keys)
    }),
  ).toEqual([PAGE, PAGE, 1])
  expect(keys.every((key) => map.get(key) === key.nth)).toBe(true)

  const [kept, ...others] = keys
  for (const key of others.slice(0, 2 * PAGE - 1)) map.delete(key)
  expect([kept, others[0], others.at(-1)].map((key) => map.get(key as object))).toEqual([0, undefined, 2 * PAGE])
  // The second page has gone with its last key. The first has room, and so has the third.
  expect(pagesOf(() => setAll(others.slice(0, 2 * PAGE - 1)))).toEqual([PAGE - 1, PAGE - 1, 1])
})

it('an object that is no key is in no page, and deleting it changes nothing', () => {
  const map = new PagedWeakMap<string>()
  const key = {}
  map.delete(key)
  map.set(key, 'a')
  map.delete({})
  expect([map.get(key), map.get({})]).toEqual(['a', undefined])
})
