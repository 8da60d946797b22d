import { chooseCutovers, type ChosenCutover } from '../../dispatch/cutovers.js'
import {
  compatReport,
  judge,
  refuseAstray,
  refuseIncompatible,
  type JudgedPair,
  type JudgedRemoval,
} from '../../dispatch/compat.js'
import type { ResourceMove } from '../../dispatch/moving-resource.js'
import { handlerMove } from '../../dispatch/handler-move.js'
import { holdingHandedIn } from '../../dispatch/holding-handed-in.js'
import { withMoves, type UnreadPair } from '../../dispatch/pairs.js'
import type { CompatReport } from '../../dispatch/report.js'
import type { ReloadKindHandlers } from '../../dispatch/request.js'
import { Step, type PhaseOptions, type StepEnvironment } from '../../dispatch/step.js'
import { ReloadError, type ReloadErrorCode } from '../../errors.js'
import type { AnyStrategy, Cutover, Transition } from '../../strategy.js'
import { moveOf, type Attached } from '../resource/attached.js'
import type { Bake } from '../permanence/bake.js'
import type { HostState } from '../state/host-state.js'
import { KeyTable } from '../epoch/key-table.js'
import type { PluginVersion, Registration } from '../epoch/plugin-version.js'
import { isReopened, refuseUnknown, type ReloadSource } from '../resource/reload-source.js'
import type { ProvidedBy, Succession } from './succession.js'
import type { SurfaceTable } from '../epoch/surface-table.js'

export interface PreflightOptions {
  readonly signal: AbortSignal | undefined
  readonly cutover: Cutover
  readonly onOrphan: 'reject' | 'close'
  readonly handlers: ReloadKindHandlers | undefined
  readonly from: ReloadSource | undefined
  /** The period of the reload that is taken back. */
  readonly takenBack: Bake | undefined
  /** Called in the turn in which the live resources are listed: what is attached from then on is not among them. */
  onListed(): void
}

/** What an operation will hand over, close and remember, and how its providers were judged. */
export class Preflight {
  readonly moves: ResourceMove[] = []
  /** Live resources that nothing will provide any more, with who does until then. */
  readonly orphans = new Map<Attached, PluginVersion>()
  /** What removed keys will be judged by. */
  readonly remembered = new KeyTable<unknown>()
  /** The remembered contracts that new keys were judged by. */
  readonly judgedBy = new KeyTable<unknown>()
  /** Removed keys of which nothing could be remembered. */
  readonly forgotten: Registration[] = []
  /** How each resource is cut over. */
  cutovers: ReadonlyMap<ResourceMove, ChosenCutover> = new Map()
  /** The leaving versions that nobody may use while their resources change hands. */
  toFence: readonly PluginVersion[] = []
  compat: CompatReport = { compatible: true, entries: [] }
  readonly #state: HostState
  readonly #succession: Succession
  readonly #environment: StepEnvironment
  readonly #options: PreflightOptions
  /** The keys whose resources overlap, as their strategy has said when it was asked. */
  readonly #overlapping = new KeyTable<true>()
  /** Whose the resources are that the host attached. */
  readonly #attached = new Map<ResourceMove, Attached>()
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
    await this.#listAttached()
    this.#listHandlers()
    this.#refuseOrphans()
    this.cutovers = await chooseCutovers(this.moves, this.#options.cutover, this.#environment, this.#options.signal)
    this.toFence = await this.#whomToFence()
    const judged = [...(await this.#pairs()), ...this.#removals()]
    // What was accepted for a reload is so for the way back, which judges only what it copies.
    if (this.#options.takenBack === undefined) refuseAstray(this.#environment.judging, judged)
    await holdingHandedIn(this.moves, this.#environment, async () => {
      this.compat = await judge(judged, this.#environment, this.#options.signal)
      refuseIncompatible(this.compat, this.#environment.judging)
      await this.#rememberRemoved()
    })
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

  /**
   * Whether a resource of this key that is attached now can be handed over with the others: one of which nothing has to
   * be asked first, of a plugin that is not fenced.
   */
  admits(table: SurfaceTable, key: string): boolean {
    const { cutover, from, takenBack } = this.#options
    if (cutover === 'exclusive' || from !== undefined || takenBack !== undefined) return false
    const owner = this.#succession.before(table, key)?.owner
    if (owner === undefined || this.toFence.includes(owner) || this.#succession.after(table, key) === undefined)
      return false
    return table.strategy.cutover === undefined || this.#overlapping.has(table, key)
  }

  /** Lists one that {@link admits} admits. */
  admit(attached: Attached, owner: PluginVersion): ResourceMove {
    return this.#moveOf(attached, owner, this.#succession.after(attached.table, attached.key) as ProvidedBy)
  }

  /** One of those that were listed leaves. */
  withdraw(attached: Attached): void {
    this.orphans.delete(attached)
  }

  /** The live resource that is handed over; `undefined` where the host holds it itself. */
  attachedOf(move: ResourceMove): Attached | undefined {
    return this.#attached.get(move)
  }

  /**
   * Judges what was to go on as it was left, and is copied after all: too much was written since the preflight.
   *
   * @throws ReloadError `SCHEMA_INCOMPAT`, `STEP_TIMEOUT`.
   */
  async judgeCopied(copied: readonly ResourceMove[]): Promise<void> {
    const keys = keysOf(copied)
    const late = await judge(
      this.#asLeft.filter((pair) => isAmong(keys, pair)),
      this.#environment,
      this.#options.signal,
    )
    refuseIncompatible(late, this.#environment.judging)
    this.compat = compatReport([...this.compat.entries, ...late.entries], this.#environment.judging)
  }

  async #whomToFence(): Promise<readonly PluginVersion[]> {
    const { pace } = this.#environment
    const { retired } = this.#succession
    if (this.#options.cutover === 'exclusive') return retired
    const fenced = new Set<PluginVersion>()
    for (const [{ strategy, key }, { cutover }] of this.cutovers) {
      const table = this.#state.tables.of(strategy.surface)
      const owner = this.#succession.before(table, key)?.owner
      if (cutover === 'overlap') this.#overlapping.set(table, key, true)
      else if (owner !== undefined) fenced.add(owner)
      if (pace.due()) await pace.pause()
    }
    return retired.filter((version) => fenced.has(version))
  }

  async #awaitOpening(): Promise<void> {
    for (const version of this.#succession.retired) {
      const pending = this.#state.resources.pendingOpens(version)
      if (pending.length === 0) continue
      const step = new Step(this.#environment, { plugin: version.label })
      await step.run('preflight', this.#phase('HANDOFF'), () =>
        step.call('wait for pending opens', async () => {
          await Promise.allSettled(pending)
        }),
      )
    }
  }

  async #listAttached(): Promise<void> {
    const { pace } = this.#environment
    const retired = new Set(this.#succession.retired)
    for (const attached of this.#state.resources.attached) {
      if (pace.due()) await pace.pause()
      const { owner } = attached
      if (owner === undefined || !retired.has(owner)) continue
      const next = this.#succession.after(attached.table, attached.key)
      if (next === undefined) {
        this.orphans.set(attached, owner)
        continue
      }
      this.moves.push(this.#moveOf(attached, owner, next))
    }
    this.#options.onListed()
    refuseUnknown(this.#options.from, this.#attached.values())
  }

  #moveOf(attached: Attached, owner: PluginVersion, next: ProvidedBy): ResourceMove {
    const move = moveOf(attached, owner, {
      provider: next.registration.provider,
      transition: this.#transition(owner, next.owner),
      plugin: this.#succession.label(owner),
      kept: this.#options.takenBack?.keptBehind(attached.gate),
      reopened: isReopened(this.#options.from, attached),
    })
    this.#attached.set(move, attached)
    return move
  }

  #listHandlers(): void {
    for (const { surface, handoff } of this.#options.handlers?.entries() ?? []) {
      const table = this.#state.tables.of(surface)
      const before = this.#succession.before(table, handoff.key)
      const after = this.#succession.after(table, handoff.key)
      const owner = before?.owner
      this.moves.push(
        handlerMove(
          table.strategy,
          handoff,
          {
            ...(owner && { plugin: this.#succession.label(owner), owner }),
            old: before?.registration.provider,
            next: after?.registration.provider,
            transition: this.#transition(owner, after?.owner),
          },
          this.#environment.clock,
        ),
      )
    }
  }

  #refuseOrphans(): void {
    const [first] = this.orphans
    if (first === undefined || this.#options.onOrphan === 'close') return
    const [attached, owner] = first
    const named = [...this.orphans.keys()].map(({ name, key }) => `"${name}" (key "${key}")`)
    throw new ReloadError('ORPHANED_RESOURCE', `nothing would provide ${named.join(', ')} any more`, {
      phase: 'preflight',
      plugin: owner.label,
      ...attached.place,
      hint: "Detach it first, keep the key, or say onOrphan: 'close'.",
    })
  }

  /** Each key is judged against what was served under it last, whichever plugin provided it. */
  async #pairs(): Promise<JudgedPair[]> {
    const pairs: UnreadPair[] = []
    for (const version of this.#succession.installed) {
      for (const registration of version.registrations) {
        const old = this.#lastServed(registration)
        if (old === undefined) continue
        const { table, key, provider } = registration
        pairs.push({
          strategy: table.strategy,
          key,
          old,
          next: provider,
          transition: this.#transition(this.#succession.before(table, key)?.owner, version),
          plugin: version.label,
        })
      }
    }
    const judged = await withMoves(pairs, this.moves, this.#environment.pace)
    // What is as the old version left it, that version need not be asked about: it has nothing to read that it did not write.
    const kept = keysOf(this.moves.filter((move) => move.kept !== undefined))
    const copied = keysOf(this.moves.filter((move) => move.kept === undefined))
    const isAsLeft = (pair: JudgedPair): boolean => isAmong(kept, pair) && !isAmong(copied, pair)
    this.#asLeft = judged.filter(isAsLeft)
    return judged.filter((pair) => !isAsLeft(pair))
  }

  /** No strategy keeps a host from closing, or a reload from being taken back. */
  #removals(): JudgedRemoval[] {
    if (this.#state.environment.isClosing || this.#options.takenBack !== undefined) return []
    return this.#succession.removed
      .map(
        ({
          registration: {
            table: { strategy },
            key,
            provider,
          },
          owner,
        }) => ({ strategy, key, removed: provider, plugin: this.#succession.label(owner) }),
      )
      .filter(({ strategy }) => strategy.checkRemoval !== undefined)
  }

  #transition(from: PluginVersion | undefined, to: PluginVersion | undefined): Transition {
    const direction = this.#options.takenBack === undefined ? 'forward' : 'back'
    return { direction, ...(from && { from: from.identity }), ...(to && { to: to.identity }) }
  }

  #lastServed({ table, key }: Registration): unknown {
    const before = this.#succession.before(table, key)
    if (before !== undefined) return before.registration.provider
    const kept = table.remembered.latest(key)
    if (kept !== undefined) this.judgedBy.set(table, key, kept)
    return kept
  }

  async #rememberRemoved(): Promise<void> {
    // Nothing comes back to a host that is closing.
    if (this.#state.environment.isClosing) return
    for (const { registration, owner } of this.#succession.removed) {
      const { table, key, provider } = registration
      const { strategy } = table
      if (strategy.remember === undefined) continue
      const step = new Step(this.#environment, owner.placeOf(registration))
      try {
        const kept = await step.run('preflight', this.#phase('PLUGIN'), () =>
          step.call('remember', () => strategy.remember?.(provider, step)),
        )
        this.remembered.set(table, key, kept)
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

type KeyOf = Pick<JudgedPair, 'strategy' | 'key'>

function keysOf(keys: readonly KeyOf[]): ReadonlyMap<AnyStrategy, ReadonlySet<string>> {
  const byStrategy = new Map<AnyStrategy, Set<string>>()
  for (const { strategy, key } of keys) {
    const known = byStrategy.get(strategy)
    if (known === undefined) byStrategy.set(strategy, new Set([key]))
    else known.add(key)
  }
  return byStrategy
}

function isAmong(keys: ReadonlyMap<AnyStrategy, ReadonlySet<string>>, { strategy, key }: KeyOf): boolean {
  return keys.get(strategy)?.has(key) === true
}
