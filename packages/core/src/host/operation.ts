import { Handoffs } from '../dispatch/handoffs.js'
import { failureReport } from '../dispatch/report.js'
import type { ReloadKindHandlers } from '../dispatch/request.js'
import type { StepEnvironment } from '../dispatch/step.js'
import { ReloadError, describeThrown, type ReloadPhase } from '../errors.js'
import type { Cutover } from '../strategy.js'
import type { DrainPolicy } from './drain.js'
import { EpochChange } from './epoch-change.js'
import { Finalization } from './finalization.js'
import type { HostState } from './host-state.js'
import { tableKey } from './table-key.js'
import { checkDependencies } from './manifest.js'
import { PhaseLog } from './phase-log.js'
import type { Plugin } from './plugin.js'
import type { PluginVersion } from './plugin-version.js'
import { Preflight } from './preflight.js'
import { initialize, register, shutdown } from './stage.js'
import { Succession } from './succession.js'

/** One plugin's part in an operation. */
export type Change =
  | { readonly kind: 'install'; readonly plugin: Plugin }
  | { readonly kind: 'reload'; readonly old: PluginVersion; readonly plugin: Plugin }
  | { readonly kind: 'remove'; readonly old: PluginVersion }

export interface OperationOptions {
  readonly cutover: Cutover
  readonly dryRun: boolean
  readonly onOrphan: 'reject' | 'close'
  readonly signal: AbortSignal | undefined
  readonly handlers: ReloadKindHandlers | undefined
  readonly drain: DrainPolicy
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
}

/** One install, reload or removal of one plugin or several: the phases of the protocol, with one commit. */
export class Operation {
  /** Settles when the operation has committed or rolled back. Never rejects. */
  readonly decided: Promise<void>
  readonly #state: HostState
  readonly #changes: readonly Change[]
  readonly #options: OperationOptions
  readonly #log: PhaseLog
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
    this.#ids = changes.map((change) => change.kind === 'remove' ? change.old.id : change.plugin.manifest.id)
    this.#retired = changes.flatMap((change) => change.kind === 'install' ? [] : change.old)
    this.#log = new PhaseLog(state, changes.map((change) => change.kind === 'remove' ? change.old.label : `${change.plugin.manifest.id}@${change.plugin.manifest.version}`))
    this.#environment = state.environment(options.dryRun, (place, done, total) => this.#log.progress(place, done, total))
    this.decided = new Promise((resolve) => { this.#decide = resolve })
  }

  /** @throws ReloadError after rolling back: the old versions serve, and the host is as it was. */
  async run(): Promise<Outcome> {
    await this.#log.phase('validate', () => this.#begin())
    try {
      const succession = await this.#log.phase('stage', () => this.#stage())
      const preflight = new Preflight(this.#state, succession, this.#environment, this.#options)
      for (const version of this.#retired) this.#state.listed.set(version, this)
      await this.#log.phase('preflight', () => preflight.run())
      // A dry run takes nothing out of service, so it fences nothing.
      if (this.#options.cutover === 'exclusive' && !this.#options.dryRun) await this.#log.phase('fence', () => this.#fence())

      const handoffs = this.#begun = this.#handoffs(preflight)
      this.#undo.push(() => handoffs.rollback())
      await this.#log.phase('prepare', () => handoffs.prepare())
      const change = new EpochChange(this.#retired, succession.installed)
      change.warm(this.#state.epoch, preflight.slots)
      await this.#log.phase('converge', () => handoffs.converge())

      const outcome = { succession, preflight, handoffs, log: this.#log, environment: this.#environment }
      if (this.#options.dryRun) {
        await this.#endDryRun()
        return { ...outcome, finalization: undefined }
      }
      await this.#log.phase('commit', () => this.#commit(change, succession, preflight, handoffs))
      const finalization = new Finalization(this.#state, { ...outcome, retired: this.#retired, orphans: preflight.orphans, policy: this.#options.drain })
      return { ...outcome, finalization }
    } catch (error) {
      throw await this.#rollback(error)
    } finally {
      for (const id of this.#ids) this.#state.operations.delete(id)
      for (const version of this.#retired) this.#state.listed.delete(version)
      this.#decide()
    }
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
      if (change.kind === 'remove') installed.delete(change.old.id)
      else installed.set(change.plugin.manifest.id, change.plugin.manifest)
    }
    checkDependencies(installed, phase)
  }

  async #stage(): Promise<Succession> {
    const { signal } = this.#options
    const installed: PluginVersion[] = []
    for (const change of this.#changes) {
      if (change.kind === 'remove') continue
      installed.push(await register(this.#state, change.plugin, change.kind === 'reload' ? change.old : undefined, this.#environment, signal))
    }
    new EpochChange(this.#retired, installed).check(this.#state.epoch, 'stage')
    for (const version of installed) {
      await initialize(version, this.#environment, signal)
      this.#undo.push(() => shutdown(version, 'rollback', this.#environment).then(() => [], (error: unknown) => [error]))
    }
    return new Succession(this.#retired, installed)
  }

  async #fence(): Promise<void> {
    this.#state.publish(new EpochChange([], [], { add: this.#retired }))
    this.#undo.push(async () => {
      this.#state.publish(new EpochChange([], [], { remove: this.#retired }))
      return []
    })
    const drain = this.#state.drainOf(this.#retired)
    const { outcome, blockers } = await drain.run(this.#options.drain, this.#options.signal)
    if (outcome !== 'blocked') return
    this.#refuseAborted('fence')
    throw new ReloadError('DRAIN_TIMEOUT', `leases hold the plugin: ${blockers.map(({ label, ageMs }) => `${label} (${Math.round(ageMs)} ms)`).join(', ')}`, {
      phase: 'fence', plugin: this.#retired.map(({ label }) => label).join(', '), details: blockers,
      hint: "Wait for them, raise drain.deadlineMs, or say drain.onDeadline: 'force'.",
    })
  }

  #handoffs({ moves }: Preflight): Handoffs {
    return new Handoffs(moves, this.#environment, {
      cutover: this.#options.cutover, concurrency: this.#state.concurrency,
      ...(this.#options.signal && { signal: this.#options.signal }),
      onHandoff: (event) => this.#log.handoff(event),
    })
  }

  /** One turn of the event loop. What may fail comes first; from the publish on nothing can. */
  #commit(change: EpochChange, succession: Succession, preflight: Preflight, handoffs: Handoffs): void {
    const state = this.#state
    this.#refuseAborted('commit')
    this.#checkDependencies('commit')
    change.check(state.epoch, 'commit')
    preflight.refuseUnjudged()
    handoffs.refuseUncommittable()

    const moved = new Map([...handoffs.results()].map(([{ gate }, resource]) => [gate, resource]))
    for (const attached of state.attached.values()) {
      const owner = moved.has(attached.gate) ? succession.after(attached.slot, attached.key)?.owner : undefined
      if (owner === undefined) continue
      attached.owner = owner
      change.edit({ slot: attached.slot, name: attached.name, entry: { owner, slot: { live: moved.get(attached.gate) } } })
    }
    for (const { slot, name } of preflight.orphans) change.edit({ slot, name, entry: undefined })

    state.publish(change)
    handoffs.commit()
    for (const { slot, name, gate } of preflight.orphans) {
      state.attached.delete(tableKey(slot, name))
      void gate.close()
    }
    for (const { id } of this.#retired) if (!succession.installed.some((version) => version.id === id)) state.plugins.delete(id)
    for (const version of succession.installed) {
      state.plugins.set(version.id, version)
      for (const { slot, key } of version.registrations) state.remembered.delete(tableKey(slot, key))
    }
    for (const [key, kept] of preflight.remembered) state.remembered.set(key, kept)
    this.#log.committed(state.epoch.number)
  }

  #refuseAborted(phase: ReloadPhase): void {
    const { signal } = this.#options
    if (signal?.aborted === true) throw new ReloadError('ABORTED', 'the caller aborted', { phase, cause: signal.reason })
  }

  async #endDryRun(): Promise<void> {
    const errors = await this.#undoAll()
    if (errors.length === 0) return
    const error = new ReloadError('HANDOFF', `the dry run went well, and undoing it did not: ${describeThrown(errors[0])}`, { phase: 'rollback', cause: errors[0] })
    error.rollbackErrors.push(...errors)
    throw error
  }

  async #rollback(cause: unknown): Promise<ReloadError> {
    const error = ReloadError.is(cause) ? cause : new ReloadError('HANDOFF', describeThrown(cause), { phase: this.#log.current, cause })
    error.rollbackErrors.push(...await this.#undoAll())
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
