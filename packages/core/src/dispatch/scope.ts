/**
 * A phase or a call under way, which may be given up on. Its late completion is inert (I8): what it gives is discarded,
 * and what it throws is dropped. The signal is made when it is first read, as nothing else of a call costs as much.
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

  /** To be called when it has settled. Does nothing where it was given up on. */
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

  /** Disposes of what it gave after it was given up on. */
  protected abstract discard(late: unknown): void

  /** Rejects the promise of {@link wait} when it is given up on. */
  protected refuse(reject: (reason: unknown) => void): void {
    reject(this.#reason)
  }

  /** What the promise of {@link wait} rejects with when `error` was thrown. */
  protected failure(error: unknown): unknown {
    return error
  }

  /** Settles as `outcome` does, or rejects with `reason` when it is given up on. */
  wait<T>(outcome: PromiseLike<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#reject = reject
      // It may have been given up on in its synchronous part.
      if (this.givenUp) this.refuse(reject)
      const fail = (error: unknown): void => {
        if (this.ended) return
        this.end()
        reject(this.failure(error))
      }
      try {
        // `then` is called only once: a lazy thenable, such as a query builder, runs its query at each call.
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
