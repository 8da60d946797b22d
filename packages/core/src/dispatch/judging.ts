import type { ErrorPlace } from '../errors.js'
import { option } from '../options.js'
import type { CompatVerdict } from '../strategy.js'

/** What becomes of a reload where something could not be judged: `accept`, it goes ahead, and the report says so. */
export type UnjudgedPolicy = 'accept' | 'refuse'

export const UNJUDGED = option.oneOf('accept', 'refuse')

export const UNJUDGED_HINT =
  'Give the version that serves samples, or the strategy queries whose answers it can ' +
  "compare; or set unjudged: 'accept' in the host's options."

export const ACCEPT_HINT = 'To overrule this knowingly, pass accept: [{ surface, key, reason }].'

/** A key that an operator accepts, whatever the verdict on it is. */
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

/** The verdict of a strategy, or `accepted` where an operator has overruled that. */
export type CountedVerdict = CompatVerdict | { level: 'accepted'; reason: string; overruled: CompatVerdict }

export interface JudgingOptions {
  readonly unjudged?: UnjudgedPolicy
  readonly accept?: readonly Acceptance[]
  /** Called with each verdict that is overruled. */
  onAccepted?(place: ErrorPlace, verdict: Extract<CountedVerdict, { level: 'accepted' }>): void
}

/** Decides which verdicts refuse an operation, and which of these an operator overrules. */
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

  /** The acceptances of keys on which no verdict would have refused the operation. */
  get unneeded(): readonly Acceptance[] {
    return this.#accept.filter((acceptance) => !this.#needed.has(acceptance))
  }

  refuses({ level }: CountedVerdict): boolean {
    return level === 'incompatible' || (level === 'unjudged' && this.#unjudged === 'refuse')
  }

  /** Overrules `verdict` on the key or the resource at `place` if it refuses the operation and the key is accepted. */
  count(place: ErrorPlace, verdict: CompatVerdict): CountedVerdict {
    if (!this.refuses(verdict)) return verdict
    const acceptance = this.#accept.find(({ surface, key }) => surface === place.surface && key === place.key)
    if (acceptance === undefined) return verdict
    this.#needed.add(acceptance)
    const counted = { level: 'accepted', reason: acceptance.reason, overruled: verdict } as const
    this.#onAccepted?.(place, counted)
    return counted
  }

  /** The acceptances of keys that are not judged. */
  astray(judged: Iterable<{ readonly surface: string; readonly key: string }>): readonly Acceptance[] {
    const keys = [...judged]
    return this.#accept.filter(
      (acceptance) => !keys.some(({ surface, key }) => surface === acceptance.surface && key === acceptance.key),
    )
  }
}
