/**
 * A phase or a call under way, which may be given up on. A late completion is inert (I8): what it produced is discarded,
 * what it throws is dropped. Its signal is made when somebody reads it: it is the dearest part of a call.
 */
export abstract class Scope {
  #state: 'pending' | 'ended' | 'given up' = 'pending'
  #reason: unknown
  #controller: AbortController | undefined
  #reject: ((reason: unknown) => void) | undefined

  get ended(): boolean {
    return this.#state !== 'pending'
  }
  get givenUp(): boolean {
    return this.#state === 'given up'
  }
  /** Why it was given up on. */
  get reason(): unknown {
    return this.#reason
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.givenUp) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  /** It has settled. */
  end(): void {
    if (this.#state === 'pending') this.#state = 'ended'
  }

  giveUp(reason: unknown): void {
    if (this.#state !== 'pending') return
    this.#state = 'given up'
    this.#reason = reason
    this.#controller?.abort(reason)
    if (this.#reject !== undefined) this.refuse(this.#reject)
  }

  /** Disposes of what it has come to after it was given up on. */
  protected abstract discard(late: unknown): void

  /** Tells who waits for it that it was given up on. */
  protected refuse(reject: (reason: unknown) => void): void {
    reject(this.#reason)
  }

  /** What who waits for it is told of `error`. */
  protected failure(error: unknown): unknown {
    return error
  }

  /** Waits for `outcome` no longer than until it is given up on, and then rejects with the reason. */
  wait<T>(outcome: PromiseLike<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#reject = reject
      // Its own synchronous part may have been what made somebody give it up.
      if (this.givenUp) this.refuse(reject)
      const fail = (error: unknown): void => {
        if (this.ended) return
        this.end()
        reject(this.failure(error))
      }
      try {
        // One `then` only: a lazy thenable, such as a query builder's, runs once for each.
        outcome.then((value) => {
          if (this.givenUp) this.discard(value)
          else if (!this.ended) {
            this.end()
            resolve(value)
          }
        }, fail)
      } catch (error) {
        fail(error)
      }
    })
  }
}
