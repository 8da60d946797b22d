import type { AnyStrategy, Opening, Transition } from '../strategy.js'
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
  readonly open: (provider: unknown, opening: Opening) => unknown
  /** The plugin version whose provider opened what serves now. */
  owner: PluginVersion
  detached: Promise<void> | undefined
}

export interface Successor {
  readonly provider: unknown
  readonly transition: Transition
  /** The plugin being reloaded, as errors name it. */
  readonly plugin: string
  /** What served before the reload that is taken back. */
  readonly kept: unknown
  readonly reopened: boolean
}

export function moveOf(attached: Attached, { provider, transition, plugin, kept, reopened }: Successor): ResourceMove {
  const { strategy, name, key, gate, open, owner, slot } = attached
  return {
    strategy, name, key, gate, open, transition, next: provider, owner, old: owner.provides(slot, key)?.provider, plugin,
    reopened, ...(kept !== undefined && { kept }),
  }
}
