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
  /** Whether the caller of the reload owns the resource, so that it is claimed only while it is handed over. */
  readonly handedIn?: boolean
  open?(provider: unknown, opening: Opening): unknown
  /** The owner of the old resource, where those of each owner are finalized by themselves. */
  readonly owner?: object | undefined
  /** Whether it is opened anew, with nothing asked of the old resource. */
  readonly reopened?: boolean
  /** What served before the reload that is taken back; `undefined` in other operations. */
  readonly standby?: StandbyOffer<unknown> | undefined
}

export function placeOf({ strategy, key, name, plugin }: ResourceMove): ErrorPlace {
  return { surface: strategy.surface.id, key, resource: name, ...(plugin !== undefined && { plugin }) }
}
