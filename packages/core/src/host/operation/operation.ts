import { dryRunError } from '../../dispatch/dry-run-error.js'
import { Handoffs } from '../../dispatch/handoffs.js'
import { Judging } from '../../dispatch/judging.js'
import type { ProviderChanges } from '../../dispatch/provider-changes.js'
import { failureReport } from '../../dispatch/report.js'
import type { StepEnvironment } from '../../dispatch/step-environment.js'
import { ReloadError, describeThrown } from '../../errors.js'
import type { JournaledAcceptance } from '../../journal/record.js'
import { FORWARD } from '../../take-back/direction.js'
import { StandbySet } from '../../take-back/standby-set.js'
import type { PluginVersion } from '../epoch/plugin-version.js'
import { Bake } from '../permanence/bake.js'
import { acceptedOf, OperationJournal } from '../permanence/operation-journal.js'
import { idOf, journaled, retiredBy, type Change } from '../plan/change.js'
import { EpochChange } from '../plan/epoch-change.js'
import { providerChanges } from '../plan/provider-changes.js'
import { Preflight } from '../plan/preflight.js'
import { requestedLabelOf, type RequestedChange } from '../plan/requested-change.js'
import type { Succession } from '../plan/succession.js'
import { PhaseLog } from '../report/phase-log.js'
import type { ReloadResult } from '../report/results.js'
import type { HostState } from '../state/host-state.js'
import type { UnderWay } from '../state/plugins.js'
import { commit } from './commit.js'
import { refuseUnmet } from './refuse-unmet.js'
import { fence } from './fence.js'
import { Finalization } from './finalization.js'
import { Handover } from './handover.js'
import { Openings } from './openings.js'
import type { OperationOptions } from './operation-options.js'
import type { Outcome } from './outcome.js'
import { refuseAborted } from './refuse-aborted.js'
import { reloadResults } from './reload-result.js'
import { stage } from './stage.js'
import { UndoList } from './undo-list.js'
import { validate } from './validate.js'

interface Committed {
  readonly bake: Bake | undefined
  /** Resolves with the error where the commit could not be written down. */
  readonly recorded: Promise<ReloadError | undefined>
  /** What strategies threw as they were told of it. */
  readonly commitErrors: readonly ReloadError[]
}

/** What an operation changed. */
export interface Operated {
  /** The versions that serve from the commit on, in the order of the changes. */
  readonly installed: readonly PluginVersion[]
  /** One for each plugin that was reloaded, removed or taken back, in the order of the changes. */
  readonly results: ReloadResult[]
}

/**
 * Installs, reloads or removes plugins, with one commit.
 *
 * @throws ReloadError with nothing changed: the old versions serve, and the host is as it was.
 */
export async function operate(
  state: HostState,
  requested: readonly RequestedChange[],
  options: OperationOptions,
): Promise<Operated> {
  const { plugins } = state
  const log = new PhaseLog(
    state.environment,
    requested[0]?.kind ?? 'remove',
    requested.map((change) => requestedLabelOf(plugins, change)),
  )
  try {
    const operation = await log.phase('validate', () => new Operation(state, validate(state, requested), options, log))
    const outcome = await operation.run()
    const results = await reloadResults(outcome)
    log.reported(
      outcome.finalization === undefined ? 'dry-run' : 'committed',
      results.map(({ report }) => report),
    )
    return { installed: outcome.succession.installed, results }
  } catch (error) {
    log.failed(error)
    throw error
  }
}

/** One install, reload or removal of one plugin or several: the phases of the protocol, with one commit. */
class Operation implements UnderWay {
  readonly decided: Promise<void>
  readonly #state: HostState
  readonly #changes: readonly Change[]
  readonly #options: OperationOptions
  readonly #log: PhaseLog
  readonly #journal: OperationJournal
  readonly #environment: StepEnvironment
  readonly #ids: readonly string[]
  readonly #retired: readonly PluginVersion[]
  readonly #undos = new UndoList()
  /** What can serve again; `undefined` where the operation cannot be taken back. */
  readonly #standbys: StandbySet | undefined
  #decide: () => void = () => {}
  #handover: Handover | undefined
  #handoffs: Handoffs | undefined

  /** The operation begins in the turn in which `changes` were validated. */
  constructor(state: HostState, changes: readonly Change[], options: OperationOptions, log: PhaseLog) {
    this.#state = state
    this.#changes = changes
    this.#options = options
    this.#log = log
    this.#ids = changes.map(idOf)
    this.#retired = changes.map(retiredBy).filter((version) => version !== undefined)
    this.#standbys = options.bake && new StandbySet(state.environment.gateTerms)
    // Neither a dry run nor the removals of a host that closes are written down: they do not change what the next run
    // of the host starts with.
    const records = options.dryRun || state.environment.isClosing ? undefined : state.records
    this.#journal = new OperationJournal(records, log.operation, changes.map(journaled), options.signal)
    this.#environment = state.environment.forSteps({
      dryRun: options.dryRun,
      onProgress: (place, done, total) => log.progress(place, done, total),
      judging: new Judging({
        unjudged: state.environment.unjudged,
        accept: options.accept,
        onAccepted: (place, verdict) => log.accepted(place, verdict),
      }),
    })
    this.decided = new Promise((resolve) => {
      this.#decide = resolve
    })
    state.plugins.begin(this.#ids, this)
  }

  get listing(): Handover | undefined {
    return this.#handover
  }

  /** @throws ReloadError once it is rolled back. */
  async run(): Promise<Outcome> {
    const endWatch = this.#environment.meter.watch()
    const { signal, drain, dryRun } = this.#options
    try {
      await this.#journal.intent()
      const succession = await this.#log.phase('stage', () =>
        stage(this.#state, {
          changes: this.#changes,
          operation: this.#log.operation,
          environment: this.#environment,
          signal,
          undos: this.#undos,
        }),
      )
      const preflight = new Preflight(this.#state, succession, this.#environment, {
        ...this.#options,
        from: this.#options.from,
        direction: this.#options.direction ?? FORWARD,
        onListed: () => {
          handover.listed()
        },
      })
      const handover = (this.#handover = new Handover(preflight, this.decided))
      const openings = new Openings(this.#state, {
        succession,
        environment: this.#environment,
        log: this.#log,
        signal,
      })
      this.#undos.push(() => openings.rollback())
      await this.#log.phase('preflight', async () => {
        await preflight.run()
        openings.plan()
      })
      const change = new EpochChange(succession, this.#state.tables, this.#environment.pace)
      const handoffs = (this.#handoffs = this.#handoffsOf(preflight, change))
      handover.moves({ handoffs, change })
      // A dry run takes nothing out of service, so it fences nothing.
      if (preflight.fencing.versions.length > 0 && !dryRun)
        await this.#log.phase('fence', () => fence(this.#state, preflight.fencing, this.#undos, drain, signal))

      this.#undos.push(async () => {
        await change.abort()
        return []
      })
      this.#undos.push(() => handoffs.rollback())
      await this.#log.phase('prepare', async () => {
        await handoffs.prepare()
        await preflight.judgeCopied()
        await openings.open()
      })
      await change.writeKeys(preflight.contracts)
      const providers = await providerChanges(succession, {
        pace: this.#environment.pace,
        isClosing: this.#state.environment.isClosing,
      })
      await change.removeResources(preflight.orphans.keys())
      openings.writeTo(change)
      // Written before any hold, so that no writer waits for the journal's disk.
      await this.#journal.prepared()
      await this.#log.phase('converge', () => handoffs.converge())

      const log = this.#log
      const environment = this.#environment
      const done = { succession, preflight, handoffs, openings, log, environment }
      if (dryRun) {
        refuseAborted(signal, 'converge')
        await this.#endDryRun()
        return { ...done, finalization: undefined, commitErrors: [], unrecorded: undefined }
      }
      const { bake, recorded, commitErrors } = await this.#log.phase('commit', () =>
        this.#commit(change, providers, succession, preflight, handoffs, openings),
      )
      const finalization = new Finalization(this.#state, {
        handoffs,
        log,
        environment,
        change,
        retired: this.#retired,
        orphans: preflight.orphans,
        policy: drain,
        journal: this.#journal,
        recorded,
        bake,
      })
      const unrecorded = await recorded
      if (unrecorded !== undefined) this.#log.unrecorded(unrecorded)
      return { ...done, finalization, commitErrors, unrecorded }
    } catch (error) {
      throw await this.#rollback(error)
    } finally {
      this.#end()
      endWatch()
    }
  }

  #end(): void {
    this.#state.plugins.end(this.#ids, this)
    this.#handover?.end()
    this.#decide()
  }

  #handoffsOf(preflight: Preflight, change: EpochChange): Handoffs {
    const { moves, cutovers } = preflight
    return new Handoffs(moves, this.#environment, {
      cutovers,
      concurrency: this.#state.environment.concurrency,
      transaction: change.transaction,
      ...(this.#standbys && { standbys: this.#standbys }),
      judgeJoined: (joined) => preflight.judgeJoined(joined),
      onSuccessor: (move, resource) => {
        const attached = preflight.attachedOf(move)
        if (attached?.owner !== undefined) change.succeed(attached, resource)
      },
      ...(this.#options.signal && { signal: this.#options.signal }),
      onHandoff: (event) => this.#log.handoff(event),
    })
  }

  /**
   * The commit, in one turn of the event loop. Whatever may fail comes before the publish; nothing after it can fail.
   */
  #commit(
    change: EpochChange,
    providers: ProviderChanges,
    succession: Succession,
    preflight: Preflight,
    handoffs: Handoffs,
    openings: Openings,
  ): Committed {
    const state = this.#state
    refuseAborted(this.#options.signal, 'commit')
    refuseUnmet(state, this.#changes, 'commit')
    change.refuseContended()
    handoffs.refuseUncommittable()
    openings.refuseUncommittable()

    const onWritten = commit(state, {
      operation: this,
      change,
      succession,
      handoffs,
    })
    // Begun in this turn, as others see the new version from here on, and may change it or make it permanent.
    const recorded = this.#journal.committed(this.#accepted(preflight, handoffs), onWritten)
    const bake = this.#bake(succession)
    this.#end()
    handoffs.activate()
    openings.committed(preflight.released.keys())
    const commitErrors = providers.tell({ plugin: succession.labels })
    this.#log.committed(state.epochs.current.number, succession, commitErrors)
    openings.serve()
    return { bake, recorded, commitErrors }
  }

  /**
   * The verdicts that the caller's `accept` has overruled. Where it accepts nothing, the verdicts are not looked
   * through.
   */
  #accepted({ compat }: Preflight, handoffs: Handoffs): readonly JournaledAcceptance[] {
    return this.#options.accept.length === 0 ? [] : acceptedOf([...compat.entries, ...handoffs.verdicts])
  }

  /** Begins the bake; `undefined` where the reload is to have none. */
  #bake({ installed }: Succession): Bake | undefined {
    const { bake: options, cutover, onOrphan, drain, accept } = this.#options
    if (options === undefined || this.#standbys === undefined) return undefined
    const state = this.#state
    const bake = new Bake({
      options,
      environment: state.environment.forSteps(),
      plugin: installed.map(({ label }) => label).join(', '),
      standbys: this.#standbys,
      underWay: () =>
        this.#ids.map((id) => state.plugins.operationOn(id)?.decided).find((decided) => decided !== undefined),
      makePermanent: async () => {
        await Promise.all(installed.slice(0, 1).map((version) => state.permanence.make(version)))
      },
      takeBack: async (direction) => {
        const changes = installed.map((old, at): RequestedChange => ({
          kind: 'take-back',
          old,
          to: this.#retired[at] as PluginVersion,
        }))
        const { results } = await operate(state, changes, {
          cutover,
          onOrphan,
          drain,
          accept,
          dryRun: false,
          signal: undefined,
          handlers: undefined,
          direction,
        })
        return results
      },
    })
    state.plugins.bake(installed, bake)
    void bake.over.then(({ outcome }) => {
      this.#log.baked(outcome)
    })
    return bake
  }

  async #endDryRun(): Promise<void> {
    const errors = await this.#undoAll()
    if (errors.length > 0) throw dryRunError(errors)
  }

  async #rollback(cause: unknown): Promise<ReloadError> {
    const error = ReloadError.is(cause)
      ? cause
      : new ReloadError('HANDOFF', describeThrown(cause), { phase: this.#log.current, cause })
    error.rollbackErrors.push(...(await this.#undoAll()), ...(await this.#journal.happened('rolled-back', 'rollback')))
    const { meter, pace } = this.#environment
    const reports = this.#handoffs?.reports() ?? []
    error.report = await failureReport(this.#log.totalMs, reports, meter.worst, pace)
    return error
  }

  async #undoAll(): Promise<unknown[]> {
    return this.#undos.isEmpty ? [] : this.#log.phase('rollback', () => this.#undos.run())
  }
}
