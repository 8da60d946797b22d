import { ReloadError } from '../../errors.js'
import type { MaybePromise } from '../../maybe-promise.js'
import type { ResourceHost } from './resource-host.js'
import type { SurfaceTable } from '../epoch/surface-table.js'
import type { Attached } from './attached.js'
import { AttachedResource } from './attached-resource.js'
import type { Detached, LiveResource, QueueOptions } from '../../live-resource.js'

/** Whatever live resource has a name at the time of a call. */
export class NamedResource<R, W> implements LiveResource<R, W> {
  readonly name: string
  readonly #host: ResourceHost
  readonly #table: SurfaceTable
  #known: { readonly attached: object; readonly resource: LiveResource<R, W> } | undefined

  constructor(host: ResourceHost, table: SurfaceTable, name: string) {
    this.#host = host
    this.#table = table
    this.name = name
  }

  async write(write: W, options?: QueueOptions): Promise<void> {
    return this.#serving().write(write, options)
  }

  async use<T>(fn: (resource: R) => MaybePromise<T>, options?: QueueOptions): Promise<T> {
    return this.#serving().use(fn, options)
  }

  async detach(): Promise<Detached> {
    return this.#serving().detach()
  }

  #serving(): LiveResource<R, W> {
    const attached = this.#table.resources.latest(this.name)?.attached
    if (attached === undefined) {
      this.#known = undefined
      throw new ReloadError('RESOURCE_NOT_FOUND', 'no live resource has this name now', {
        surface: this.#table.id,
        resource: this.name,
        hint: 'Attach it, or install the plugin that opens it.',
      })
    }
    if (this.#known?.attached !== attached)
      this.#known = { attached, resource: new AttachedResource<R, W>(this.#host, attached as Attached) }
    return this.#known.resource
  }
}
