import { Step } from '../../dispatch/step.js'
import type { StepEnvironment } from '../../dispatch/step-environment.js'
import { KeyTable } from '../epoch/key-table.js'
import type { Registration } from '../epoch/plugin-version.js'
import type { SurfaceTables } from '../epoch/surface-table.js'
import type { ProvidedBy, Succession } from './succession.js'

/** The contracts of keys, as their strategies remember them from a removal until the key comes back. */
export class Contracts {
  /** The remembered contracts that keys which come back are judged by. */
  readonly judgedBy = new KeyTable<unknown>()
  /** What keys that are removed now will be judged by. */
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
      // A plugin that cannot describe itself must still be removable; the report says what was forgotten.
      if (signal?.aborted === true) throw error
      this.forgotten.push(registration)
    }
  }
}
