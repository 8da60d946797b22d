import type { ErrorPlace } from '../errors.js'
import { option } from '../options.js'
import type { CompatVerdict } from '../strategy.js'

/**
 * What becomes of a reload of which something could not be judged: it goes ahead and the report says so, or it is
 * refused.
 */
export type UnjudgedPolicy = 'accept' | 'refuse'

export const UNJUDGED = option.oneOf('accept', 'refuse')

export const UNJUDGED_HINT =
  'Give the version that serves samples, or the strategy queries whose answers it can ' +
  "compare; or set unjudged: 'accept' in the host's options."

export const ACCEPT_HINT = 'To overrule this knowingly, pass accept: [{ surface, key, reason }].'

/** An operator takes a key whatever the judgement on it is. */
export interface Acceptance {
  readonly surface: string
  readonly key: string
  /** Why, as the report, the journal and the events have it. */
  readonly reason: string
}

export const ACCEPT = option.list(
  option.object<Acceptance>({
    surface: option.required(option.text),
    key: option.required(option.text),
    reason: option.required(option.text),
  }),
)

/** A verdict as it counts: a strategy's own, or that an operator has overruled it. */
export type CountedVerdict = CompatVerdict | { level: 'accepted'; reason: string; overruled: CompatVerdict }

export interface JudgingOptions {
  readonly unjudged?: UnjudgedPolicy
  readonly accept?: readonly Acceptance[]
  /** Told of each verdict that is overruled. */
  onAccepted?(place: ErrorPlace, verdict: Extract<CountedVerdict, { level: 'accepted' }>): void
}

/** By what one operation is refused or goes ahead, given what strategies find. */
export class Judging {
  readonly #unjudged: UnjudgedPolicy
  readonly #accept: readonly Acceptance[]
  readonly #needed = new Set<Acceptance>()
  readonly #onAccepted: JudgingOptions['onAccepted']

  constructor({ unjudged = 'accept', accept = [], onAccepted }: JudgingOptions = {}) {
    this.#unjudged = unjudged
    this.#accept = accept
    this.#onAccepted = onAccepted
  }

  /** What was accepted and would have gone ahead without that. */
  get unneeded(): readonly Acceptance[] {
    return this.#accept.filter((acceptance) => !this.#needed.has(acceptance))
  }

  refuses({ level }: CountedVerdict): boolean {
    return level === 'incompatible' || (level === 'unjudged' && this.#unjudged === 'refuse')
  }

  /** The verdict on the key or the resource at `place`, as it counts. */
  count(place: ErrorPlace, verdict: CompatVerdict): CountedVerdict {
    if (!this.refuses(verdict)) return verdict
    const acceptance = this.#accept.find(({ surface, key }) => surface === place.surface && key === place.key)
    if (acceptance === undefined) return verdict
    this.#needed.add(acceptance)
    const counted = { level: 'accepted', reason: acceptance.reason, overruled: verdict } as const
    this.#onAccepted?.(place, counted)
    return counted
  }

  /** Those that are not about any of the keys that are judged: they would be passed over in silence. */
  astray(judged: Iterable<{ readonly surface: string; readonly key: string }>): readonly Acceptance[] {
    const keys = [...judged]
    return this.#accept.filter(
      (acceptance) => !keys.some(({ surface, key }) => surface === acceptance.surface && key === acceptance.key),
    )
  }
}
