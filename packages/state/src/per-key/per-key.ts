import {
  checkOptions,
  option,
  ReloadError,
  type MaybePromise,
  type Opening,
  type PluginHost,
  type Surface,
} from '@uni/reload-core'
import { SharedResource, type InUse } from './shared-resource.js'

export interface PerKeyOptions<P, R> {
  /** The key of the provider that opens each resource. */
  readonly key: string
  open(provider: P, name: string, opening: Opening): MaybePromise<R>
  /**
   * Saves a resource when its last user has closed it, between two writes, before it leaves the host. If it throws, the
   * resource stays open, with nothing lost, and is saved the next time, or by `closeAll`.
   */
  readonly save?: ((resource: R, name: string) => MaybePromise<void>) | undefined
}

/** Anything with the `attach` of a `PluginHost`. */
export type AttachingHost = Pick<PluginHost, 'attach'>

/**
 * Live resources that are opened by name and closed when nobody uses them, such as one for each document, tenant or
 * room. Users of the same name share one; when the last has closed it, it is saved, and leaves the host. All of this
 * also works during a reload.
 */
export class PerKey<P, R, W> {
  readonly #host: AttachingHost
  readonly #surface: Surface<P, R, W>
  readonly #options: PerKeyOptions<P, R>
  readonly #open = new Map<string, SharedResource<R, W>>()
  #closed = false

  constructor(host: AttachingHost, surface: Surface<P, R, W>, options: PerKeyOptions<P, R>) {
    this.#host = host
    this.#surface = surface
    this.#options = checkOptions(options, 'PerKey options', {
      key: option.required(option.text),
      open: option.required(option.function),
      save: option.function,
    })
  }

  /** The names of the open resources. */
  names(): string[] {
    return [...this.#open.keys()]
  }

  /**
   * Opens the resource of this name, or shares the one that is open.
   *
   * @throws ReloadError as `attach` does; `RESOURCE_CLOSED` after {@link closeAll}.
   */
  async open(name: string): Promise<InUse<R, W>> {
    option.text(name, 'open name', this)
    const { key, save } = this.#options
    const place = { surface: this.#surface.id, key, resource: name }
    if (this.#closed)
      throw new ReloadError('RESOURCE_CLOSED', 'closeAll was called: none is opened any more', {
        ...place,
        hint: 'Make another PerKey.',
      })
    for (let known = this.#open.get(name); known !== undefined; known = this.#open.get(name)) {
      const inUse = known.enter()
      if (inUse !== undefined) return inUse
      await known.outOfService
    }
    const opening = this.#host.attach(this.#surface, {
      name,
      key,
      open: (provider, claims) => this.#options.open(provider, name, claims),
    })
    const shared = new SharedResource<R, W>(place, opening, {
      save: (resource) => save?.(resource, name),
      outOfService: () => this.#open.delete(name),
    })
    this.#open.set(name, shared)
    return shared.enter() as Promise<InUse<R, W>>
  }

  /**
   * Saves and closes all resources, even those in use. Afterwards none can be opened.
   *
   * @throws AggregateError of what fails.
   */
  async closeAll(): Promise<void> {
    this.#closed = true
    const outcomes = await Promise.allSettled(Array.from(this.#open.values(), (shared) => shared.evict()))
    const failed = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []))
    if (failed.length > 0) throw new AggregateError(failed, `${failed.length} of them could not be saved or closed`)
  }
}
