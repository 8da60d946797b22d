import { option, ReloadError, type OptionChecks, type ReloadErrorCode } from '@uni/reload-core'
import { presentable } from './presentable.js'

export interface RetryOptions {
  /** How often in a row one step may fail before the stream halts. Default 8; with `Infinity` it never halts. */
  attempts?: number | undefined
  /** The delay before the first repetition, in milliseconds; it doubles with each. Default 100. */
  initialMs?: number | undefined
  /** The longest delay, in milliseconds. Default 30,000. */
  maxMs?: number | undefined
  /** Gives a number from 0 up to 1. Default `Math.random`. */
  readonly random?: (() => number) | undefined
}

export const RETRY: OptionChecks<RetryOptions> = {
  attempts: option.count(1),
  initialMs: option.from(0),
  maxMs: option.from(0),
  random: option.function,
}

/** Whether and when a failed step is tried again. */
export class RetryPolicy {
  readonly attempts: number
  readonly maxMs: number
  readonly #initialMs: number
  readonly #random: () => number

  constructor({ attempts = 8, initialMs = 100, maxMs = 30_000, random = Math.random }: RetryOptions = {}) {
    this.attempts = attempts
    this.maxMs = maxMs
    this.#initialMs = initialMs
    this.#random = random
  }

  /**
   * The delay in milliseconds after the failure number `failures` in a row, from 1. Exponential with equal jitter
   * (Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015), so that streams that failed together do
   * not return together.
   */
  delayMs(failures: number): number {
    const ceiling = Math.min(this.maxMs, this.#initialMs * 2 ** (failures - 1))
    return ceiling / 2 + this.#jitter() * (ceiling / 2)
  }

  /** The whole delay where `random` gives no number, or throws: that must not end a stream. */
  #jitter(): number {
    try {
      const drawn = this.#random()
      return drawn >= 0 && drawn <= 1 ? drawn : 1
    } catch {
      return 1
    }
  }
}

/** Codes of errors that stay until somebody does something about them. */
const FINAL: ReadonlySet<ReloadErrorCode> = new Set([
  'RESOURCE_CLOSED',
  'PROVIDER_NOT_FOUND',
  'NO_STRATEGY',
  'DUPLICATE',
  'CAPABILITY',
  'HOST_CLOSED',
])

/** Whether the same call may succeed later. An error that says that it is not retryable is believed. */
export function worthRetrying(error: unknown): boolean {
  const told = presentable(error)
  if (!ReloadError.is(told))
    return !(typeof told === 'object' && told !== null && 'retryable' in told && told.retryable === false)
  return told.retryable || (!FINAL.has(told.code) && worthRetrying(told.cause))
}
