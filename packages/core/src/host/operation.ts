import { Handoffs } from '../dispatch/handoffs.js'
import { dryRunError } from '../dispatch/dry-run-error.js'
import { failureReport } from '../dispatch/report.js'
import { Judging, type Acceptance } from '../dispatch/judging.js'
import type { ReloadKindHandlers } from '../dispatch/request.js'
import type { StepEnvironment } from '../dispatch/step.js'
import { ReloadError, describeThrown, type ReloadPhase } from '../errors.js'
import type { Cutover } from '../strategy.js'
import { Bake, type BakeOptions } from './bake.js'
import { idOf, journaled, labelOf, manifestAfter, retiredBy, type Change } from './change.js'
import { closeDependantsFirst } from './close-order.js'
import { commit } from './commit.js'
import type { DrainPolicy } from './drain.js'
import { EpochChange } from './epoch-change.js'
import { Finalization } from './finalization.js'
import type { HostState } from './host-state.js'
import { checkDependencies } from './manifest.js'
import { acceptedOf, OperationJournal } from './operation-journal.js'
import type { Brought } from './permanent-versions.js'
import { PhaseLog } from './phase-log.js'
import type { PluginVersion } from './plugin-version.js'
import { Preflight } from './preflight.js'
import { reloadResult } from './reload-result.js'
import type { ReloadSource } from './reload-source.js'
import { initialize, register, shutdown } from './stage.js'
import { Succession } from './succession.js'

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
  /** Absent after a dry run. */
  readonly finalization: Finalization | undefined
  /** Why the commit is not written down, where that is so. */
  readonly unrecorded: ReloadError | undefined
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
  readonly #state: HostState
  readonly #changes: readonly Change[]
  readonly #options: OperationOptions
  readonly #log: PhaseLog
  readonly #journal: OperationJournal
  readonly #environment: StepEnvironment
  readonly #ids: readonly string[]
  readonly #retired: readonly PluginVersion[]
  #decide: () => void = () => {}
  #begun: Handoffs | undefined
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
        unjudged: state.unjudged, accept: options.accept,
        onAccepted: (place, verdict) => this.#log.accepted(place, verdict),
      }),
    })
    this.decided = new Promise((resolve) => { this.#decide = resolve })
  }

  /** @throws ReloadError after rolling back: the old versions serve, and the host is as it was. */
  async run(): Promise<Outcome> {
    await this.#log.phase('validate', () => this.#begin())
    try {
      await this.#journal.intent()
      const succession = await this.#log.phase('stage', () => this.#stage())
      const preflight = new Preflight(this.#state, succession, this.#environment, {
        ...this.#options, from: this.#options.from, takenBack: this.#options.takenBack,
      })
      for (const version of this.#retired) this.#state.listed.set(version, this)
      await this.#log.phase('preflight', () => preflight.run())
      // A dry run takes nothing out of service, so it fences nothing.
      const { toFence } = preflight
      if (toFence.length > 0 && !this.#options.dryRun) await this.#log.phase('fence', () => this.#fence(preflight))

      const handoffs = this.#begun = this.#handoffs(preflight)
      this.#undo.push(() => handoffs.rollback())
      await this.#log.phase('prepare', async () => {
        await handoffs.prepare()
        await preflight.judgeCopied(handoffs.copied())
      })
      const change = new EpochChange(this.#retired, succession.installed)
      change.warm(this.#state.epoch, preflight.slots)
      // Not under the hold: writers do not wait for the disk of the journal.
      await this.#journal.prepared()
      await this.#log.phase('converge', () => handoffs.converge())

      const outcome = { succession, preflight, handoffs, log: this.#log, environment: this.#environment }
      if (this.#options.dryRun) {
        this.#refuseAborted('converge')
        await this.#endDryRun()
        return { ...outcome, finalization: undefined, unrecorded: undefined }
      }
      const { bake, recorded } = await this.#log.phase(
        'commit', () => this.#commit(change, succession, preflight, handoffs),
      )
      const finalization = new Finalization(this.#state, {
        ...outcome, retired: this.#retired, orphans: preflight.orphans, policy: this.#options.drain, journal: this.#journal, recorded, ...(bake && { bake }),
      })
      const unrecorded = await recorded
      if (unrecorded !== undefined) this.#log.unrecorded(unrecorded)
      return { ...outcome, finalization, unrecorded }
    } catch (error) {
      throw await this.#rollback(error)
    } finally {
      this.#end()
    }
  }

  #end(): void {
    for (const id of this.#ids) if (this.#state.operations.get(id) === this) this.#state.operations.delete(id)
    for (const version of this.#retired) this.#state.listed.delete(version)
    this.#decide()
  }

  #begin(): void {
    const ids = this.#ids
    const twice = ids.find((id, at) => ids.indexOf(id) !== at)
    if (twice !== undefined) throw new ReloadError('DUPLICATE', 'the plugin is named twice', { phase: 'validate', plugin: twice, hint: 'Name each plugin once.' })
    const busy = ids.find((id) => this.#state.operations.has(id))
    if (busy !== undefined) {
      throw new ReloadError('RELOAD_IN_PROGRESS', 'the plugin is being changed', { phase: 'validate', plugin: busy, hint: 'Await the operation under way, then try again.' })
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
      operation: this.#log.operation, manifests: this.#changes.map(manifestAfter).filter((it) => it !== undefined),
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
    new EpochChange(this.#retired, installed).check(this.#state.epoch, 'stage')
    const initialized: PluginVersion[] = []
    this.#undo.push(() => this.#shutDown(initialized))
    for (const version of fresh) {
      await initialize(version, this.#environment, signal)
      initialized.push(version)
    }
    return new Succession(this.#retired, installed)
  }

  /** Resolves with what failed. */
  async #shutDown(initialized: readonly PluginVersion[]): Promise<unknown[]> {
    const errors: unknown[] = []
    await closeDependantsFirst(initialized, this.#state.concurrency, (version) =>
      shutdown(version, 'rollback', this.#environment).catch((error: unknown) => { errors.push(error) }))
    return errors
  }

  async #fence({ toFence: versions, fencedFor }: Preflight): Promise<void> {
    this.#state.publish(new EpochChange([], [], { add: versions }))
    this.#undo.push(async () => {
      this.#state.publish(new EpochChange([], [], { remove: versions }))
      return []
    })
    const drain = this.#state.drainOf(versions)
    const { outcome, blockers } = await drain.run(this.#options.drain, this.#options.signal)
    if (outcome !== 'blocked') return
    this.#refuseAborted('fence')
    throw new ReloadError('DRAIN_TIMEOUT', `leases hold the plugin: ${blockers.map(({ label, ageMs }) => `${label} (${Math.round(ageMs)} ms)`).join(', ')}`, {
      phase: 'fence', plugin: versions.map(({ label }) => label).join(', '), details: blockers,
      hint: `${fencedFor === undefined ? '' : `${fencedFor}. `}Wait for them, raise drain.deadlineMs, or say `
        + `drain.onDeadline: 'force'.`,
    })
  }

  #handoffs({ moves, cutovers }: Preflight): Handoffs {
    return new Handoffs(moves, this.#environment, {
      cutovers, concurrency: this.#state.concurrency,
      ...(this.#options.signal && { signal: this.#options.signal }),
      onHandoff: (event) => this.#log.handoff(event),
    })
  }

  /** One turn of the event loop. What may fail comes first; from the publish on nothing can. */
  #commit(change: EpochChange, succession: Succession, preflight: Preflight, handoffs: Handoffs): Committed {
    const state = this.#state
    this.#refuseAborted('commit')
    this.#checkDependencies('commit')
    change.check(state.epoch, 'commit')
    preflight.refuseUnjudged()
    handoffs.refuseUncommittable()

    const onWritten = commit(state, {
      change, succession, preflight, handoffs, retain: this.#options.bake !== undefined,
    })
    // At once: whoever sees the new version can change it, or make it permanent.
    const recorded = this.#journal.committed(acceptedOf([...preflight.compat.entries, ...handoffs.verdicts]), onWritten)
    const bake = this.#bake(succession, handoffs)
    this.#end()
    handoffs.activate()
    this.#log.committed(state.epoch.number, succession)
    return { bake, recorded }
  }

  /** From the commit on, for a while, the reload can be taken back. */
  #bake({ installed }: Succession, handoffs: Handoffs): Bake | undefined {
    const { bake: options, cutover, onOrphan, drain, accept } = this.#options
    if (options === undefined) return undefined
    const state = this.#state
    const bake = new Bake({
      options, environment: state.environment(false), plugin: installed.map(({ label }) => label).join(', '), kept: handoffs.kept(),
      underWay: () => this.#ids.map((id) => state.operations.get(id)?.decided).find((decided) => decided !== undefined),
      makePermanent: async () => { await Promise.all(installed.slice(0, 1).map((version) => state.permanence.make(version))) },
      takeBack: async (takenBack) => {
        const changes = installed.map((old, at): Change => ({ kind: 'return', old, to: this.#retired[at] as PluginVersion }))
        const outcome = await new Operation(
          state, changes,
          { cutover, onOrphan, drain, accept, dryRun: false, signal: undefined, handlers: undefined, takenBack },
        ).run()
        return installed.map((old) => reloadResult(outcome, old))
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
    if (signal?.aborted === true) throw new ReloadError('ABORTED', 'the caller aborted', { phase, cause: signal.reason })
  }

  async #endDryRun(): Promise<void> {
    const errors = await this.#undoAll()
    if (errors.length > 0) throw dryRunError(errors)
  }

  async #rollback(cause: unknown): Promise<ReloadError> {
    const error = ReloadError.is(cause) ? cause : new ReloadError('HANDOFF', describeThrown(cause), { phase: this.#log.current, cause })
    error.rollbackErrors.push(...await this.#undoAll(), ...await this.#journal.happened('rolled-back', 'rollback'))
    error.report = failureReport(this.#log.totalMs, this.#begun?.report ?? [], this.#environment.meter.worst)
    return error
  }

  /** Last done, first undone; goes on past what fails. */
  async #undoAll(): Promise<unknown[]> {
    const errors: unknown[] = []
    if (this.#undo.length === 0) return errors
    await this.#log.phase('rollback', async () => {
      for (const undo of this.#undo.splice(0).toReversed()) errors.push(...await undo())
    })
    return errors
  }
}
