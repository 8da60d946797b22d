import type { Expectation } from '@uni/reload-core/testing'
import type { LogicalTypeProvider } from '../contract.js'
import { displayLiteral } from '../display.js'
import { expectSame } from './expect-same.js'
import { resultOf } from './result-of.js'
import type { Subject } from './subject.js'
import { textOf } from './text-of.js'

/** Holds a provider that something happened to to what a new one makes of the samples. */
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
