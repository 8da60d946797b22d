import { ReloadError, describeThrown, type ReloadErrorCode } from '../errors.js'
import type { Surface } from '../surface.js'
import type { Epoch, ProviderTable, ResourceTable } from './epoch.js'
import { LeaseNode } from './lease-list.js'
import type { CaptureOptions, Lease } from './lease.js'
import type { PluginVersion } from './plugin-version.js'

/** A surface's slot in the tables of an epoch, by surface id. */
export type SlotTable = ReadonlyMap<string, number>

export class EpochLease extends LeaseNode implements Lease {
  readonly #epoch: Epoch
  readonly #slots: SlotTable

  constructor(epoch: Epoch, slots: SlotTable, capturedAt: number, options: CaptureOptions | undefined) {
    super(epoch.leases, capturedAt, options)
    this.#epoch = epoch
    this.#slots = slots
  }

  get epoch(): number {
    return this.#epoch.number
  }

  get<P, R, W>(surface: Surface<P, R, W>, key: string): P {
    const provider = this.find(surface, key)
    if (provider === undefined) throw refused('PROVIDER_NOT_FOUND', 'no plugin provides this key', surface.id, { key, hint: 'Check the key, or install the plugin that provides it.' })
    return provider
  }

  find<P, R, W>(surface: Surface<P, R, W>, key: string): P | undefined {
    const entry = this.#providers(surface.id).byKey.get(key)
    if (entry === undefined) return undefined
    this.#refuseFenced(entry.owner, surface.id)
    return entry.registration.provider as P
  }

  all<P, R, W>(surface: Surface<P, R, W>): readonly P[] {
    const table = this.#providers(surface.id)
    // A list that left a fenced plugin out would silently run a chain of hooks without it.
    if (this.#epoch.fenced.size > 0) for (const { owner } of table.entries) this.#refuseFenced(owner, surface.id)
    return table.providers as readonly P[]
  }

  resource<P, R, W>(surface: Surface<P, R, W>, name: string): R {
    const entry = (this.#epoch.resources[this.#slot(surface.id)] as ResourceTable).get(name)
    if (entry === undefined) {
      throw refused('RESOURCE_NOT_FOUND', 'no live resource has this name in this epoch', surface.id, { resource: name, hint: 'Attach it before capturing.' })
    }
    this.#refuseFenced(entry.owner, surface.id)
    if ('halted' in entry.slot) {
      throw refused('RESOURCE_HALTED', `it could not be started again after a failed reload: ${describeThrown(entry.slot.halted)}`, surface.id,
        { resource: name, hint: 'A write or use tries again; a reload with a version that starts mends it.' })
    }
    return entry.slot.live as R
  }

  #slot(surface: string): number {
    if (this.released) throw refused('LEASE_RELEASED', 'the lease was released', surface, { hint: 'Capture again.' })
    const slot = this.#slots.get(surface)
    if (slot === undefined) throw refused('NO_STRATEGY', 'no strategy is registered for this surface', surface, { hint: 'Pass its strategy to the host.' })
    return slot
  }

  #providers(surface: string): ProviderTable {
    return this.#epoch.providers[this.#slot(surface)] as ProviderTable
  }

  #refuseFenced(owner: PluginVersion, surface: string): void {
    if (this.#epoch.fenced.size > 0 && this.#epoch.fenced.has(owner)) throw fencedError(owner, surface)
  }
}

export function fencedError(owner: PluginVersion, surface: string): ReloadError {
  return refused('SURFACE_FENCED', 'the plugin is being replaced exclusively', surface, { plugin: owner.label, hint: 'Capture again, or wait with captureReady.' })
}

function refused(code: ReloadErrorCode, reason: string, surface: string, more: { key?: string; resource?: string; plugin?: string; hint: string }): ReloadError {
  return new ReloadError(code, reason, { surface, ...more })
}
