import type { MaybePromise } from '../../maybe-promise.js'
import { GateErrors } from '../../move/gate-errors.js'
import type { Attached } from './attached.js'
import { detach } from './detach.js'
import type { ResourceHost } from './resource-host.js'
import type { Detached, LiveResource, QueueOptions } from '../../live-resource.js'

/** A live resource, as the host that attached it works with it. */
export class AttachedResource<R, W> implements LiveResource<R, W> {
  readonly #host: ResourceHost
  readonly #attached: Attached

  constructor(host: ResourceHost, attached: Attached) {
    this.#host = host
    this.#attached = attached
  }

  get name(): string {
    return this.#attached.name
  }

  write(write: W, options?: QueueOptions): Promise<void> {
    return this.#attached.left ? this.#refused() : this.#attached.gate.write(write, options)
  }

  use<T>(fn: (resource: R) => MaybePromise<T>, options?: QueueOptions): Promise<T> {
    return this.#attached.left ? this.#refused() : this.#attached.gate.use((resource) => fn(resource as R), options)
  }

  detach(): Promise<Detached> {
    return detach(this.#host, this.#attached)
  }

  /** Its gate may still be open: for a version that is being judged by it, or until an orphan's turn has come. */
  #refused(): Promise<never> {
    return Promise.reject(new GateErrors(this.#attached.table.id, this.name).closed())
  }
}
