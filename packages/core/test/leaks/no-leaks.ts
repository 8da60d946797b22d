import { expect } from 'vitest'
import type { Left } from './leak-watch.js'

/** What is watched by weak references is held to exactly none. */
const BYTES_PER_RELOAD = 500

export function expectNothingLeft(left: Left, gone: number): void {
  console.log(`${gone} objects, ${Math.round(left.bytesPerReload)} bytes per reload`)
  expect(left).toEqual({ gone, reachable: 0, bytesPerReload: expect.any(Number) as number, timers: 0, listeners: 0, resources: [] })
  expect(left.bytesPerReload).toBeLessThan(BYTES_PER_RELOAD)
}
