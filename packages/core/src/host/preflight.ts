import { chooseCutovers, type ChosenCutover } from '../dispatch/cutovers.js'
import {
  compatReport, judge, refuseAstray, refuseIncompatible, type JudgedPair, type JudgedRemoval,
} from '../dispatch/compat.js'
import type { ResourceMove } from '../dispatch/handoffs.js'
import { handlerMove } from '../dispatch/handler-move.js'
import { holdingHandedIn } from '../dispatch/holding-handed-in.js'
import { withMoves, type UnreadPair } from '../dispatch/pairs.js'
import type { CompatReport } from '../dispatch/report.js'
import type { ReloadKindHandlers } from '../dispatch/request.js'
import { Step, type PhaseOptions, type StepEnvironment } from '../dispatch/step.js'
import { ReloadError, type ReloadErrorCode } from '../errors.js'
import type { Cutover, Transition } from '../strategy.js'
import { moveOf, type Attached } from './attached.js'
import type { Bake } from './bake.js'
import type { HostState } from './host-state.js'
import { tableKey } from './table-key.js'
import type { PluginVersion, Registration } from './plugin-version.js'
import { isReopened, refuseUnknown, type ReloadSource } from './reload-source.js'
import type { Succession } from './succession.js'

export interface PreflightOptions {
  readonly signal: AbortSignal | undefined
  readonly cutover: Cutover
  readonly onOrphan: 'reject' | 'close'
  readonly handlers: ReloadKindHandlers | undefined
  readonly from: ReloadSource | undefined
  /** The period of the reload that is taken back. */
  readonly takenBack: Bake | undefined
}

/** What an operation will hand over, close and remember, and how its providers were judged. */
export class Preflight {
  readonly moves: ResourceMove[] = []
  /** Live resources that nothing will provide any more. */
  readonly orphans: Attached[] = []
  /** What removed keys will be judged by, by table key. */
  readonly remembered = new Map<string, unknown>()
  /** Removed keys of which nothing could be remembered. */
  readonly forgotten: Registration[] = []
  /** How each resource is cut over. */
  cutovers: ReadonlyMap<ResourceMove, ChosenCutover> = new Map()
  compat: CompatReport = { compatible: true, entries: [] }
  readonly #state: HostState
  readonly #succession: Succession
  readonly #environment: StepEnvironment
  readonly #options: PreflightOptions
  /** The remembered contracts that new keys were judged by. */
  readonly #judgedBy = new Map<string, unknown>()
  /** What is not judged, since every resource of it is as the old version left it. */
  #asLeft: readonly JudgedPair[] = []

  constructor(state: HostState, succession: Succession, environment: StepEnvironment, options: PreflightOptions) {
    this.#state = state
    this.#succession = succession
    this.#environment = environment
    this.#options = options
  }

  /**
   * @throws ReloadError `ORPHANED_RESOURCE`, `HANDOFF`, `SCHEMA_INCOMPAT`, `PROVIDER_NOT_FOUND`, `RESOURCE_NOT_FOUND`,
   * `STEP_TIMEOUT`, `ABORTED`. Touches nothing live.
   */
  async run(): Promise<void> {
    await this.#awaitOpening()
    this.#listAttached()
    this.#listHandlers()
    this.#refuseOrphans()
    this.cutovers = await chooseCutovers(this.moves, this.#options.cutover, this.#environment, this.#options.signal)
    const judged = [...this.#pairs(), ...this.#removals()]
    // What was accepted for a reload is so for the way back, which judges only what it copies.
    if (this.#options.takenBack === undefined) refuseAstray(this.#environment.judging, judged)
    await holdingHandedIn(this.moves, this.#environment, async () => {
      this.compat = await judge(judged, this.#environment, this.#options.signal)
      refuseIncompatible(this.compat, this.#environment.judging)
      await this.#rememberRemoved()
    })
  }

  /** The leaving versions that nobody may use while their resources change hands. */
  get toFence(): PluginVersion[] {
    const { retired } = this.#succession
    if (this.#options.cutover === 'exclusive') return [...retired]
    const exclusive = this.moves.filter((move) => this.cutovers.get(move)?.cutover === 'exclusive')
    return retired.filter(
      (version) => exclusive.some(
        ({ strategy, key }) => version.provides(this.#state.slotOf(strategy.surface.id), key) !== undefined,
      ),
    )
  }

  /** Who wants the fence, as a sentence, where it is not the caller. */
  get fencedFor(): string | undefined {
    for (const [{ strategy, key }, { by }] of this.cutovers) {
      if (by === 'old provider' || by === 'new provider') {
        return `${strategy.surface.id} "${key}" takes an exclusive cutover, as its ${by} says`
      }
    }
    return undefined
  }

  /** The surfaces whose resources change. */
  get slots(): Set<number> {
    return new Set([...this.moves.map(({ strategy }) => this.#state.slotOf(strategy.surface.id)), ...this.orphans.map(({ slot }) => slot)])
  }

  /** A key that another plugin took and gave up again since then was judged against the wrong contract. */
  refuseUnjudged(): void {
    for (const { registrations } of this.#succession.installed) {
      for (const { slot, key, surface } of registrations) {
        const name = tableKey(slot, key)
        if (this.#state.remembered.get(name) === this.#judgedBy.get(name)) continue
        throw new ReloadError('DUPLICATE', 'another plugin has provided this key meanwhile', { phase: 'commit', surface, key, hint: 'Try again.' })
      }
    }
  }

  /**
   * Judges what was to go on as it was left, and is copied after all: too much was written since the preflight.
   *
   * @throws ReloadError `SCHEMA_INCOMPAT`, `STEP_TIMEOUT`.
   */
  async judgeCopied(copied: readonly ResourceMove[]): Promise<void> {
    const ids = new Set(copied.map((move) => this.#idOf(move)))
    const late = await judge(this.#asLeft.filter((pair) => ids.has(this.#idOf(pair))), this.#environment, this.#options.signal)
    refuseIncompatible(late, this.#environment.judging)
    this.compat = compatReport([...this.compat.entries, ...late.entries], this.#environment.judging)
  }

  async #awaitOpening(): Promise<void> {
    for (const version of this.#succession.retired) {
      if (version.opening.size === 0) continue
      const step = new Step(this.#environment, { plugin: version.label })
      await step.run('preflight', this.#phase('HANDOFF'), () =>
        step.call('wait for pending opens', async () => { await Promise.allSettled(version.opening) }))
    }
  }

  #listAttached(): void {
    const { retired } = this.#succession
    const handedOver: Attached[] = []
    for (const attached of this.#state.attached.values()) {
      if (!retired.includes(attached.owner)) continue
      const next = this.#succession.after(attached.slot, attached.key)
      if (next === undefined) this.orphans.push(attached)
      else {
        this.moves.push(moveOf(attached, {
          provider: next.registration.provider, transition: this.#transition(attached.owner, next.owner),
          plugin: this.#succession.label(attached.owner), kept: this.#options.takenBack?.keptBehind(attached.gate),
          reopened: isReopened(this.#options.from, attached),
        }))
        handedOver.push(attached)
      }
    }
    refuseUnknown(this.#options.from, handedOver)
  }

  #listHandlers(): void {
    for (const { surface, handoff } of this.#options.handlers?.entries() ?? []) {
      const slot = this.#state.slotOf(surface.id)
      const owner = this.#succession.retired.find((version) => version.provides(slot, handoff.key))
      this.moves.push(handlerMove(this.#state.strategyAt(slot), handoff, {
        ...(owner && { plugin: this.#succession.label(owner), owner }),
        old: this.#succession.before(slot, handoff.key)?.provider,
        next: this.#succession.after(slot, handoff.key)?.registration.provider,
        transition: this.#transition(owner, this.#succession.after(slot, handoff.key)?.owner),
      }, this.#state.clock))
    }
  }

  #refuseOrphans(): void {
    const [first] = this.orphans
    if (first === undefined || this.#options.onOrphan === 'close') return
    throw new ReloadError('ORPHANED_RESOURCE', `nothing would provide ${this.orphans.map(({ name, key }) => `"${name}" (key "${key}")`).join(', ')} any more`, {
      phase: 'preflight', plugin: first.owner.label, surface: first.strategy.surface.id, key: first.key, resource: first.name,
      hint: "Detach it first, keep the key, or say onOrphan: 'close'.",
    })
  }

  /** Each key is judged against what was served under it last, whichever plugin provided it. */
  #pairs(): JudgedPair[] {
    const pairs: UnreadPair[] = []
    for (const version of this.#succession.installed) {
      for (const registration of version.registrations) {
        const old = this.#lastServed(registration)
        if (old === undefined) continue
        const before = this.#succession.retired.find((version) => version.provides(registration.slot, registration.key))
        pairs.push({
          strategy: this.#state.strategyAt(registration.slot), key: registration.key, old, next: registration.provider,
          transition: this.#transition(before, version), plugin: version.label,
        })
      }
    }
    const judged = withMoves(pairs, this.moves)
    // What is as the old version left it, that version need not be asked about: it has nothing to read that it did not write.
    const asLeft = new Set(this.moves.map((move) => this.#idOf(move)))
    for (const move of this.moves) if (move.kept === undefined) asLeft.delete(this.#idOf(move))
    this.#asLeft = judged.filter((pair) => asLeft.has(this.#idOf(pair)))
    return judged.filter((pair) => !asLeft.has(this.#idOf(pair)))
  }

  /** No strategy keeps a host from closing, or a reload from being taken back. */
  #removals(): JudgedRemoval[] {
    if (this.#state.closing.signal.aborted || this.#options.takenBack !== undefined) return []
    return this.#succession.removed.map(({ registration: { slot, key, provider }, owner }) =>
      ({ strategy: this.#state.strategyAt(slot), key, removed: provider, plugin: this.#succession.label(owner) }))
      .filter(({ strategy }) => strategy.checkRemoval !== undefined)
  }

  #transition(from: PluginVersion | undefined, to: PluginVersion | undefined): Transition {
    const direction = this.#options.takenBack === undefined ? 'forward' : 'back'
    return { direction, ...(from && { from: from.identity }), ...(to && { to: to.identity }) }
  }

  #idOf({ strategy, key }: Pick<JudgedPair, 'strategy' | 'key'>): string {
    return tableKey(this.#state.slotOf(strategy.surface.id), key)
  }

  #lastServed({ slot, key }: Registration): unknown {
    const before = this.#succession.before(slot, key)
    if (before !== undefined) return before.provider
    const kept = this.#state.remembered.get(tableKey(slot, key))
    this.#judgedBy.set(tableKey(slot, key), kept)
    return kept
  }

  async #rememberRemoved(): Promise<void> {
    // Nothing comes back to a host that is closing.
    if (this.#state.closing.signal.aborted) return
    for (const { registration, owner } of this.#succession.removed) {
      const { slot, key, provider } = registration
      const strategy = this.#state.strategyAt(slot)
      if (strategy.remember === undefined) continue
      const step = new Step(this.#environment, owner.placeOf(registration))
      try {
        const kept = await step.run(
          'preflight', this.#phase('PLUGIN'), () => step.call('remember', () => strategy.remember?.(provider, step)),
        )
        this.remembered.set(tableKey(slot, key), kept)
      } catch (error) {
        // A plugin that cannot describe itself must still be removable; the report says what was forgotten.
        if (this.#options.signal?.aborted === true) throw error
        this.forgotten.push(registration)
      }
    }
  }

  #phase(code: ReloadErrorCode): PhaseOptions<void> & PhaseOptions<unknown> {
    return { code, ...(this.#options.signal && { signal: this.#options.signal }) }
  }
}
