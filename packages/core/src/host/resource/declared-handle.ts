import { ReloadError } from '../../errors.js'
import type { MaybePromise } from '../../maybe-promise.js'
import { GateErrors } from '../../move/gate-errors.js'
import { signalOf } from '../../move/queue-options.js'
import { onAbort } from '../../on-abort.js'
import type { Detached, LiveResource, QueueOptions } from '../../live-resource.js'

type State<R, W> =
  /** The operation that puts the resource into service is under way. */
  | { readonly state: 'awaited'; readonly waiting: (() => void)[] }
  | { readonly state: 'serving'; readonly resource: LiveResource<R, W> }
  | { readonly state: 'closed' }

/**
 * A live resource that a plugin has the host open, as the plugin works with it. Until the commit, calls wait; then they
 * go on in their order.
 */
export class DeclaredHandle<R, W> implements LiveResource<R, W> {
  readonly name: string
  readonly #surface: string
  #state: State<R, W> = { state: 'awaited', waiting: [] }

  constructor(surface: string, name: string) {
    this.#surface = surface
    this.name = name
  }

  write(write: W, options?: QueueOptions): Promise<void> {
    return this.#when((resource) => resource.write(write, options), signalOf(options, 'write'))
  }

  use<T>(fn: (resource: R) => MaybePromise<T>, options?: QueueOptions): Promise<T> {
    return this.#when((resource) => resource.use(fn, options), signalOf(options, 'use'))
  }

  detach(): Promise<Detached> {
    return this.#when((resource) => resource.detach())
  }

  /** In the turn of a commit: it is this resource from now on. `undefined` where the resource has left by then. */
  serves(resource: LiveResource<R, W> | undefined): void {
    this.#settle(resource === undefined ? { state: 'closed' } : { state: 'serving', resource })
  }

  /** The operation was rolled back. One that serves already, as where a take-back fails, goes on. */
  rolledBack(): void {
    if (this.#state.state === 'awaited') this.#settle({ state: 'closed' })
  }

  #settle(state: State<R, W>): void {
    const waiting = this.#state.state === 'awaited' ? this.#state.waiting : []
    this.#state = state
    for (const go of waiting) go()
  }

  #when<T>(work: (resource: LiveResource<R, W>) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const state = this.#state
    switch (state.state) {
      case 'serving':
        return work(state.resource)
      case 'closed':
        return Promise.reject(
          new ReloadError(
            'RESOURCE_CLOSED',
            'the operation that was to open the resource has not put it into service',
            {
              surface: this.#surface,
              resource: this.name,
              hint: 'Use the resource of the version that serves: host.resource(surface, name).',
            },
          ),
        )
      case 'awaited':
        return new Promise((resolve, reject) => {
          const aborted = (): void => {
            reject(new GateErrors(this.#surface, this.name).aborted(signal?.reason))
          }
          if (signal?.aborted === true) {
            aborted()
            return
          }
          const stopListening = signal && onAbort(signal, aborted)
          state.waiting.push(() => {
            stopListening?.()
            // It was refused already.
            if (signal?.aborted === true) return
            this.#when(work).then(resolve, reject)
          })
        })
    }
  }
}
