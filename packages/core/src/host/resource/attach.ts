import { activate } from '../../dispatch/activate.js'
import { ReloadError, type ErrorPlace } from '../../errors.js'
import type { Surface } from '../../surface.js'
import { Attached } from './attached.js'
import { checkAttachOptions } from './attach-options.js'
import { AttachSignal } from './attach-signal.js'
import { AttachedResource } from './attached-resource.js'
import { LeaseOfProvider } from '../epoch/lease-of-provider.js'
import type { AttachOptions, LiveResource } from '../../live-resource.js'
import { closeOpened, openResource } from './open-resource.js'
import type { ResourceHost } from './resource-host.js'
import type { ProviderEntry } from '../epoch/provider-list.js'
import type { SurfaceTable } from '../epoch/surface-table.js'
import { DISPOSE } from '../../dispose.js'

type Place = ErrorPlace & { readonly surface: string; readonly key: string; readonly resource: string }

/**
 * Opens a live resource with the provider that serves now, and puts it into service. Where an operation is under way on
 * that plugin, its listing says whether the resource joins those that are handed over, or waits.
 */
export async function attach<P, R, W>(
  host: ResourceHost,
  surface: Surface<P, R, W>,
  given: AttachOptions<P, R>,
): Promise<LiveResource<R, W>> {
  const options = checkAttachOptions(given)
  const { name, key } = options
  const table = host.tables.of(surface)
  const place = { surface: table.id, key, resource: name }
  const reservation = host.resources.reserve(table, name)
  if (reservation === undefined) {
    throw new ReloadError('DUPLICATE', 'a live resource of this name is attached already', {
      ...place,
      hint: 'Detach it first, or choose another name.',
    })
  }
  const givenUpBy = new AttachSignal(host.environment.closing, options.signal)
  try {
    if (reservation.freed !== undefined) await givenUpBy.orFired(reservation.freed)
    for (;;) {
      const entry = served(host, table, place, options.signal)
      const { owner } = entry
      const listing = host.listing(owner)
      if (listing?.admits(table, key) === false) {
        await givenUpBy.orFired(listing.changed)
        continue
      }
      // Held to the end of this turn of the loop, so that the plugin is not shut down before what it opened in vain is
      // closed.
      const lease = new LeaseOfProvider(owner, entry.provider as P, host.environment.leaseTime.now(), {
        label: `attach ${name}`,
      })
      // A literal and no spread, as it lives as long as the resource: a literal has its shape from the start.
      const ownedPlace = { surface: table.id, key, resource: name, plugin: owner.label }
      const opened = openResource(host.environment.openings, {
        strategy: table.strategy,
        provider: lease.provider,
        place: ownedPlace,
        open: options.open,
        // Neither a host that closes nor a caller that aborts waits for an open.
        signal: givenUpBy.signal,
      })
      reservation.pending = { owner, opened }
      try {
        const resource = await opened.catch((error: unknown) => {
          host.environment.refuseClosed()
          throw error
        })
        if (!canServe(host, table, entry)) {
          await closeUnused(host, table, resource, ownedPlace)
          continue
        }
        const refused = refusedToBegin(host, table, resource, ownedPlace)
        if (refused !== undefined) throw await refused
        const attached = new Attached(host, { table, name, key, open: options.open as Attached['open'] }, resource)
        attached.enter(owner, resource)
        host.listing(owner)?.take(attached, owner)
        return new AttachedResource<R, W>(host, attached)
      } finally {
        reservation.pending = undefined
        lease[DISPOSE]()
      }
    }
  } finally {
    givenUpBy.end()
    host.resources.release(table, reservation)
  }
}

/** Whether what was opened can be put into service, in this turn. */
function canServe(host: ResourceHost, table: SurfaceTable, { owner, registration: { key } }: ProviderEntry): boolean {
  if (table.providers.latest(key)?.owner !== owner) return false
  const listing = host.listing(owner)
  return listing === undefined || listing.takes(table, key)
}

function served(host: ResourceHost, table: SurfaceTable, place: Place, signal: AbortSignal | undefined): ProviderEntry {
  host.environment.refuseClosed()
  if (signal?.aborted === true) {
    throw new ReloadError('ABORTED', 'the caller aborted', {
      ...place,
      step: 'attach',
      cause: signal.reason,
      hint: 'Nothing was attached. Attach again without an aborted signal.',
    })
  }
  const entry = table.providers.latest(place.key)
  if (entry !== undefined) return entry
  throw new ReloadError('PROVIDER_NOT_FOUND', 'no plugin provides this key', {
    ...place,
    step: 'attach',
    hint: 'Install the plugin that provides it first.',
  })
}

/**
 * Activates the resource, in the turn in which it is put into service.
 *
 * @returns `undefined` where that went well; otherwise resolves with the error, once the resource is closed.
 */
function refusedToBegin(
  host: ResourceHost,
  { strategy }: SurfaceTable,
  resource: unknown,
  place: ErrorPlace & { surface: string },
): Promise<ReloadError> | undefined {
  try {
    activate(strategy, resource, place, 'Nothing was attached. Correct the strategy, then attach again.')
    return undefined
  } catch (error) {
    const refusal = error as ReloadError
    return closeOpened(host.environment.apart, strategy, resource, place)
      .catch((failed: unknown) => {
        refusal.rollbackErrors.push(failed)
      })
      .then(() => refusal)
  }
}

/**
 * Closes what was opened by a version that was replaced meanwhile. The observer is told of a failure, which fails
 * nothing.
 */
async function closeUnused(
  host: ResourceHost,
  { strategy }: SurfaceTable,
  resource: unknown,
  place: ErrorPlace,
): Promise<void> {
  await closeOpened(host.environment.apart, strategy, resource, place).catch((error: unknown) => {
    host.environment.emit({ type: 'unclean', error: error as ReloadError })
  })
}
