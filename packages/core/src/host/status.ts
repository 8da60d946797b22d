import type { WriteGate } from '../move/gate.js'
import type { Blocker } from './lease/lease.js'
import type { LeaseList } from './lease/lease-list.js'
import type { PluginVersion } from './epoch/plugin-version.js'
import type { HostState } from './host-state.js'
import type { PluginStatus, ResourceStatus } from './report/results.js'

export function pluginStatuses(state: HostState): PluginStatus[] {
  const blockers = blockersNow(state)
  const active = [...state.plugins.values()].map((version) =>
    pluginStatus(
      state,
      version,
      state.operations.has(version.id) ? 'changing' : state.bakes.has(version) ? 'baking' : 'active',
      [...state.drainOf([version]).lists, ...(state.epoch.reaches(version) ? [state.epoch] : [])].map(blockers),
    ),
  )
  const retired = [...state.retired].map(([version, drain]) =>
    pluginStatus(state, version, 'retired', drain.lists.map(blockers)),
  )
  return [...active, ...retired]
}

/** As they are now: those of a list are read once, however many plugins they hold. */
function blockersNow({ clock }: HostState): (list: LeaseList) => readonly Blocker[] {
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
    /** Put together where somebody asks: a lease is told of with each plugin that it holds. */
    get heldBy() {
      return (heldBy ??= held.flat())
    },
  }
}

const STATES = { open: 'serving', recording: 'copying', held: 'held', closed: 'held' } as const

export function resourceStatuses(state: HostState): ResourceStatus[] {
  const statuses: ResourceStatus[] = []
  for (const { table, name, key, owner, gate } of state.attached) {
    if (owner === undefined) continue
    statuses.push({ surface: table.id, name, key, plugin: owner.label, state: stateOf(gate), waiting: gate.waiting })
  }
  return statuses
}

function stateOf(gate: WriteGate<unknown, unknown>): ResourceStatus['state'] {
  // What hangs may be the restart of a halted one.
  if (gate.stuck) return 'stuck'
  return gate.halted === undefined ? STATES[gate.state] : 'halted'
}
