import { describeThrown, ReloadError } from '../../errors.js'
import type { Attached } from './attached.js'
import { closeResource } from './close-resource.js'
import { GRACE_MS } from '../lease/drain.js'
import { LeaseOfProvider } from '../epoch/lease-of-provider.js'
import type { Detached } from '../../live-resource.js'
import type { Withdrawal } from './listing.js'
import type { ResourceHost } from './resource-host.js'
import type { PluginVersion } from '../epoch/plugin-version.js'
import { DISPOSE } from '../../dispose.js'

/** Takes a resource out of service, and closes it once no lease reaches it. The same promise each time. */
export function detach(host: ResourceHost, attached: Attached): Promise<Detached> {
  return (attached.detaching ??= begin(host, attached))
}

function begin(host: ResourceHost, attached: Attached): Promise<Detached> {
  const left = leave(host, attached)
  const closed = left.then(({ finalized }) => finalized)
  host.resources.leave(closed)
  closed.catch((error: unknown) => {
    host.environment.emit({ type: 'unclean', error: asReloadError(error) })
  })
  return left
}

const UNLISTED: Withdrawal = { judged: false, over: Promise.resolve() }

async function leave(host: ResourceHost, attached: Attached): Promise<Detached> {
  for (;;) {
    const { owner } = attached
    // A reload may have closed it as an orphan meanwhile.
    if (owner === undefined) return { finalized: Promise.resolve() }
    const listing = host.listing(owner)
    const withdrawal = listing === undefined ? UNLISTED : listing.withdraw(attached)
    if (withdrawal !== undefined) {
      if (!withdrawal.judged) void attached.gate.close()
      attached.serve(undefined)
      return { finalized: closeUnreached(host, attached, owner, withdrawal.over) }
    }
    await listing?.changed
  }
}

async function closeUnreached(
  { environment, epochs }: ResourceHost,
  attached: Attached,
  owner: PluginVersion,
  over: Promise<void>,
): Promise<void> {
  // This lease keeps the plugin from being shut down before the resource is closed.
  const held = new LeaseOfProvider(owner, undefined, environment.leaseTime.now(), { label: `detach ${attached.name}` })
  try {
    const drain = epochs.drainOfResource(owner, attached.leased)
    if (!drain.isEnded) {
      await drain.run({ deadlineMs: Number.POSITIVE_INFINITY }, held.signal)
      // Where the plugin was forced out, the leases were told at the same moment, and have the same grace.
      await drain.run({ deadlineMs: environment.drainPolicy.graceMs ?? GRACE_MS })
    }
    // A reload may be judged by it, and the successor that one had prepared is closed first.
    await over
    await closeResource(attached, environment.apart)
  } finally {
    void epochs.prune(attached.table.resources, attached.name, owner)
    held[DISPOSE]()
  }
}

function asReloadError(error: unknown): ReloadError {
  return ReloadError.is(error) ? error : new ReloadError('HANDOFF', describeThrown(error), { cause: error })
}
