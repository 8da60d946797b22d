import { ReloadError } from '@uni/reload-core'
import { Refusal } from './probe.js'

/**
 * Which way documents have to be readable. `backward`: the new version reads what the old one wrote. `full`: and the
 * old one reads what the new one writes, so that going back is safe.
 */
export type CrdtDirection = 'backward' | 'full'

/**
 * Whether the old version reads what the new one writes. Asked for, that it does not is a refusal; otherwise it is
 * noted.
 */
export class WayBack {
  readonly required: boolean
  #open: boolean
  #closedBecause: string | undefined

  /** @param exists false where the old version is only remembered, and has no code that could read anything. */
  constructor(direction: CrdtDirection, exists: boolean) {
    this.required = direction === 'full' && exists
    this.#open = exists
  }

  /** What showed that there is none. */
  get closedBecause(): string | undefined {
    return this.#closedBecause
  }

  /** @returns what `attempt` gave, or `undefined` where it showed that there is no way back, and none is asked for. */
  async take<T>(attempt: () => Promise<T>): Promise<T | undefined> {
    if (!this.#open) return undefined
    try {
      return await attempt()
    } catch (error) {
      // A version that is not asked to read something may as well hang at it.
      const failed = error instanceof Refusal || (ReloadError.is(error) && error.code === 'STEP_TIMEOUT')
      if (this.required || !failed) throw error
      this.#open = false
      this.#closedBecause = error instanceof Refusal ? error.finding : error.message
      return undefined
    }
  }
}
