import type { MaybePromise } from '@uni/reload-core'
import type { ConformanceCase, Expectation, NamedKinds } from '@uni/reload-core/testing'
import { Stand, type KitSettings } from './stand.js'
import type { Capability, CrdtSubject } from './subject.js'

/** One rule of the kit: a case that gets something to run with. */
export interface CrdtCase extends Omit<ConformanceCase, 'run'> {
  /** The capability without which it is not run. */
  readonly claim?: Capability
  run(stand: Stand, expect: Expectation): MaybePromise<void>
}

/** What a subject has, of which a call may never settle. States stay what they are, so that they can be merged. */
const NAMED: NamedKinds = { provider: ['empty', 'fromPersisted'], inPlace: ['open', 'view'] }

/** The cases that the capabilities choose, each with a stand of its own to run with. */
export function chosen(cases: readonly CrdtCase[], settings: KitSettings): ConformanceCase[] {
  const claimed = cases.filter(({ claim }) => claim === undefined || settings.capabilities[claim])
  const keys = new Set(claimed.map(({ key }) => key))
  return claimed.map(({ key, rule, title, needs = [], run }) => ({
    key,
    rule,
    title,
    // What is not claimed was not judged either, and holds nobody up.
    needs: needs.filter((needed) => keys.has(needed) || !cases.some((other) => other.key === needed)),
    async run(expect, after) {
      const make = async (): Promise<CrdtSubject> =>
        expect.named(await expect.call('make()', settings.make), 'subject', NAMED)
      const stand = await Stand.of({ ...settings, make }, after)
      await run(stand, expect)
    },
  }))
}
