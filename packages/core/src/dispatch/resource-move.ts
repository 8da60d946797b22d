import type { ErrorPlace } from '../errors.js'
import type { WriteGate } from '../move/gate.js'
import type { AnyStrategy, Opening, Transition } from '../strategy.js'
import type { StandbyOffer } from './standbys.js'

/** One live resource of a reload: its strategy, its gate, and the providers before and after. */
export interface ResourceMove {
  readonly strategy: AnyStrategy
  readonly name: string
  readonly key: string
  readonly old: unknown
  readonly next: unknown
  readonly gate: WriteGate<unknown, unknown>
  readonly transition: Transition
  /** The plugin being reloaded, as errors name it. */
  readonly plugin?: string
  /** Whether the resource is the caller's, before and after: it is held only while it is handed over. */
  readonly handedIn?: boolean
  open?(provider: unknown, opening: Opening): unknown
  /** Whose the old one is, where it may have to be closed apart from the others. */
  readonly owner?: object | undefined
  /** Whether it is opened anew, with nothing asked of the old one. */
  readonly reopened?: boolean
  /** Where a reload is taken back: what served before it. */
  readonly standby?: StandbyOffer<unknown> | undefined
}

export function placeOf({ strategy, key, name, plugin }: ResourceMove): ErrorPlace {
  return { surface: strategy.surface.id, key, resource: name, ...(plugin !== undefined && { plugin }) }
}
