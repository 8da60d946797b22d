import type { ReloadError } from '../errors.js'
import type { HandoffReport } from '../handoff-report.js'
import type { Surface } from '../surface.js'
import type { Handoffs } from './handoffs.js'
import type { ProviderChanges } from './provider-changes.js'
import type { CompatReport, SurfaceKey } from './report.js'
import { ASYNC_DISPOSE } from '../dispose.js'

/**
 * A reload that has converged: the new resources are ready, and writes are held until it is committed or rolled back.
 * Disposing it before the commit rolls it back.
 */
export class ReloadOutcome implements AsyncDisposable {
  readonly compat: CompatReport
  /** The keys that only the new providers have. A renamed provider is in `added` and in `removed`. */
  readonly added: readonly SurfaceKey[]
  /** The keys that only the old providers had. */
  readonly removed: readonly SurfaceKey[]
  readonly #handoffs: Handoffs
  readonly #providers: ProviderChanges
  #commitErrors: readonly ReloadError[] = []
  #state: 'converged' | 'committed' | 'rolled-back'
  #rollback: Promise<void> | undefined
  #finalization: Promise<void> | undefined

  constructor(
    handoffs: Handoffs,
    providers: ProviderChanges,
    compat: CompatReport,
    { added, removed }: Pick<ReloadOutcome, 'added' | 'removed'>,
    state: 'converged' | 'rolled-back',
  ) {
    this.#handoffs = handoffs
    this.#providers = providers
    this.compat = compat
    this.added = added
    this.removed = removed
    this.#state = state
  }

  get report(): HandoffReport[] {
    return this.#handoffs.report
  }

  /** What `committed` of strategies threw. The commit stands. */
  get commitErrors(): readonly ReloadError[] {
    return this.#commitErrors
  }

  /** The new resources of a surface, by name. None after a rollback, which has closed them. */
  resources<P, R, W>(surface: Surface<P, R, W>): ReadonlyMap<string, R> {
    const byName = new Map<string, R>()
    for (const [move, resource] of this.#handoffs.results()) {
      if (move.strategy.surface.id === surface.id) byName.set(move.name, resource as R)
    }
    return byName
  }

  /**
   * Switches every gate to its new resource: held writes go on, and the new resources begin to act by themselves. Then
   * strategies are told which providers changed. Swap the host's registry right before it, in the same turn of the
   * event loop. What `activate` throws is in the report, what `committed` throws in `commitErrors`.
   *
   * @throws ReloadError `HANDOFF` where a gate was closed or released meanwhile. Nothing was switched: roll back.
   */
  commit(): void {
    if (this.#state !== 'converged') throw new Error(`this outcome is ${this.#state} and cannot be committed`)
    this.#handoffs.commit()
    this.#state = 'committed'
    this.#handoffs.activate()
    this.#commitErrors = this.#providers.tell({})
  }

  /** Has the old resources serve again. @throws AggregateError of what failed, after all was tried. */
  async rollback(): Promise<void> {
    if (this.#state === 'committed')
      throw new Error('this outcome is committed; reload back to the old version instead')
    if (this.#state === 'converged') {
      this.#state = 'rolled-back'
      this.#rollback = allOf(this.#handoffs.rollback(), 'the rollback was not clean')
    }
    await this.#rollback
  }

  /** Closes the old resources. To be called once nothing uses them. @throws AggregateError of what failed. */
  async finalize(): Promise<void> {
    if (this.#state !== 'committed')
      throw new Error(`this outcome is ${this.#state}; only a committed one has something to finalize`)
    await (this.#finalization ??= allOf(this.#handoffs.finalize(), 'closing the old resources failed'))
  }

  async [ASYNC_DISPOSE](): Promise<void> {
    if (this.#state !== 'committed') await this.rollback()
  }
}

async function allOf(failures: Promise<unknown[]>, message: string): Promise<void> {
  const errors = await failures
  if (errors.length > 0) throw new AggregateError(errors, message)
}
