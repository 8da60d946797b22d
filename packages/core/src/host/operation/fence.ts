import { ReloadError } from '../../errors.js'
import type { DrainPolicy } from '../lease/drain.js'
import type { Fencing } from '../plan/fencing.js'
import type { HostState } from '../state/host-state.js'
import { refuseAborted } from './refuse-aborted.js'
import type { UndoList } from './undo-list.js'

/**
 * The phase `fence`: closes the plugins that the preflight names to new captures, and waits until no lease holds them.
 *
 * @throws ReloadError `DRAIN_TIMEOUT`, `ABORTED`.
 */
export async function fence(
  { epochs }: HostState,
  { versions, wantedBy }: Fencing,
  undos: UndoList,
  policy: DrainPolicy,
  signal?: AbortSignal,
): Promise<void> {
  epochs.fence(versions)
  undos.push(async () => {
    epochs.unfence(versions)
    return []
  })
  const { outcome, blockers } = await epochs.drainOf(versions).run(policy, signal)
  if (outcome !== 'blocked') return
  refuseAborted(signal, 'fence')
  throw new ReloadError(
    'DRAIN_TIMEOUT',
    `leases hold the plugin: ${blockers.map(({ label, ageMs }) => `${label} (${Math.round(ageMs)} ms)`).join(', ')}`,
    {
      phase: 'fence',
      plugin: versions.map(({ label }) => label).join(', '),
      details: blockers,
      hint:
        `${wantedBy === undefined ? '' : `${wantedBy}. `}Wait for them, raise drain.deadlineMs, or say ` +
        `drain.onDeadline: 'force'.`,
    },
  )
}
