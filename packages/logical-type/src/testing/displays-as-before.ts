import type { Expectation } from '@uni/reload-core/testing'
import type { LogicalTypeProvider } from '../contract.js'
import { displayLiteral } from '../display.js'
import { expectSame } from './expect-same.js'
import { resultOf } from './result-of.js'
import type { Subject } from './subject.js'
import { textOf } from './text-of.js'

/** Fails unless `provider`, after what a test did to it, displays each sample as a new provider does. */
export function displaysAsBefore(
  subject: Subject,
  provider: LogicalTypeProvider,
  when: string,
  expect: Expectation,
): void {
  for (const [literal, shown] of subject.displays) {
    expectSame(
      expect,
      `the display of ${textOf(literal)} ${when}`,
      resultOf(shown),
      resultOf(displayLiteral(provider, literal)),
    )
  }
}
