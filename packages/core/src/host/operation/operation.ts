import { Handoffs } from '../../dispatch/handoffs.js'
import { dryRunError } from '../../dispatch/dry-run-error.js'
import { failureReport } from '../../dispatch/report.js'
import { Judging, type Acceptance } from '../../dispatch/judging.js'
import type { ReloadKindHandlers } from '../../dispatch/request.js'
import type { StepEnvironment } from '../../dispatch/step.js'
import { ReloadError, describeThrown, type ReloadPhase } from '../../errors.js'
import type { JournaledAcceptance } from '../../journal/record.js'
import type { Cutover } from '../../strategy.js'
import type { Attached } from '../resource/attached.js'
import { Bake, type BakeOptions } from '../permanence/bake.js'
import { idOf, journaled, labelOf, manifestAfter, retiredBy, type Change } from '../plan/change.js'
import { closeDependantsFirst } from '../lifecycle/close-order.js'
import { commit } from './commit.js'
import type { DrainPolicy } from '../lease/drain.js'
import { EpochChange } from '../plan/epoch-change.js'
import { Finalization } from './finalization.js'
import type { HostState } from '../host-state.js'
import { checkDependencies } from '../plugin/manifest.js'
import { acceptedOf, OperationJournal } from '../permanence/operation-journal.js'
import type { Brought } from '../permanence/permanent-versions.js'
import { PhaseLog } from '../report/phase-log.js'
import type { PluginVersion } from '../epoch/plugin-version.js'
import { Preflight } from '../plan/preflight.js'
import { reloadResults } from './reload-result.js'
import type { ReloadSource } from '../resource/reload-source.js'
import { initialize, register, shutdown } from '../lifecycle/stage.js'
import { Succession } from '../plan/succession.js'
import type { SurfaceTable, SurfaceTables } from '../epoch/surface-table.js'

export interface OperationOptions {
  readonly cutover: Cutover
  readonly dryRun: boolean
  readonly onOrphan: 'reject' | 'close'
  readonly signal: AbortSignal | undefined
  readonly handlers: ReloadKindHandlers | undefined
  readonly drain: DrainPolicy
  readonly accept: readonly Acceptance[]
  readonly bake?: BakeOptions
  readonly from?: ReloadSource
  /** The period that ends with this operation: it gives everything back. */
  readonly takenBack?: Bake
}

/** What an operation did, before it is told plugin by plugin. */
export interface Outcome {
  readonly succession: Succession
  readonly preflight: Preflight
  readonly handoffs: Handoffs
  readonly log: PhaseLog
  readonly environment: StepEnvironment
  readonly tables: SurfaceTables
  /** Absent after a dry run. */
  readonly finalization: Finalization | undefined
  /** Why the commit is not written down, where that is so. */
  readonly unrecorded: ReloadError | undefined
}

/** What is under way from the preflight on. */
interface Handover {
  readonly handoffs: Handoffs
  readonly preflight: Preflight
  readonly change: EpochChange
}

interface Committed {
  readonly bake: Bake | undefined
  /** Resolves with why the commit is not written down, where that is so. */
  readonly recorded: Promise<ReloadError | undefined>
}

/** One install, reload or removal of one plugin or several: the phases of the protocol, with one commit. */
export class Operation {
  /** Settles when the operation has committed or rolled back. Never rejects. */
  readonly decided: Promise<void>
  readonly #handing: Promise<void>
  readonly #state: HostState
  readonly #changes: readonly Change[]
  readonly #options: OperationOptions
  readonly #log: PhaseLog
  readonly #journal: OperationJournal
  readonly #environment: StepEnvironment
  readonly #ids: readonly string[]
  readonly #retired: readonly PluginVersion[]
  #decide: () => void = () => {}
  #hand: () => void = () => {}
  #listed = false
  #preflight: Preflight | undefined
  /** Put into service after the live resources were listed, and before anything is handed over, with who opened them. */
  readonly #early: (readonly [Attached, PluginVersion])[] = []
  #handover: Handover | undefined
  /** How to undo what has been done, in the order it was done. */
  readonly #undo: (() => Promise<readonly unknown[]>)[] = []

  constructor(state: HostState, changes: readonly Change[], options: OperationOptions) {
    this.#state = state
    this.#changes = changes
    this.#options = options
    this.#ids = changes.map(idOf)
    this.#retired = changes.map(retiredBy).filter((version) => version !== undefined)
    this.#log = new PhaseLog(state, changes.map(labelOf))
    // A dry run changes nothing, and a host that closes takes nothing out of what the next one starts with.
    const records = options.dryRun || state.closing.signal.aborted ? undefined : state.records
    this.#journal = new OperationJournal(records, this.#log.operation, changes.map(journaled), options.signal)
    this.#environment = state.environment(options.dryRun, {
      onProgress: (place, done, total) => this.#log.progress(place, done, total),
      judging: new Judging({
        unjudged: state.unjudged,
        accept: options.accept,
        onAccepted: (place, verdict) => this.#log.accepted(place, verdict),
      }),
    })
    this.decided = new Promise((resolve) => {
      this.#decide = resolve
    })
    this.#handing = new Promise((resolve) => {
      this.#hand = resolve
    })
  }

  /** Settles when what it admits, or lets go, is another matter than now. Never rejects. */
  get changed(): Promise<void> {
    return this.#handover === undefined ? this.#handing : this.decided
  }

  /** Whether a resource of this key that is opened now can be handed over with the others. */
  admits(table: SurfaceTable, key: string): boolean {
    return this.#handover?.handoffs.open !== false && this.#preflight?.admits(table, key) === true
  }

  /** Whether one that is put into service now is handed over with the others: it will be listed, or is admitted. */
  takes(table: SurfaceTable, key: string): boolean {
    return !this.#listed || this.admits(table, key)
  }

  /** Hands over one more. In the turn in which {@link takes} has said so. */
  take(attached: Attached, owner: PluginVersion): void {
    if (!this.#listed) return
    if (this.#handover === undefined) this.#early.push([attached, owner])
    else this.#handover.handoffs.join(this.#handover.preflight.admit(attached, owner))
  }

  /**
   * Hands over `attached` no longer, or no longer closes it: it leaves by itself.
   *
   * @returns resolves once what was to succeed it is closed; `undefined` where it cannot leave before {@link changed}.
   */
  withdraw(attached: Attached): Promise<void> | undefined {
    const withdrawn = this.#handover?.handoffs.withdraw(attached.gate)
    if (this.#handover === undefined || withdrawn === undefined) return undefined
    this.#handover.preflight.withdraw(attached)
    this.#handover.change.withdraw(attached)
    return withdrawn
  }

  /** @throws ReloadError after rolling back: the old versions serve, and the host is as it was. */
  async run(): Promise<Outcome> {
    await this.#log.phase('validate', () => this.#begin())
    const endWatch = this.#environment.meter.watch()
    try {
      await this.#journal.intent()
      const succession = await this.#log.phase('stage', () => this.#stage())
      const preflight = new Preflight(this.#state, succession, this.#environment, {
        ...this.#options,
        from: this.#options.from,
        takenBack: this.#options.takenBack,
        onListed: () => {
          this.#listed = true
        },
      })
      this.#preflight = preflight
      for (const version of this.#retired) this.#state.listed.set(version, this)
      await this.#log.phase('preflight', () => preflight.run())
      const change = new EpochChange(succession, this.#state.pace)
      const handoffs = this.#handoffs(preflight, change)
      for (const [attached, owner] of this.#early) handoffs.join(preflight.admit(attached, owner))
      this.#handover = { handoffs, preflight, change }
      this.#hand()
      // A dry run takes nothing out of service, so it fences nothing.
      const { toFence } = preflight
      if (toFence.length > 0 && !this.#options.dryRun) await this.#log.phase('fence', () => this.#fence(preflight))

      this.#undo.push(async () => {
        await change.abort()
        return []
      })
      this.#undo.push(() => handoffs.rollback())
      await this.#log.phase('prepare', async () => {
        await handoffs.prepare()
        await preflight.judgeCopied(handoffs.copied())
      })
      await change.writeKeys(preflight)
      await change.removeResources(preflight.orphans.keys())
      // Not under the hold: writers do not wait for the disk of the journal.
      await this.#journal.prepared()
      await this.#log.phase('converge', () => handoffs.converge())

      const outcome = {
        succession,
        preflight,
        handoffs,
        log: this.#log,
        environment: this.#environment,
        tables: this.#state.tables,
      }
      if (this.#options.dryRun) {
        this.#refuseAborted('converge')
        await this.#endDryRun()
        return { ...outcome, finalization: undefined, unrecorded: undefined }
      }
      const { bake, recorded } = await this.#log.phase('commit', () =>
        this.#commit(change, succession, preflight, handoffs),
      )
      const finalization = new Finalization(this.#state, {
        ...outcome,
        change,
        retired: this.#retired,
        orphans: preflight.orphans,
        policy: this.#options.drain,
        journal: this.#journal,
        recorded,
        ...(bake && { bake }),
      })
      const unrecorded = await recorded
      if (unrecorded !== undefined) this.#log.unrecorded(unrecorded)
      return { ...outcome, finalization, unrecorded }
    } catch (error) {
      throw await this.#rollback(error)
    } finally {
      this.#end()
      endWatch()
    }
  }

  #end(): void {
    for (const id of this.#ids) if (this.#state.operations.get(id) === this) this.#state.operations.delete(id)
    for (const version of this.#retired) this.#state.listed.delete(version)
    this.#hand()
    this.#decide()
  }

  #begin(): void {
    const ids = this.#ids
    const twice = ids.find((id, at) => ids.indexOf(id) !== at)
    if (twice !== undefined)
      throw new ReloadError('DUPLICATE', 'the plugin is named twice', {
        phase: 'validate',
        plugin: twice,
        hint: 'Name each plugin once.',
      })
    const busy = ids.find((id) => this.#state.operations.has(id))
    if (busy !== undefined) {
      throw new ReloadError('RELOAD_IN_PROGRESS', 'the plugin is being changed', {
        phase: 'validate',
        plugin: busy,
        hint: 'Await the operation under way, then try again.',
      })
    }
    this.#checkDependencies('validate')
    for (const id of ids) this.#state.operations.set(id, this)
  }

  #checkDependencies(phase: ReloadPhase): void {
    const installed = new Map([...this.#state.plugins].map(([id, version]) => [id, version.plugin.manifest]))
    for (const change of this.#changes) {
      const manifest = manifestAfter(change)
      if (manifest === undefined) installed.delete(idOf(change))
      else installed.set(manifest.id, manifest)
    }
    checkDependencies(installed, phase)
    this.#state.permanence.check(this.#changes, phase)
  }

  async #stage(): Promise<Succession> {
    const { signal } = this.#options
    const brought: Brought = {
      operation: this.#log.operation,
      manifests: this.#changes.map(manifestAfter).filter((it) => it !== undefined),
    }
    const installed: PluginVersion[] = []
    const fresh: PluginVersion[] = []
    for (const change of this.#changes) {
      if (change.kind === 'return') installed.push(change.to.returning(change.old, this.#state.past))
      if (change.kind !== 'install' && change.kind !== 'reload') continue
      const version = await register(this.#state, { ...change, brought }, this.#environment, signal)
      installed.push(version)
      fresh.push(version)
    }
    const succession = await Succession.of(this.#retired, installed, this.#state.pace)
    await new EpochChange(succession, this.#state.pace).check('stage')
    const initialized: PluginVersion[] = []
    this.#undo.push(() => this.#shutDown(initialized))
    for (const version of fresh) {
      await initialize(version, this.#environment, signal)
      initialized.push(version)
    }
    return succession
  }

  /** Resolves with what failed. */
  async #shutDown(initialized: readonly PluginVersion[]): Promise<unknown[]> {
    const errors: unknown[] = []
    await closeDependantsFirst(initialized, this.#state.concurrency, (version) =>
      shutdown(version, 'rollback', this.#environment).catch((error: unknown) => {
        errors.push(error)
      }),
    )
    return errors
  }

  async #fence({ toFence: versions, fencedFor }: Preflight): Promise<void> {
    this.#state.fence(versions)
    this.#undo.push(async () => {
      this.#state.unfence(versions)
      return []
    })
    const drain = this.#state.drainOf(versions)
    const { outcome, blockers } = await drain.run(this.#options.drain, this.#options.signal)
    if (outcome !== 'blocked') return
    this.#refuseAborted('fence')
    throw new ReloadError(
      'DRAIN_TIMEOUT',
      `leases hold the plugin: ${blockers.map(({ label, ageMs }) => `${label} (${Math.round(ageMs)} ms)`).join(', ')}`,
      {
        phase: 'fence',
        plugin: versions.map(({ label }) => label).join(', '),
        details: blockers,
        hint:
          `${fencedFor === undefined ? '' : `${fencedFor}. `}Wait for them, raise drain.deadlineMs, or say ` +
          `drain.onDeadline: 'force'.`,
      },
    )
  }

  #handoffs(preflight: Preflight, change: EpochChange): Handoffs {
    const { moves, cutovers } = preflight
    return new Handoffs(moves, this.#environment, {
      cutovers,
      concurrency: this.#state.concurrency,
      transaction: change.transaction,
      onSuccessor: (move, resource) => {
        const attached = preflight.attachedOf(move)
        if (attached?.owner !== undefined) change.succeed(attached, resource)
      },
      ...(this.#options.signal && { signal: this.#options.signal }),
      onHandoff: (event) => this.#log.handoff(event),
    })
  }

  /** One turn of the event loop. What may fail comes first; from the publish on nothing can. */
  #commit(change: EpochChange, succession: Succession, preflight: Preflight, handoffs: Handoffs): Committed {
    const state = this.#state
    this.#refuseAborted('commit')
    this.#checkDependencies('commit')
    change.refuseContended()
    handoffs.refuseUncommittable()

    const onWritten = commit(state, {
      change,
      succession,
      preflight,
      handoffs,
      retain: this.#options.bake !== undefined,
    })
    // At once: whoever sees the new version can change it, or make it permanent.
    const recorded = this.#journal.committed(this.#accepted(preflight, handoffs), onWritten)
    const bake = this.#bake(succession, handoffs)
    this.#end()
    handoffs.activate()
    this.#log.committed(state.epoch.number, succession)
    return { bake, recorded }
  }

  /** They are looked for, among all that was judged, only where the caller accepts something. */
  #accepted({ compat }: Preflight, handoffs: Handoffs): readonly JournaledAcceptance[] {
    return this.#options.accept.length === 0 ? [] : acceptedOf([...compat.entries, ...handoffs.verdicts])
  }

  /** From the commit on, for a while, the reload can be taken back. */
  #bake({ installed }: Succession, handoffs: Handoffs): Bake | undefined {
    const { bake: options, cutover, onOrphan, drain, accept } = this.#options
    if (options === undefined) return undefined
    const state = this.#state
    const bake = new Bake({
      options,
      environment: state.environment(false),
      plugin: installed.map(({ label }) => label).join(', '),
      kept: handoffs.kept(),
      underWay: () => this.#ids.map((id) => state.operations.get(id)?.decided).find((decided) => decided !== undefined),
      makePermanent: async () => {
        await Promise.all(installed.slice(0, 1).map((version) => state.permanence.make(version)))
      },
      takeBack: async (takenBack) => {
        const changes = installed.map((old, at): Change => ({
          kind: 'return',
          old,
          to: this.#retired[at] as PluginVersion,
        }))
        const outcome = await new Operation(state, changes, {
          cutover,
          onOrphan,
          drain,
          accept,
          dryRun: false,
          signal: undefined,
          handlers: undefined,
          takenBack,
        }).run()
        return reloadResults(outcome, installed)
      },
    })
    for (const version of installed) state.bakes.set(version, bake)
    void bake.over.then(({ outcome }) => {
      for (const version of installed) state.bakes.delete(version)
      this.#log.baked(outcome)
    })
    return bake
  }

  #refuseAborted(phase: ReloadPhase): void {
    const { signal } = this.#options
    if (signal?.aborted === true)
      throw new ReloadError('ABORTED', 'the caller aborted', { phase, cause: signal.reason })
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
    error.report = failureReport(
      this.#log.totalMs,
      this.#handover?.handoffs.report ?? [],
      this.#environment.meter.worst,
    )
    return error
  }

  /** Last done, first undone; goes on past what fails. */
  async #undoAll(): Promise<unknown[]> {
    const errors: unknown[] = []
    if (this.#undo.length === 0) return errors
    await this.#log.phase('rollback', async () => {
      for (const undo of this.#undo.splice(0).toReversed()) errors.push(...(await undo()))
    })
    return errors
  }
}
