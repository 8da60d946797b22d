import type { Surface } from '../../surface.js'
import type { Lease, LeasedPlugin, ProviderLease, ResourceLease, Serving } from './lease.js'
import { DISPOSE } from '../../dispose.js'

/** What is said of a lease that was dropped. */
export interface DroppedLease {
  readonly label: string
  /** By the host's clock. */
  readonly capturedAt: number
  readonly holds: 'epoch' | 'provider' | 'resource'
  /** Where it was captured. */
  readonly stack: string
}

/** A lease, and what is said of it where it is dropped. */
type Captured<L> = L & Pick<DroppedLease, 'label' | 'capturedAt'>

/**
 * Notices leases that were dropped without being released. The host itself reaches every lease until it is released, so
 * what callers are given is a lease around it, which nothing but they reach.
 */
export class LeaseWatch {
  readonly #registry: FinalizationRegistry<DroppedLease>

  constructor(dropped: (lease: DroppedLease) => void) {
    this.#registry = new FinalizationRegistry(dropped)
  }

  epoch(lease: Captured<Lease>): Lease {
    return this.#watch('epoch', lease, (released) => new WatchedLease(lease, released))
  }

  provider<P>(lease: Captured<ProviderLease<P>>): ProviderLease<P> {
    return this.#watch('provider', lease, (released) => new WatchedProviderLease(lease, released))
  }

  resource<R>(lease: Captured<ResourceLease<R>>): ResourceLease<R> {
    return this.#watch('resource', lease, (released) => new WatchedResourceLease(lease, released))
  }

  #watch<L extends object>(
    holds: DroppedLease['holds'],
    { label, capturedAt }: Captured<object>,
    around: (released: () => void) => L,
  ): L {
    const watched = around(() => this.#registry.unregister(watched))
    this.#registry.register(watched, { label, capturedAt, holds, stack: stackOf(label) }, watched)
    return watched
  }
}

function stackOf(label: string): string {
  return new Error(`lease "${label}" was captured here`).stack ?? ''
}

/** What is the same around every lease. */
class Watched<L extends Disposable & { readonly signal: AbortSignal }> implements Disposable {
  protected readonly lease: L
  readonly #released: () => void

  constructor(lease: L, released: () => void) {
    this.lease = lease
    this.#released = released
  }

  get signal(): AbortSignal {
    return this.lease.signal
  }

  [DISPOSE](): void {
    this.lease[DISPOSE]()
    this.#released()
  }
}

class WatchedLease extends Watched<Lease> implements Lease {
  get epoch(): number {
    return this.lease.epoch
  }
  get<P, R, W>(surface: Surface<P, R, W>, key: string): P {
    return this.lease.get(surface, key)
  }
  find<P, R, W>(surface: Surface<P, R, W>, key: string): P | undefined {
    return this.lease.find(surface, key)
  }
  all<P, R, W>(surface: Surface<P, R, W>): readonly P[] {
    return this.lease.all(surface)
  }
  serving<P, R, W>(surface: Surface<P, R, W>): Serving<P> {
    return this.lease.serving(surface)
  }
  plugin<P, R, W>(surface: Surface<P, R, W>, key: string): LeasedPlugin {
    return this.lease.plugin(surface, key)
  }
  resource<P, R, W>(surface: Surface<P, R, W>, name: string): R {
    return this.lease.resource(surface, name)
  }
}

class WatchedProviderLease<P> extends Watched<ProviderLease<P>> implements ProviderLease<P> {
  get provider(): P {
    return this.lease.provider
  }
  get plugin(): LeasedPlugin {
    return this.lease.plugin
  }
}

class WatchedResourceLease<R> extends Watched<ResourceLease<R>> implements ResourceLease<R> {
  get resource(): R {
    return this.lease.resource
  }
  get plugin(): LeasedPlugin {
    return this.lease.plugin
  }
}
