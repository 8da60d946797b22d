import { expect } from 'vitest'
import { BYTES_PER_RELOAD, OBJECTS_PER_RELOAD, type Left } from './leak-watch.js'

/** @param objectsPerReload fewer than this may be there more: what a resource keeps of what is written to it. */
export function expectNothingLeft(left: Left, gone: number, objectsPerReload = OBJECTS_PER_RELOAD): void {
  expect(left).toEqual({
    gone,
    reachable: 0,
    objectsPerReload: expect.any(Number) as number,
    bytesPerReload: expect.any(Number) as number,
    timers: 0,
    listeners: 0,
    resources: [],
  })
  expect(left.objectsPerReload).toBeLessThan(objectsPerReload)
  expect(left.bytesPerReload).toBeLessThan(BYTES_PER_RELOAD)
}
