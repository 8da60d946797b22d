import type { Expectation } from '@uni/reload-core/testing'
import { textOf } from './text-of.js'

/** @throws ConformanceError where `found` is not `expected`. */
export function expectSame(
  expect: Expectation,
  what: string,
  expected: string | number | boolean | null | undefined,
  found: unknown,
): void {
  if (!Object.is(expected, found)) expect.fail(`${what}: expected ${textOf(expected)}, found ${textOf(found)}`)
}
