import type { MaybePromise } from '@uni/reload-core'
import type { ConformanceCase, Expectation } from '@uni/reload-core/testing'
import { Stand, type KitSettings } from './stand.js'
import type { Capability } from './subject.js'

/** One rule of the kit: a case that gets something to run with. */
export interface CrdtCase extends Omit<ConformanceCase, 'run'> {
  /** The capability without which it is not run. */
  readonly claim?: Capability
  run(stand: Stand, expect: Expectation): MaybePromise<void>
}

/** The cases that the capabilities choose, each with a stand of its own to run with. */
export function chosen(cases: readonly CrdtCase[], settings: KitSettings): ConformanceCase[] {
  const claimed = cases.filter(({ claim }) => claim === undefined || settings.capabilities[claim])
  const keys = new Set(claimed.map(({ key }) => key))
  return claimed.map(({ key, rule, title, needs = [], run }) => ({
    key, rule, title,
    // What is not claimed was not judged either, and holds nobody up.
    needs: needs.filter((needed) => keys.has(needed) || !cases.some((other) => other.key === needed)),
    async run(expect) {
      await using stand = await Stand.of(settings)
      await run(stand, expect)
    },
  }))
}
