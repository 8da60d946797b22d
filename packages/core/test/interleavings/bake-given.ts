import type { Method } from './calls.js'

/** What `healthy` does when it is asked. */
export const ANSWERS = ['yes', 'no', 'throw', 'reject', 'hang', 'nonsense'] as const
export type Answer = (typeof ANSWERS)[number]

export const BREAKS_BACK = ['checkCompat', 'persist', 'open', 'open', 'apply'] as const satisfies readonly Method[]
type BreaksBack = (typeof BREAKS_BACK)[number]

export interface BakeGiven {
  readonly ms: number
  readonly everyMs: number
  /** One after another, the last of them for ever; where there is none, nobody is asked. */
  readonly answers: readonly Answer[]
  /** It answers without promises. */
  readonly prompt: boolean
  /** What the old version fails at when it is to serve again, or the new one when it is to give back. */
  readonly breaks: BreaksBack | undefined
}
