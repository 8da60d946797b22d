import { ReloadError, type ErrorPlace, type LiveResource, type MaybePromise } from '@uni/reload-core'

/** A live resource, as one of its users has it. */
export interface InUse<R, W> extends Pick<LiveResource<R, W>, 'name' | 'write' | 'use'> {
  /**
   * Ends this use. The last one saves and closes the resource; resolves when that is done. Further calls do nothing.
   */
  close(): Promise<void>
}

export interface SharedResourceOptions<R> {
  save(resource: R): MaybePromise<void>
  /** Called when its name is free. */
  outOfService(): void
}

/** One live resource and the number of its users. */
export class SharedResource<R, W> {
  readonly #place: ErrorPlace & { readonly resource: string }
  readonly #live: Promise<LiveResource<R, W>>
  readonly #options: SharedResourceOptions<R>
  /** Resolves when its name is free. */
  readonly outOfService: Promise<void>
  #leave: () => void = () => {}
  #users = 0
  /** The number of writes and uses so far: if it grows during a save, the save may not have everything. */
  #calls = 0
  #evicted = false
  #leaving = false
  #ending: Promise<void> | undefined

  constructor(
    place: ErrorPlace & { readonly resource: string },
    live: Promise<LiveResource<R, W>>,
    options: SharedResourceOptions<R>,
  ) {
    this.#place = place
    this.#live = live
    this.#options = options
    this.outOfService = new Promise((resolve) => {
      this.#leave = () => {
        options.outOfService()
        resolve()
      }
    })
    live.catch(this.#leave)
  }

  /** Adds a user; `undefined` where the resource is about to leave the host. */
  enter(): Promise<InUse<R, W>> | undefined {
    if (this.#leaving) return undefined
    this.#users += 1
    return this.#live.then((live) => this.#inUse(live))
  }

  #inUse(live: LiveResource<R, W>): InUse<R, W> {
    let left: Promise<void> | undefined
    const called = (): void => {
      this.#calls += 1
      if (left === undefined && !this.#evicted) return
      throw new ReloadError('RESOURCE_CLOSED', 'the resource was closed by its user', {
        ...this.#place,
        hint: 'Open it again to go on.',
      })
    }
    return {
      name: this.#place.resource,
      write: async (write) => {
        called()
        return live.write(write)
      },
      use: async (fn) => {
        called()
        return live.use(fn)
      },
      close: () => (left ??= this.#close()),
    }
  }

  /** Saves and closes the resource, even if it has users. */
  evict(): Promise<void> {
    this.#evicted = true
    return this.#end()
  }

  async #close(): Promise<void> {
    this.#users -= 1
    if (this.#users === 0) await this.#end()
  }

  #end(): Promise<void> {
    this.#ending ??= this.#saveAndClose().finally(() => {
      this.#ending = undefined
    })
    return this.#ending
  }

  /** The resource stays open if somebody opens it while it is saved. */
  async #saveAndClose(): Promise<void> {
    const live = await this.#live
    let calls: number
    do {
      calls = this.#calls
      await live.use((resource) => this.#options.save(resource))
      if (this.#users > 0 && !this.#evicted) return
    } while (calls !== this.#calls)
    this.#leaving = true
    const { finalized } = await live.detach().finally(this.#leave)
    await finalized
  }
}
