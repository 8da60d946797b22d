import type { MaybePromise } from '@uni/reload-core'
import type { ConformanceCase, Expectation, NamedKinds } from '@uni/reload-core/testing'
import { Stand, type KitSettings } from './stand.js'
import type { Capability, CrdtSubject } from './subject.js'

/** One rule of the kit, whose test gets a stand. */
export interface CrdtCase extends Omit<ConformanceCase, 'run'> {
  /** The capability without which it is left out. */
  readonly claim?: Capability
  run(stand: Stand, expect: Expectation): MaybePromise<void>
}

/**
 * The parts of a subject whose calls may never settle, so that the error names the call. States are not wrapped, so
 * that they can be merged.
 */
const NAMED: NamedKinds = { provider: ['empty', 'fromPersisted'], inPlace: ['open', 'view'] }

/** The cases that the capabilities choose, each with its own stand. */
export function chosen(cases: readonly CrdtCase[], settings: KitSettings): ConformanceCase[] {
  const claimed = cases.filter(({ claim }) => claim === undefined || settings.capabilities[claim])
  const keys = new Set(claimed.map(({ key }) => key))
  return claimed.map(({ key, rule, title, needs = [], run }) => ({
    key,
    rule,
    title,
    // A rule that is not claimed is not judged, and must not block others.
    needs: needs.filter((needed) => keys.has(needed) || !cases.some((other) => other.key === needed)),
    async run(expect, after) {
      const make = async (): Promise<CrdtSubject> =>
        expect.named(await expect.call('make()', settings.make), 'subject', NAMED)
      const stand = await Stand.of({ ...settings, make }, after)
      await run(stand, expect)
    },
  }))
}
