import { describeThrown, ReloadError } from '../../errors.js'
import type { Attached } from './attached.js'
import { closeOrphan } from './close-orphan.js'
import { GRACE_MS } from '../lease/drain.js'
import { HeldProvider } from '../epoch/held-provider.js'
import type { HostState } from '../host-state.js'
import type { Detached } from './live-resource.js'
import type { PluginVersion } from '../epoch/plugin-version.js'

/** Takes a resource out of service, and closes it once no lease reaches it. */
export function detach(attached: Attached): Promise<Detached> {
  const { state } = attached
  const left = leave(state, attached)
  const closed = left.then(({ finalized }) => finalized)
  state.detaching.add(closed)
  closed
    .catch((error: unknown) => {
      state.emit({ type: 'unclean', error: asReloadError(error) })
    })
    .finally(() => {
      state.detaching.delete(closed)
    })
  return left
}

async function leave(state: HostState, attached: Attached): Promise<Detached> {
  for (;;) {
    const { owner } = attached
    // A reload may have closed it as an orphan meanwhile.
    if (owner === undefined) return { finalized: Promise.resolve() }
    const operation = state.listed.get(owner)
    const withdrawn = operation === undefined ? Promise.resolve() : operation.withdraw(attached)
    if (withdrawn !== undefined) {
      void attached.gate.close()
      state.serve(attached, undefined)
      return { finalized: closeUnreached(state, attached, owner, withdrawn) }
    }
    await operation?.changed
  }
}

async function closeUnreached(
  state: HostState,
  attached: Attached,
  owner: PluginVersion,
  withdrawn: Promise<void>,
): Promise<void> {
  // Its plugin is not shut down before it is closed.
  using held = new HeldProvider(owner, undefined, state.leaseTime.now(), { label: `detach ${attached.name}` })
  const drain = state.drainOfEpochs([owner])
  await drain.run({ deadlineMs: Number.POSITIVE_INFINITY }, held.signal)
  // Forced out with its plugin: the leases were told at the same moment, and have the same grace.
  await drain.run({ deadlineMs: state.drainPolicy.graceMs ?? GRACE_MS })
  // Its successor, which has no place any more, is closed before it.
  await withdrawn
  try {
    await closeOrphan(attached, state.environment(false))
  } finally {
    void state.prune(attached.table.resources, attached.name, owner)
  }
}

function asReloadError(error: unknown): ReloadError {
  return ReloadError.is(error) ? error : new ReloadError('HANDOFF', describeThrown(error), { cause: error })
}
