import type { ChosenCutover } from '../../dispatch/cutovers.js'
import type { ResourceMove } from '../../dispatch/resource-move.js'
import type { Pace } from '../../pace.js'
import type { Cutover } from '../../strategy.js'
import { KeyTable } from '../epoch/key-table.js'
import type { PluginVersion } from '../epoch/plugin-version.js'
import type { Succession } from './succession.js'

/** The leaving versions that are fenced while their resources are handed over, and who wants that. */
export class Fencing {
  /** In the order in which they leave. */
  versions: readonly PluginVersion[] = []
  /** Who wants the fence, as a sentence; `undefined` where the caller does. */
  wantedBy: string | undefined
  readonly #succession: Succession
  readonly #pace: Pace
  readonly #asked: Cutover
  /** The keys whose strategy has said, when it was asked, that their resources overlap. */
  readonly #overlapping = new KeyTable<true>()

  /** @param asked the cutover that the caller asked for. */
  constructor(succession: Succession, pace: Pace, asked: Cutover) {
    this.#succession = succession
    this.#pace = pace
    this.#asked = asked
  }

  /** Whether the strategy of this key has said that its resources overlap. */
  overlaps(surface: string, key: string): boolean {
    return this.#overlapping.has(surface, key)
  }

  async decide(cutovers: ReadonlyMap<ResourceMove, ChosenCutover>): Promise<void> {
    const { retired } = this.#succession
    this.wantedBy = wish(cutovers)
    if (this.#asked === 'exclusive') {
      this.versions = retired
      return
    }
    const fenced = new Set<PluginVersion>()
    for (const [{ strategy, key }, { cutover }] of cutovers) {
      const { id } = strategy.surface
      const owner = this.#succession.before(id, key)?.owner
      if (cutover === 'overlap') this.#overlapping.set(id, key, true)
      else if (owner !== undefined) fenced.add(owner)
      if (this.#pace.due()) await this.#pace.pause()
    }
    this.versions = retired.filter((version) => fenced.has(version))
  }
}

function wish(cutovers: ReadonlyMap<ResourceMove, ChosenCutover>): string | undefined {
  for (const [{ strategy, key }, { by }] of cutovers) {
    if (by === 'old provider' || by === 'new provider') {
      return `${strategy.surface.id} "${key}" takes an exclusive cutover, as its ${by} says`
    }
  }
  return undefined
}
