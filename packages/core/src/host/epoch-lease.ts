import { ReloadError, describeThrown, type ReloadErrorCode } from '../errors.js'
import type { Surface } from '../surface.js'
import type { Epoch, ProviderTable, ResourceTable } from './epoch.js'
import { LeaseNode } from './lease-list.js'
import type { CaptureOptions, Lease, Serving } from './lease.js'
import type { PluginVersion } from './plugin-version.js'

/** A surface's slot in the tables of an epoch, by surface id. */
export type SlotTable = ReadonlyMap<string, number>

export class EpochLease extends LeaseNode implements Lease {
  readonly epoch: number
  /** `undefined` after the release: a lease that somebody keeps would keep a whole version. */
  #epoch: Epoch | undefined
  readonly #slots: SlotTable

  constructor(epoch: Epoch, slots: SlotTable, capturedAt: number, options: CaptureOptions | undefined) {
    super(epoch.leases, capturedAt, options)
    this.epoch = epoch.number
    this.#epoch = epoch
    this.#slots = slots
  }

  get<P, R, W>(surface: Surface<P, R, W>, key: string): P {
    const provider = this.find(surface, key)
    if (provider === undefined) throw refused('PROVIDER_NOT_FOUND', 'no plugin provides this key', surface.id, { key, hint: 'Check the key, or install the plugin that provides it.' })
    return provider
  }

  find<P, R, W>(surface: Surface<P, R, W>, key: string): P | undefined {
    const epoch = this.#held(surface.id)
    const entry = this.#providers(epoch, surface.id).byKey.get(key)
    if (entry === undefined) return undefined
    refuseFenced(epoch, entry.owner, surface.id)
    return entry.registration.provider as P
  }

  all<P, R, W>(surface: Surface<P, R, W>): readonly P[] {
    const epoch = this.#held(surface.id)
    const table = this.#providers(epoch, surface.id)
    // A list that left a fenced plugin out would silently run a chain of hooks without it.
    if (epoch.fenced.size > 0) for (const { owner } of table.entries) refuseFenced(epoch, owner, surface.id)
    return table.providers as readonly P[]
  }

  serving<P, R, W>(surface: Surface<P, R, W>): Serving<P> {
    const epoch = this.#held(surface.id)
    const { entries, providers } = this.#providers(epoch, surface.id)
    const { fenced } = epoch
    if (fenced.size === 0) return { providers: providers as readonly P[], fenced: [] }
    return {
      providers: entries.filter(({ owner }) => !fenced.has(owner)).map(
        ({ registration }) => registration.provider as P,
      ),
      fenced: entries.filter(({ owner }) => fenced.has(owner)).map(({ registration: { key }, owner }) => ({
        key, plugin: owner.label,
      })),
    }
  }

  resource<P, R, W>(surface: Surface<P, R, W>, name: string): R {
    const epoch = this.#held(surface.id)
    const entry = (epoch.resources[this.#slot(surface.id)] as ResourceTable).get(name)
    if (entry === undefined) {
      throw refused('RESOURCE_NOT_FOUND', 'no live resource has this name in this epoch', surface.id, { resource: name, hint: 'Attach it before capturing.' })
    }
    refuseFenced(epoch, entry.owner, surface.id)
    if ('halted' in entry.slot) {
      throw refused('RESOURCE_HALTED', `it could not be started again after a failed reload: ${describeThrown(entry.slot.halted)}`, surface.id,
        { resource: name, hint: 'A write or use tries again; a reload with a version that starts mends it.' })
    }
    return entry.slot.live as R
  }

  override [Symbol.dispose](): void {
    super[Symbol.dispose]()
    this.#epoch = undefined
  }

  #held(surface: string): Epoch {
    if (this.#epoch === undefined) {
      throw refused('LEASE_RELEASED', 'the lease was released', surface, { hint: 'Capture again.' })
    }
    return this.#epoch
  }

  #slot(surface: string): number {
    const slot = this.#slots.get(surface)
    if (slot === undefined) throw refused('NO_STRATEGY', 'no strategy is registered for this surface', surface, { hint: 'Pass its strategy to the host.' })
    return slot
  }

  #providers(epoch: Epoch, surface: string): ProviderTable {
    return epoch.providers[this.#slot(surface)] as ProviderTable
  }
}

function refuseFenced(epoch: Epoch, owner: PluginVersion, surface: string): void {
  if (epoch.fenced.size > 0 && epoch.fenced.has(owner)) throw fencedError(owner, surface)
}

export function fencedError(owner: PluginVersion, surface: string): ReloadError {
  return refused('SURFACE_FENCED', 'the plugin is being replaced exclusively', surface, {
    plugin: owner.label, hint: 'Capture again later, or name it in the `uses` of captureReady, which waits for it.',
  })
}

function refused(code: ReloadErrorCode, reason: string, surface: string, more: { key?: string; resource?: string; plugin?: string; hint: string }): ReloadError {
  return new ReloadError(code, reason, { surface, ...more })
}
