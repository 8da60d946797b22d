import type { WriteGate } from '../move/gate.js'
import type { HostState } from './host-state.js'
import type { PluginStatus, ResourceStatus } from './results.js'

export function pluginStatuses(state: HostState): PluginStatus[] {
  const active = [...state.plugins.values()].map((version): PluginStatus => ({
    id: version.id, version: version.version, generation: version.generation,
    state: state.operations.has(version.id) ? 'changing' : state.bakes.has(version) ? 'baking' : 'active',
    permanent: state.permanence.holds(version),
    heldBy: [...state.drainOf([version]).blockers(), ...state.epoch.reaches(version) ? state.epoch.leases.blockers(state.clock.now(), 'epoch') : []],
  }))
  const retired = [...state.retired].map(([version, drain]): PluginStatus => ({
    id: version.id, version: version.version, generation: version.generation, state: 'retired',
    permanent: state.permanence.holds(version), heldBy: drain.blockers(),
  }))
  return [...active, ...retired]
}

const STATES = { open: 'serving', recording: 'copying', held: 'held', closed: 'held' } as const

export function resourceStatuses(state: HostState): ResourceStatus[] {
  return [...state.attached.values()].map(({ strategy, name, key, owner, gate }) => ({
    surface: strategy.surface.id, name, key, plugin: owner.label, state: stateOf(gate), waiting: gate.waiting,
  }))
}

function stateOf(gate: WriteGate<unknown, unknown>): ResourceStatus['state'] {
  // What hangs may be the restart of a halted one.
  if (gate.stuck) return 'stuck'
  return gate.halted === undefined ? STATES[gate.state] : 'halted'
}
