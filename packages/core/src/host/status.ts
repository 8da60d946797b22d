import type { WriteGate } from '../move/gate.js'
import type { Blocker } from './lease/lease.js'
import type { LeaseList } from './lease/lease-list.js'
import type { PluginVersion } from './epoch/plugin-version.js'
import type { HostState } from './state/host-state.js'
import type { PluginStatus, ResourceStatus } from './report/results.js'

export function pluginStatuses(state: HostState): PluginStatus[] {
  const blockers = blockersNow(state)
  const { plugins, epochs } = state
  const active = plugins.serving.map((version) =>
    pluginStatus(
      state,
      version,
      plugins.operationOn(version.id) !== undefined
        ? 'changing'
        : plugins.bakeOf(version) !== undefined
          ? 'baking'
          : 'active',
      [...epochs.drainOf([version]).lists, ...(epochs.current.reaches(version) ? [epochs.current] : [])].map(blockers),
    ),
  )
  const retired = [...state.retirements].flatMap(({ unclosed, drain }) =>
    [...unclosed].map((version) => pluginStatus(state, version, 'retired', drain.lists.map(blockers))),
  )
  return [...active, ...retired]
}

/** Reads the blockers of a list as they are now: once, however many plugins the list holds. */
function blockersNow({ environment: { clock } }: HostState): (list: LeaseList) => readonly Blocker[] {
  const now = clock.now()
  const read = new Map<LeaseList, readonly Blocker[]>()
  return (list) => {
    const known = read.get(list)
    if (known !== undefined) return known
    const blockers = [...list.blockers(now)]
    read.set(list, blockers)
    return blockers
  }
}

function pluginStatus(
  { permanence }: HostState,
  version: PluginVersion,
  state: PluginStatus['state'],
  held: readonly (readonly Blocker[])[],
): PluginStatus {
  let heldBy: readonly Blocker[] | undefined
  return {
    id: version.id,
    version: version.version,
    generation: version.generation,
    state,
    permanent: permanence.holds(version),
    /** Put together when it is asked for: a lease appears with each plugin that it holds. */
    get heldBy() {
      return (heldBy ??= held.flat())
    },
  }
}

const STATES = { open: 'serving', recording: 'copying', held: 'held', closed: 'held' } as const

export function resourceStatuses(state: HostState): ResourceStatus[] {
  const statuses: ResourceStatus[] = []
  for (const { table, name, key, owner, gate } of state.resources.attached) {
    if (owner === undefined) continue
    statuses.push({ surface: table.id, name, key, plugin: owner.label, state: stateOf(gate), waiting: gate.waiting })
  }
  return statuses
}

function stateOf(gate: WriteGate<unknown, unknown>): ResourceStatus['state'] {
  // Before `halted`: the call that hangs may be the restart of a halted resource.
  if (gate.stuck) return 'stuck'
  return gate.halted === undefined ? STATES[gate.state] : 'halted'
}
