import { expect } from 'vitest'
import type { Left } from './leak-watch.js'

/** What is watched by weak references is held to exactly none. */
const OBJECTS_PER_RELOAD = 0.1
const BYTES_PER_RELOAD = 500

/** @param objectsPerReload fewer than this may be there more: what a resource keeps of what is written to it. */
export function expectNothingLeft(left: Left, gone: number, objectsPerReload = OBJECTS_PER_RELOAD): void {
  expect(left).toEqual({
    gone, reachable: 0, objectsPerReload: expect.any(Number) as number, bytesPerReload: expect.any(Number) as number, timers: 0, listeners: 0, resources: [],
  })
  expect(left.objectsPerReload).toBeLessThan(objectsPerReload)
  expect(left.bytesPerReload).toBeLessThan(BYTES_PER_RELOAD)
}
