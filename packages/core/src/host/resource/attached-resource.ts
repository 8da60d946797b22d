import type { MaybePromise } from '../../maybe-promise.js'
import type { Attached } from './attached.js'
import { detach } from './detach.js'
import type { Detached, LiveResource } from '../../live-resource.js'

/** A live resource, as the host that attached it works with it. */
export class AttachedResource<R, W> implements LiveResource<R, W> {
  readonly #attached: Attached
  #detached: Promise<Detached> | undefined

  constructor(attached: Attached) {
    this.#attached = attached
  }

  get name(): string {
    return this.#attached.name
  }

  write(write: W): Promise<void> {
    return this.#attached.gate.write(write)
  }

  use<T>(fn: (resource: R) => MaybePromise<T>): Promise<T> {
    return this.#attached.gate.use((resource) => fn(resource as R))
  }

  detach(): Promise<Detached> {
    return (this.#detached ??= detach(this.#attached))
  }
}
