import type { ResourceMove } from '../../dispatch/resource-move.js'
import type { WriteGate } from '../../move/gate.js'
import type { AnyStrategy, Transition } from '../../strategy.js'
import type { PluginVersion } from '../epoch/plugin-version.js'
import type { Attached } from './attached.js'

/** What the moves of all resources of one key have in common. */
export interface Passage {
  /** The version that provides the key until the commit. */
  readonly owner: PluginVersion
  /** The providers before and after. */
  readonly old: unknown
  readonly next: unknown
  readonly transition: Transition
  /** The plugin being reloaded, as errors name it. */
  readonly plugin: string
}

/** What is said of one resource. */
type AttachedMoveInit = Pick<AttachedMove, 'open' | 'reopened' | 'standby'>

/** The move of a live resource. It has little of its own, as there may be a hundred thousand. */
export class AttachedMove implements ResourceMove {
  readonly attached: Attached
  readonly #passage: Passage
  readonly open: Attached['open']
  readonly reopened: boolean
  readonly standby: ResourceMove['standby']

  constructor(attached: Attached, passage: Passage, { open, reopened, standby }: AttachedMoveInit) {
    this.attached = attached
    this.#passage = passage
    this.open = open
    this.reopened = reopened
    this.standby = standby
  }

  get strategy(): AnyStrategy {
    return this.attached.strategy
  }
  get name(): string {
    return this.attached.name
  }
  get key(): string {
    return this.attached.key
  }
  get gate(): WriteGate<unknown, unknown> {
    return this.attached.gate
  }
  get old(): unknown {
    return this.#passage.old
  }
  get next(): unknown {
    return this.#passage.next
  }
  get transition(): Transition {
    return this.#passage.transition
  }
  get plugin(): string {
    return this.#passage.plugin
  }
  get owner(): PluginVersion {
    return this.#passage.owner
  }
}
