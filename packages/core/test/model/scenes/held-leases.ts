import type { Lease, ProviderLease } from '@uni/reload-core'

interface Held {
  readonly lease: Lease | ProviderLease<unknown>
  readonly signal: AbortSignal
  /** Whether what it sees can still be used. */
  usable(): boolean
}

/** The leases of a scene, by who holds them. */
export class HeldLeases {
  readonly #held = new Map<string, Held>()
  #told = false

  /** Whether the time of any of them was up. */
  get told(): boolean {
    return (this.#told ||= [...this.#held.values()].some(({ signal }) => signal.aborted))
  }

  hold(who: string, lease: Lease | ProviderLease<unknown>, usable: () => boolean): void {
    this.#held.set(who, { lease, signal: lease.signal, usable })
  }

  /** @throws Error where what it holds was closed under it, and it was not told (I7, I9). */
  release(who: string): void {
    const held = this.#held.get(who)
    if (held === undefined) throw new Error(`${who} holds no lease`)
    this.#held.delete(who)
    this.#told ||= held.signal.aborted
    if (!held.usable() && !held.signal.aborted) throw new Error(`what ${who} holds was closed under its lease`)
    held.lease[Symbol.dispose]()
  }
}
