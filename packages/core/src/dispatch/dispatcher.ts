import { systemClock, type Clock } from '../clock.js'
import { ReloadError } from '../errors.js'
import { hear } from '../maybe-promise.js'
import { checkOptions, option, type OptionChecks } from '../options.js'
import { PACE, Pace, type PaceOptions } from '../pace.js'
import type { AnyStrategy, Cutover, HandoffStrategy, ProviderView, Transition } from '../strategy.js'
import { Claims } from './claims.js'
import {
  compatReport,
  judge,
  refuseAstray,
  refuseIncompatible,
  type Judged,
  type JudgedAddition,
  type JudgedRemoval,
} from './compat.js'
import { chooseCutovers } from './cutovers.js'
import { dryRunError } from './dry-run-error.js'
import { handlerMove } from './handler-move.js'
import { Handoffs } from './handoffs.js'
import { holdingHandedIn } from './holding-handed-in.js'
import { ACCEPT, Judging, UNJUDGED, type Acceptance, type UnjudgedPolicy } from './judging.js'
import { ProviderChanges } from './provider-changes.js'
import type { ResourceMove } from './resource-move.js'
import { ReloadOutcome } from './reload-outcome.js'
import { withMoves, type UnreadPair } from './pairs.js'
import { failureReport, type CompatReport, type SurfaceKey } from './report.js'
import type { OldProviders, ReloadKindHandlers } from './request.js'
import type { StepEnvironment } from './step-environment.js'
import { STRATEGY, StrategyTable } from './strategy-table.js'
import { StretchMeter } from './stretch-meter.js'
import { TIMEOUTS, timeoutOf, type Timeouts } from './timeouts.js'

export interface DispatcherOptions {
  clock?: Clock | undefined
  timeouts?: Timeouts | undefined
  /** How many resources are handed over at a time. Default 32. */
  concurrency?: number | undefined
  /** How much of the thread reloads may take. */
  pace?: PaceOptions | undefined
  /**
   * What becomes of a reload with a key or a resource that could not be judged. Default `accept`: it goes ahead, and
   * the report says so.
   */
  unjudged?: UnjudgedPolicy | undefined
  /**
   * Called when something could not be closed or removed and nothing else fails by that. What it throws or rejects with
   * is ignored.
   */
  onUnclean?: ((error: ReloadError) => unknown) | undefined
}

/** Names no plugins: only the host's registry knows which plugin provides a key. */
const FORWARD: Transition = { direction: 'forward' }

export interface DispatchRequest {
  /** The providers that are being replaced. */
  readonly old: OldProviders
  /** The providers that take their place. */
  readonly next: ProviderView
  /** The live resources to hand over. */
  readonly handlers?: ReloadKindHandlers | undefined
  /**
   * Default: as the strategies say. Before an exclusive cutover, the host has to keep every user of the resources away.
   */
  readonly cutover?: Cutover | undefined
  /** Rolls the reload back if it fires before `dispatch` has resolved. */
  readonly signal?: AbortSignal | undefined
  /** Whether to do everything up to the commit and then roll back. Nothing is stopped for it. */
  readonly dryRun?: boolean | undefined
  /** Keys that are accepted, whatever the verdict on them is. */
  readonly accept?: readonly Acceptance[] | undefined
}

const OPTIONS: OptionChecks<DispatcherOptions> = {
  clock: option.with('now', 'after'),
  timeouts: option.object(TIMEOUTS),
  concurrency: option.count(1),
  pace: option.object(PACE),
  unjudged: UNJUDGED,
  onUnclean: option.function,
}
const STRATEGIES = option.list(option.members(STRATEGY))

const PROVIDERS = option.with('get', 'entries')
const REQUEST: OptionChecks<DispatchRequest> = {
  old: option.required(PROVIDERS),
  next: option.required(PROVIDERS),
  handlers: option.with('add', 'entries'),
  cutover: option.oneOf('overlap', 'exclusive'),
  signal: option.signal,
  dryRun: option.flag,
  accept: ACCEPT,
}

/**
 * Judges and hands over the live resources of one reload, for a host with a plugin registry of its own. It knows no
 * surface by name: it can hand over what a strategy was registered for.
 */
export class ReloadDispatcher {
  readonly #strategies = new StrategyTable()
  readonly #clock: Clock
  readonly #timeouts: Timeouts
  readonly #concurrency: number
  readonly #pace: Pace
  readonly #unjudged: UnjudgedPolicy
  readonly #onUnclean: DispatcherOptions['onUnclean']

  constructor(strategies: readonly AnyStrategy[] = [], given: DispatcherOptions = {}) {
    const options = checkOptions(given, 'ReloadDispatcher options', OPTIONS)
    for (const strategy of STRATEGIES(strategies, 'ReloadDispatcher strategies', this)) this.use(strategy)
    this.#onUnclean = options.onUnclean
    this.#clock = options.clock ?? systemClock
    this.#timeouts = options.timeouts ?? {}
    this.#concurrency = options.concurrency ?? 32
    this.#pace = new Pace(options.pace)
    this.#unjudged = options.unjudged ?? 'accept'
  }

  use<P, R, W>(strategy: HandoffStrategy<P, R, W>): this {
    this.#strategies.add(strategy)
    return this
  }

  /**
   * Judges every key in `old`: by its provider in `next`, or else its removal. Touches no live resource.
   */
  async checkCompat(old: OldProviders, next: ProviderView): Promise<CompatReport> {
    return judge(await this.#judged(old, next, []), this.#environment(true, []))
  }

  /**
   * Judges, then prepares and converges every handoff.
   *
   * @throws ReloadError after the rollback; `rollbackErrors` has what failed in that.
   */
  async dispatch(request: DispatchRequest): Promise<ReloadOutcome> {
    const checked = checkOptions(request, 'dispatch request', REQUEST)
    const environment = this.#environment(checked.dryRun ?? false, checked.accept ?? [])
    const endWatch = environment.meter.watch()
    try {
      return await this.#dispatch(checked, environment)
    } finally {
      endWatch()
    }
  }

  async #dispatch(
    { old, next, handlers, cutover = 'overlap', signal, dryRun = false }: DispatchRequest,
    environment: StepEnvironment,
  ): Promise<ReloadOutcome> {
    const keys = { added: keysOnlyIn(next, old), removed: keysOnlyIn(old, next) }
    const startedAt = this.#clock.now()
    const moves = (handlers?.entries() ?? []).map(({ surface, handoff }) =>
      handlerMove(
        this.#strategies.get(surface.id),
        handoff,
        {
          old: old.get(surface, handoff.key),
          next: next.get(surface, handoff.key),
          transition: FORWARD,
        },
        this.#clock,
      ),
    )
    const judged = await this.#judged(old, next, moves)
    refuseAstray(environment.judging, judged)
    const preflight = await holdingHandedIn(moves, environment, () => judge(judged, environment, signal))
    refuseIncompatible(preflight, environment.judging)
    const providers = this.#changes(old, next)
    const cutovers = await chooseCutovers(moves, cutover, environment, signal)
    const handoffs = new Handoffs(moves, environment, {
      cutovers,
      concurrency: this.#concurrency,
      ...(signal && { signal }),
    })
    try {
      await handoffs.prepare()
      await handoffs.converge()
      // No step follows that would notice an abort.
      if (signal?.aborted === true)
        throw new ReloadError('ABORTED', 'the caller aborted', { phase: 'converge', cause: signal.reason })
    } catch (error) {
      const rollbackErrors = await handoffs.rollback()
      if (ReloadError.is(error)) {
        error.rollbackErrors.push(...rollbackErrors)
        const totalMs = this.#clock.now() - startedAt
        error.report = await failureReport(totalMs, handoffs.reports(), environment.meter.worst, this.#pace)
      }
      throw error
    }
    const compat = compatReport([...preflight.entries, ...handoffs.verdicts], environment.judging)
    if (!dryRun) return new ReloadOutcome(handoffs, providers, compat, keys, 'converged')
    const errors = await handoffs.rollback()
    if (errors.length > 0) throw dryRunError(errors)
    return new ReloadOutcome(handoffs, providers, compat, keys, 'rolled-back')
  }

  async #judged(old: OldProviders, next: ProviderView, moves: readonly ResourceMove[]): Promise<Judged[]> {
    const pairs: UnreadPair[] = []
    const coming: JudgedAddition[] = []
    for (const [surface, key, provider] of next.entries()) {
      const strategy = this.#strategies.get(surface.id)
      const before = old.get(surface, key)
      if (before === undefined) {
        if (strategy.checkAddition !== undefined) coming.push({ strategy, key, added: provider })
        continue
      }
      pairs.push({ strategy, key, old: before, next: provider, transition: FORWARD })
    }
    const judged = await withMoves(pairs, moves, this.#pace)
    const removed: JudgedRemoval[] = []
    const served = new Map<AnyStrategy, Set<string>>()
    for (const { strategy, key } of judged) served.set(strategy, (served.get(strategy) ?? new Set()).add(key))
    for (const [surface, key, provider] of old.entries()) {
      const strategy = this.#strategies.get(surface.id)
      if (strategy.checkRemoval === undefined || served.get(strategy)?.has(key) === true) continue
      removed.push({ strategy, key, removed: provider })
    }
    const added = coming.filter(({ strategy, key }) => served.get(strategy)?.has(key) !== true)
    return [...judged, ...added, ...removed]
  }

  #changes(old: OldProviders, next: ProviderView): ProviderChanges {
    const changes = new ProviderChanges({ closing: false })
    for (const [surface, key, provider] of next.entries()) {
      const strategy = this.#strategies.get(surface.id)
      const before = old.get(surface, key)
      if (before === undefined) changes.added(strategy, key, provider)
      else changes.replaced(strategy, key, before, provider)
    }
    for (const [surface, key, provider] of old.entries())
      if (next.get(surface, key) === undefined) changes.removed(this.#strategies.get(surface.id), key, provider)
    return changes
  }

  #environment(dryRun: boolean, accept: readonly Acceptance[]): StepEnvironment {
    return {
      clock: this.#clock,
      pace: this.#pace,
      meter: new StretchMeter(this.#clock),
      dryRun,
      claims: new Claims(),
      judging: new Judging({ unjudged: this.#unjudged, accept }),
      timeoutMs: (phase) => timeoutOf(this.#timeouts, phase),
      onUnclean: (error) => {
        this.#tell(error)
      },
    }
  }

  #tell(error: ReloadError): void {
    try {
      hear(this.#onUnclean?.(error))
    } catch {
      // The reload goes on whatever the host's callback throws.
    }
  }
}

function keysOnlyIn(one: ProviderView, other: ProviderView): SurfaceKey[] {
  return Array.from(one.entries())
    .filter(([surface, key]) => other.get(surface, key) === undefined)
    .map(([{ id }, key]) => ({ surface: id, key }))
}
