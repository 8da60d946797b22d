import { ReloadError, describeThrown, type ReloadErrorCode } from '../../errors.js'
import type { Surface } from '../../surface.js'
import type { Epoch } from './epoch.js'
import { LeaseNode } from '../lease/lease-list.js'
import type { CaptureOptions, Lease, LeasedPlugin, Serving } from '../lease/lease.js'
import type { PluginVersion } from './plugin-version.js'
import type { ResourceEntry } from './surface-table.js'

export class EpochLease extends LeaseNode<Epoch> implements Lease {
  declare readonly epoch: number

  constructor(epoch: Epoch, capturedAt: number, options: CaptureOptions | undefined) {
    super(epoch, capturedAt, options)
    this.epoch = epoch.number
  }

  get<P, R, W>(surface: Surface<P, R, W>, key: string): P {
    const provider = this.find(surface, key)
    if (provider === undefined) throw notProvided(surface.id, key)
    return provider
  }

  find<P, R, W>(surface: Surface<P, R, W>, key: string): P | undefined {
    const epoch = held(this.list, surface)
    const entry = epoch.tables.of(surface).providers.at(key, epoch.number)
    if (entry === undefined) return undefined
    if (epoch.isFenced(entry.owner)) throw fencedError(entry.owner, surface.id)
    return entry.provider as P
  }

  all<P, R, W>(surface: Surface<P, R, W>): readonly P[] {
    const epoch = held(this.list, surface)
    const { entries, providers } = epoch.tables.of(surface).list(epoch.number)
    // A list that left a fenced plugin out would silently run a chain of hooks without it.
    if (epoch.fenced.size > 0) {
      for (const { owner } of entries) if (epoch.isFenced(owner)) throw fencedError(owner, surface.id)
    }
    return providers as readonly P[]
  }

  serving<P, R, W>(surface: Surface<P, R, W>): Serving<P> {
    const { number, fenced, tables } = held(this.list, surface)
    const list = tables.of(surface).list(number)
    if (fenced.size === 0) return { providers: list.providers as readonly P[], fenced: [] }
    return {
      providers: list.entries.filter(({ owner }) => !fenced.has(owner)).map(({ provider }) => provider as P),
      fenced: list.entries
        .filter(({ owner }) => fenced.has(owner))
        .map(({ registration: { key }, owner }) => ({
          key,
          plugin: owner.label,
        })),
    }
  }

  plugin<P, R, W>(surface: Surface<P, R, W>, key: string): LeasedPlugin {
    const { tables, number, fenced } = held(this.list, surface)
    const entry = tables.of(surface).providers.at(key, number)
    if (entry === undefined) throw notProvided(surface.id, key)
    if (fenced.has(entry.owner)) throw fencedError(entry.owner, surface.id)
    return entry.owner.leased
  }

  resource<P, R, W>(surface: Surface<P, R, W>, name: string): R {
    const epoch = held(this.list, surface)
    return liveIn(epoch, surface, name).live as R
  }
}

/** @throws ReloadError `RESOURCE_NOT_FOUND`, `RESOURCE_HALTED`, `SURFACE_FENCED`. */
export function liveIn(
  { tables, number, fenced }: Epoch,
  surface: { readonly id: string },
  name: string,
): Extract<ResourceEntry, { readonly live: unknown }> {
  const entry = tables.of(surface).resources.at(name, number)
  if (entry === undefined) throw notAttached(surface.id, name)
  if (fenced.size > 0 && fenced.has(entry.owner)) throw fencedError(entry.owner, surface.id)
  if ('halted' in entry) throw haltedError(surface.id, name, entry.halted)
  return entry
}

/** No private method: each lease would be marked as one of its class when it is made. */
function held(epoch: Epoch | undefined, surface: { readonly id: string }): Epoch {
  if (epoch === undefined) throw released(surface.id)
  return epoch
}

function released(surface: string): ReloadError {
  return refused('LEASE_RELEASED', 'the lease was released', surface, {
    hint: 'Capture another lease, and release it after its last use.',
  })
}

function notProvided(surface: string, key: string): ReloadError {
  return refused('PROVIDER_NOT_FOUND', 'no plugin provides this key', surface, {
    key,
    hint: 'Check the key, or install the plugin that provides it.',
  })
}

function notAttached(surface: string, resource: string): ReloadError {
  return refused('RESOURCE_NOT_FOUND', 'no live resource has this name in this epoch', surface, {
    resource,
    hint: 'Check the name, or attach the resource before the lease is captured.',
  })
}

function haltedError(surface: string, resource: string, cause: unknown): ReloadError {
  return refused(
    'RESOURCE_HALTED',
    `the resource is stopped and could not be started again: ${describeThrown(cause)}`,
    surface,
    {
      resource,
      hint: 'Its checkpoint is kept. Try again by a write or use, or reload the plugin with a version that starts.',
    },
  )
}

export function fencedError(owner: PluginVersion, surface: string): ReloadError {
  return refused('SURFACE_FENCED', 'the plugin is being replaced exclusively', surface, {
    plugin: owner.label,
    hint: 'Capture again later, or name what you use in the `uses` of captureReady, which waits for its fence.',
  })
}

function refused(
  code: ReloadErrorCode,
  reason: string,
  surface: string,
  more: { key?: string; resource?: string; plugin?: string; hint: string },
): ReloadError {
  return new ReloadError(code, reason, { surface, ...more })
}
