import type { LiveResource } from '../../live-resource.js'
import { ReloadError } from '../../errors.js'

export interface LedgerOptions {
  /** Whether a refused write is made again, and no write is made while one is pending. */
  readonly inOrder: boolean
  /** The number of the write that a refusal asks for next; `undefined` where it asks for none. */
  continuesAt(refusal: unknown): number | undefined
}

/** The writes that were made to one resource, with the answer to each. It is kept apart from the code under test. */
export class ResourceLedger<R, W> {
  readonly name: string
  readonly acknowledged: number[] = []
  /** Writes whose outcome is unknown, as they passed their deadline. */
  readonly unknown = new Set<number>()
  readonly #live: LiveResource<R, W>
  readonly #write: (nth: number) => W
  readonly #inOrder: boolean
  readonly #continuesAt: (refusal: unknown) => number | undefined
  #next = 0
  #pending = 0
  readonly #answers: Promise<void>[] = []

  constructor(
    name: string,
    live: LiveResource<R, W>,
    write: (nth: number) => W,
    { inOrder, continuesAt }: LedgerOptions,
  ) {
    this.name = name
    this.#live = live
    this.#write = write
    this.#inOrder = inOrder
    this.#continuesAt = continuesAt
  }

  get pending(): number {
    return this.#pending
  }

  /**
   * Makes the next write, unless another one has to be answered first. Resolves with the error that the write was
   * refused with, if it was.
   */
  write(): Promise<unknown> {
    if (this.#inOrder && this.#pending > 0) return Promise.resolve()
    const nth = this.#next
    this.#next += 1
    this.#pending += 1
    const answer = this.#make(nth)
      .then(
        () => undefined,
        (error: unknown) => {
          if (ReloadError.is(error) && error.code === 'STEP_TIMEOUT') this.unknown.add(nth)
          if (this.#inOrder) this.#next = nth
          return error
        },
      )
      .finally(() => {
        this.#pending -= 1
      })
    this.#answers.push(answer.then(() => {}))
    return answer
  }

  async #make(nth: number): Promise<void> {
    try {
      await this.#live.write(this.#write(nth))
    } catch (error) {
      const next = this.#continuesAt(error)
      if (next === undefined || next === nth) throw error
      // The refusal asks for a later write, so the writes before that were done: only ones with an unknown outcome may
      // be.
      if (next > nth && !this.unknown.has(nth)) throw error
      // The refusal asks for writes that were acknowledged: the successor was started behind them, so they are made
      // again.
      for (let again = next; again < nth; again += 1) await this.#make(again)
      if (next < nth) return this.#make(nth)
    }
    if (!this.acknowledged.includes(nth)) this.acknowledged.push(nth)
  }

  /** Resolves once every write so far has been answered. */
  async answered(): Promise<void> {
    await Promise.all(this.#answers)
  }

  /** Says how `entries` differs from what was acknowledged; `undefined` where it does not. */
  differs(entries: readonly number[]): string | undefined {
    const unsure = entries.filter((nth) => this.unknown.has(nth) && !this.acknowledged.includes(nth))
    const sure = entries.filter((nth) => !unsure.includes(nth))
    const expected = this.acknowledged.toSorted((a, b) => a - b)
    if (String(sure) === String(expected) && new Set(unsure).size === unsure.length) return undefined
    return (
      `it has the writes [${entries.join(', ')}], and [${expected.join(', ')}] were ` +
      `acknowledged${this.unknown.size > 0 ? `, [${[...this.unknown].join(', ')}] are unknown` : ''}`
    )
  }
}
