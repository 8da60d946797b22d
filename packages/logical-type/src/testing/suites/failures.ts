import { ReloadError, Slices, type HandoffStrategy } from '@uni/reload-core'
import type { ConformanceCase, Expectation } from '@uni/reload-core/testing'
import type { LogicalTypeProvider } from '../../contract.js'
import { displaysAsBefore } from '../displays-as-before.js'
import { expectSame } from '../expect-same.js'
import { CountedPlugin, DEADLINE_MS, Hosted } from '../hosted.js'
import type { Subject } from '../subject.js'
import { successor, type Changes } from '../successor.js'
import { textOf } from '../text-of.js'
import {
  changedContracts,
  changedMeanings,
  MALFORMED,
  PROMISING,
  THROWING,
  WRONG_SHAPES,
  type Wrong,
} from '../wrong-versions.js'

/** Reloads with a wrong next version: the outcome is a typed error, and this version serves as before. */
export function failureSuite(subject: Subject, strategy: HandoffStrategy<LogicalTypeProvider>): ConformanceCase[] {
  const needs = ['reload/same-version', 'samples/tell-apart']
  const refused = (
    key: string,
    rule: string,
    title: string,
    wrongs: (provider: LogicalTypeProvider) => readonly Wrong[],
  ): ConformanceCase => ({
    key,
    rule: `${rule}, I3`,
    title,
    needs,
    async run(expect: Expectation) {
      await using hosted = await Hosted.start(strategy, subject.make())
      for (const [what, changes] of wrongs(hosted.old.provider)) await refuses(subject, hosted, expect, what, changes)
      await expect.works('a good version after the refused ones', () =>
        hosted.reload(new CountedPlugin('3.0.0', subject.make())),
      )
    },
  })
  return [
    refused('failure/contract', 'L1', 'a next version with another contract is refused', changedContracts),
    refused('failure/meaning', 'L5, L6', 'a next version that means something else is refused', (provider) =>
      changedMeanings(provider, subject.literals),
    ),
    refused('failure/malformed', 'L4', 'a next version with a malformed contract is refused', () => MALFORMED),
    refused('failure/throws', 'L5, L7', 'a next version that throws is refused, whatever it throws', () => THROWING),
    refused('failure/promises', 'L5, L7', 'a next version that returns promises is refused', () => PROMISING),
    refused(
      'failure/wrong-shapes',
      'L5, L7',
      'a next version that returns something of another shape is refused',
      () => WRONG_SHAPES,
    ),
    {
      key: 'failure/hang',
      rule: 'I8, I3',
      title: 'a check that hangs is given up on',
      needs,
      async run(expect: Expectation) {
        await using hosted = await Hosted.start(strategy, subject.make())
        const next = new CountedPlugin('2.0.0', successor(subject.make()))
        const asked = new Promise<void>((resolve) => {
          Object.assign(next.provider, {
            compatCheck: () => {
              resolve()
              return new Promise(() => {})
            },
          })
        })
        const failed = expect.refused('a reload whose check hangs', () => hosted.reload(next))
        // A reload that fails before the check is not waited for.
        await Promise.race([asked, failed])
        hosted.clock.advance(DEADLINE_MS + 1)
        stillServes(subject, hosted, next, expect, 'a check that hangs', await failed, 'STEP_TIMEOUT')
      },
    },
    {
      key: 'failure/abort',
      rule: 'I8, I3, L10',
      title: 'an aborted reload is rolled back, and asks no further',
      needs,
      async run(expect: Expectation) {
        await using hosted = await Hosted.start(strategy, subject.make())
        const abort = new Abort()
        const { toDisplay, fromLiteral } = successor(hosted.old.provider)
        const next = new CountedPlugin(
          '2.0.0',
          successor(hosted.old.provider, {
            fromLiteral: (text) => {
              abort.called()
              return fromLiteral(text)
            },
            toDisplay: (value) => {
              abort.called()
              return toDisplay(value)
            },
          }),
        )
        const error = await expect.refused('an aborted reload', () => hosted.reload(next, { signal: abort.signal }))
        stillServes(subject, hosted, next, expect, 'an abort', error, 'ABORTED')
        await new Slices().pause()
        expectSame(expect, 'how often the next version was called after the abort', 0, abort.callsSince)
      },
    },
  ]
}

/** Aborts at the first call, and counts the calls that begin later than those in progress then. */
class Abort {
  readonly #controller = new AbortController()
  #ended = false
  callsSince = 0

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  called(): void {
    if (this.#ended) this.callsSince += 1
    if (this.signal.aborted) return
    this.#controller.abort()
    // Calls of the same synchronous run were in progress when the signal fired.
    queueMicrotask(() => {
      this.#ended = true
    })
  }
}

async function refuses(
  subject: Subject,
  hosted: Hosted,
  expect: Expectation,
  what: string,
  changes: Changes,
): Promise<void> {
  const next = new CountedPlugin('2.0.0', successor(hosted.old.provider, changes))
  const error = await expect.refused(`a reload with a next version with ${what}`, () => hosted.reload(next))
  stillServes(subject, hosted, next, expect, what, error, 'SCHEMA_INCOMPAT')
}

function stillServes(
  subject: Subject,
  hosted: Hosted,
  next: CountedPlugin,
  expect: Expectation,
  what: string,
  error: unknown,
  code: string,
): void {
  expect.that(ReloadError.is(error), `after ${what}: expected a ReloadError, found ${textOf(error)}`)
  expectSame(expect, `the code of the error after ${what}`, code, error.code)
  const serving = hosted.serving()
  expect.that(serving === hosted.old.provider, `after ${what}, the old version does not serve`)
  expectSame(
    expect,
    `the current generation after ${what}`,
    hosted.handle.generation,
    hosted.host.plugin(hosted.handle.id)?.generation,
  )
  expectSame(expect, `how often the refused version was shut down after ${what}`, next.inits, next.shutdowns)
  displaysAsBefore(subject, serving, `after ${what}`, expect)
}
