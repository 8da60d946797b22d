import { ReloadError } from '@uni/reload-core'
import { Refusal } from './probe.js'

/**
 * Which way documents have to be readable. `backward`: the new version reads what the old one wrote. `full`: the old
 * one also reads what the new one writes, so that it is safe to go back.
 */
export type CrdtDirection = 'backward' | 'full'

/**
 * Whether the old version reads what the new one writes. Where that is required, a failure is a refusal; otherwise it
 * is noted.
 */
export class WayBack {
  readonly required: boolean
  #open: boolean
  #closedBecause: string | undefined

  /** @param exists false where the old version is only remembered, without code that could read anything. */
  constructor(direction: CrdtDirection, exists: boolean) {
    this.required = direction === 'full' && exists
    this.#open = exists
  }

  /** The finding that shows that there is no way back; `undefined` where there is one. */
  get closedBecause(): string | undefined {
    return this.#closedBecause
  }

  /** @returns the result of `attempt`, or `undefined` where it fails and no way back is required. */
  async take<T>(attempt: () => Promise<T>): Promise<T | undefined> {
    if (!this.#open) return undefined
    try {
      return await attempt()
    } catch (error) {
      // A version that need not read something may also hang when it does.
      const failed = error instanceof Refusal || (ReloadError.is(error) && error.code === 'STEP_TIMEOUT')
      if (this.required || !failed) throw error
      this.#open = false
      this.#closedBecause = error instanceof Refusal ? error.finding : error.message
      return undefined
    }
  }
}
