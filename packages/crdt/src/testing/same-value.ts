import type { Expectation } from '@uni/reload-core/testing'
import { differenceOf } from '../difference.js'

/** @param what names `found`, such as `the document opened from its own bytes`. */
export function sameValue(expect: Expectation, found: unknown, expected: unknown, what: string): void {
  const difference = differenceOf(expected, found)
  if (difference)
    expect.fail(
      `${what} has another value than expected: ${difference.path}: expected ${difference.before}, found ` +
        `${difference.after}`,
    )
}

export function differ(a: unknown, b: unknown): boolean {
  return differenceOf(a, b) !== undefined
}
