import { expect, it } from 'vitest'
import { PagedWeakMap } from '../../src/dispatch/paged-weak-map.js'
import { collectUntil } from '../fixtures/collect-garbage.js'

const PAGE = 16_384

/** How many weak maps are asked for `key`. */
function asked(map: PagedWeakMap<number>, key: object): number {
  let count = 0
  const { get } = WeakMap.prototype
  const methods = WeakMap.prototype as { get: typeof get }
  methods.get = function (this: WeakMap<WeakKey, unknown>, its) {
    count += 1
    return get.call(this, its) as unknown
  }
  try {
    map.get(key)
  } finally {
    methods.get = get
  }
  return count
}

it('I12 a page whose keys were collected is dropped when another one is needed', async () => {
  const map = new PagedWeakMap<number>()
  const fill = (): WeakRef<object> => {
    const keys = Array.from({ length: 2 * PAGE }, (_, nth) => ({ nth }))
    for (const key of keys) map.set(key, key.nth)
    return new WeakRef(keys)
  }
  const filled = fill()
  expect(asked(map, {})).toBe(2)
  await collectUntil(() => filled.deref() === undefined)
  const key = {}
  map.set(key, 1)
  expect({ value: map.get(key), pages: asked(map, {}) }).toEqual({ value: 1, pages: 1 })
})
