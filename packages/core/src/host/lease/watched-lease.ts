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

/**
 * Notices leases that were dropped without being released. The host itself reaches every lease until it is released, so what
 * callers are given is a lease around it, which nothing but they reach.
 */
export class LeaseWatch {
  readonly #registry: FinalizationRegistry<DroppedLease>

  constructor(dropped: (lease: DroppedLease) => void) {
    this.#registry = new FinalizationRegistry(dropped)
  }

  epoch(lease: Lease, label: string, capturedAt: number): Lease {
    const watched = new WatchedLease(lease, () => this.#registry.unregister(watched))
    this.#registry.register(watched, { label, capturedAt, holds: 'epoch', stack: stackOf(label) }, watched)
    return watched
  }

  provider<P>(lease: ProviderLease<P>, label: string, capturedAt: number): ProviderLease<P> {
    const watched = new WatchedProviderLease(lease, () => this.#registry.unregister(watched))
    this.#registry.register(watched, { label, capturedAt, holds: 'provider', stack: stackOf(label) }, watched)
    return watched
  }

  resource<R>(lease: ResourceLease<R>, label: string, capturedAt: number): ResourceLease<R> {
    const watched = new WatchedResourceLease(lease, () => this.#registry.unregister(watched))
    this.#registry.register(watched, { label, capturedAt, holds: 'resource', stack: stackOf(label) }, watched)
    return watched
  }
}

function stackOf(label: string): string {
  return new Error(`lease "${label}" was captured here`).stack ?? ''
}

class WatchedLease implements Lease {
  readonly #lease: Lease
  readonly #released: () => void

  constructor(lease: Lease, released: () => void) {
    this.#lease = lease
    this.#released = released
  }

  get epoch(): number {
    return this.#lease.epoch
  }
  get signal(): AbortSignal {
    return this.#lease.signal
  }
  get<P, R, W>(surface: Surface<P, R, W>, key: string): P {
    return this.#lease.get(surface, key)
  }
  find<P, R, W>(surface: Surface<P, R, W>, key: string): P | undefined {
    return this.#lease.find(surface, key)
  }
  all<P, R, W>(surface: Surface<P, R, W>): readonly P[] {
    return this.#lease.all(surface)
  }
  serving<P, R, W>(surface: Surface<P, R, W>): Serving<P> {
    return this.#lease.serving(surface)
  }
  plugin<P, R, W>(surface: Surface<P, R, W>, key: string): LeasedPlugin {
    return this.#lease.plugin(surface, key)
  }
  resource<P, R, W>(surface: Surface<P, R, W>, name: string): R {
    return this.#lease.resource(surface, name)
  }

  [DISPOSE](): void {
    this.#lease[DISPOSE]()
    this.#released()
  }
}

class WatchedProviderLease<P> implements ProviderLease<P> {
  readonly #lease: ProviderLease<P>
  readonly #released: () => void

  constructor(lease: ProviderLease<P>, released: () => void) {
    this.#lease = lease
    this.#released = released
  }

  get provider(): P {
    return this.#lease.provider
  }
  get plugin(): LeasedPlugin {
    return this.#lease.plugin
  }
  get signal(): AbortSignal {
    return this.#lease.signal
  }

  [DISPOSE](): void {
    this.#lease[DISPOSE]()
    this.#released()
  }
}

class WatchedResourceLease<R> implements ResourceLease<R> {
  readonly #lease: ResourceLease<R>
  readonly #released: () => void

  constructor(lease: ResourceLease<R>, released: () => void) {
    this.#lease = lease
    this.#released = released
  }

  get resource(): R {
    return this.#lease.resource
  }
  get plugin(): LeasedPlugin {
    return this.#lease.plugin
  }
  get signal(): AbortSignal {
    return this.#lease.signal
  }

  [DISPOSE](): void {
    this.#lease[DISPOSE]()
    this.#released()
  }
}
