import { Step } from '../../dispatch/step.js'
import type { StepEnvironment } from '../../dispatch/step-environment.js'
import { KeyTable } from '../epoch/key-table.js'
import type { Registration } from '../epoch/plugin-version.js'
import type { SurfaceTables } from '../epoch/surface-table.js'
import type { ProvidedBy, Succession } from './succession.js'

/** The contracts of keys, as their strategies remember them from a removal until the key comes back. */
export class Contracts {
  /** The remembered contracts by which the keys that come back are judged. */
  readonly judgedBy = new KeyTable<unknown>()
  /** The contracts by which the keys that are removed now will be judged when they come back. */
  readonly remembered = new KeyTable<unknown>()
  /** Removed keys whose contract could not be remembered. */
  readonly forgotten: Registration[] = []
  readonly #succession: Succession
  readonly #tables: SurfaceTables

  constructor(succession: Succession, tables: SurfaceTables) {
    this.#succession = succession
    this.#tables = tables
  }

  /** What a key is judged against: what was served under it last, whichever plugin provided it. */
  lastServed({ strategy, surface, key }: Registration): unknown {
    const before = this.#succession.before(surface, key)
    if (before !== undefined) return before.registration.provider
    const contract = this.#tables.of(strategy.surface).remembered.latest(key)
    if (contract !== undefined) this.judgedBy.set(surface, key, contract)
    return contract
  }

  /** Asks strategies to remember the contracts of the keys that are removed. @throws ReloadError `ABORTED`. */
  async rememberRemoved(environment: StepEnvironment, signal: AbortSignal | undefined): Promise<void> {
    for (const removed of this.#succession.removed) await this.#remember(removed, environment, signal)
  }

  async #remember(
    { registration, owner }: ProvidedBy,
    environment: StepEnvironment,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { strategy, surface, key, provider } = registration
    if (strategy.remember === undefined) return
    const step = new Step(environment, owner.placeOf(registration))
    try {
      const contract = await step.runCall('preflight', { code: 'PLUGIN', ...(signal && { signal }) }, 'remember', () =>
        strategy.remember?.(provider, step),
      )
      this.remembered.set(surface, key, contract)
    } catch (error) {
      // A plugin whose contract cannot be remembered has to be removable all the same: the report lists the key as
      // forgotten.
      if (signal?.aborted === true) throw error
      this.forgotten.push(registration)
    }
  }
}
