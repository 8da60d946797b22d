import type { AnyStrategy } from '../strategy.js'
import type { WriteGate } from '../move/gate.js'
import type { ResourceMove } from '../dispatch/handoffs.js'
import type { PluginVersion } from './plugin-version.js'

/** A live resource that a host attached. It stays the same object while versions come and go behind its gate. */
export interface Attached {
  readonly slot: number
  readonly strategy: AnyStrategy
  readonly name: string
  readonly key: string
  readonly gate: WriteGate<unknown, unknown>
  readonly open: (provider: unknown) => unknown
  /** The plugin version whose provider opened what serves now. */
  owner: PluginVersion
  detached: Promise<void> | undefined
}

/** @param kept what served before the reload that is taken back. */
export function moveOf(attached: Attached, next: unknown, plugin: string, kept?: unknown): ResourceMove {
  const { strategy, name, key, gate, open, owner, slot } = attached
  return { strategy, name, key, gate, open, next, old: owner.provides(slot, key)?.provider, plugin, ...(kept !== undefined && { kept }) }
}
