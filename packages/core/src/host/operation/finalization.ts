import { forEachBounded } from '../../dispatch/bounded.js'
import type { Handoffs } from '../../dispatch/handoffs.js'
import type { StepEnvironment } from '../../dispatch/step-environment.js'
import type { Attached } from '../resource/attached.js'
import type { Bake } from '../permanence/bake.js'
import { closeResource } from '../resource/close-resource.js'
import { closeDependantsFirst } from '../lifecycle/close-order.js'
import { DEADLINE_MS, type Drain, type DrainPolicy, type DrainResult } from '../lease/drain.js'
import type { EpochChange } from '../plan/epoch-change.js'
import type { HostState } from '../state/host-state.js'
import type { Retirement } from '../state/retirement.js'
import type { OperationJournal } from '../permanence/operation-journal.js'
import type { PhaseLog } from '../report/phase-log.js'
import type { Plugin } from '../plugin/plugin.js'
import { PluginVersion } from '../epoch/plugin-version.js'
import type { BakeReport, FinalReport } from '../report/results.js'
import { shutdown } from '../lifecycle/lifecycle.js'

export interface FinalizationInit {
  readonly retired: readonly PluginVersion[]
  readonly handoffs: Handoffs
  readonly orphans: ReadonlyMap<Attached, PluginVersion>
  readonly change: EpochChange
  readonly policy: DrainPolicy
  readonly log: PhaseLog
  readonly environment: StepEnvironment
  readonly journal: OperationJournal
  /** Settles when the commit is written down, or could not be. */
  readonly recorded: Promise<unknown>
  /** `undefined` where the reload cannot be taken back. */
  readonly bake: Bake | undefined
}

type IsAsked = (owner: object | undefined) => boolean

/** What follows a commit: the old versions are drained, and then closed once. Reported, never thrown. */
export class Finalization implements Retirement {
  readonly finished: Promise<FinalReport>
  readonly #state: HostState
  readonly #init: FinalizationInit
  /**
   * Drains the leases that reach the retired versions; where these serve again, the leases that reach what they had
   * before and have no more.
   */
  #drain: Drain
  #closed: Promise<unknown[]> | undefined
  readonly #orphansClosed = new Map<Attached, Promise<void>>()
  readonly #unclosed: Set<PluginVersion>

  constructor(state: HostState, init: FinalizationInit) {
    this.#state = state
    this.#init = init
    this.#drain = state.epochs.drainOf(init.retired)
    this.#unclosed = new Set(init.retired)
    for (const version of init.retired) version.unclosed.add(this)
    state.retirements.add(this)
    this.finished = this.#run()
  }

  get unclosed(): Iterable<PluginVersion> {
    return this.#unclosed
  }

  get drain(): Drain {
    return this.#drain
  }

  /**
   * Fires the signals of the leases at the deadline, and closes the old versions then, also where they were to be kept.
   */
  async force(policy: DrainPolicy): Promise<void> {
    await this.#drain.run({ ...policy, onDeadline: 'force' })
    await this.close()
  }

  /** Closes what is left of the old versions. No lease may reach them any more. Resolves with what failed. */
  close(): Promise<unknown[]> {
    return (this.#closed ??= this.#closeAll())
  }

  /** Closes what is left of one of the old versions, while leases may still hold the others. */
  async closeOf(plugin: Plugin): Promise<void> {
    const { handoffs, recorded } = this.#init
    const isOf: IsAsked = (owner) => owner instanceof PluginVersion && owner.plugin === plugin
    await recorded
    await handoffs.finalize(isOf)
    // `close` waits for the same promises, and reports what fails.
    await this.#closeOrphans(isOf, () => {})
  }

  async #run(): Promise<FinalReport> {
    const { log, policy } = this.#init
    void this.#forgetOrphans()
    const [drained, bake] = await Promise.all([
      log.phase('drain', () => this.#drain.run(policy, this.#init.bake?.wentBack)),
      this.#init.bake?.over,
    ])
    const takenBack = bake?.outcome === 'taken-back'
    const { outcome, blockers } = takenBack ? await this.#drainLeft() : drained
    const told = { drainMs: log.ms.drain ?? 0, blockers, ...(bake && { bake }) }
    // Leases that outlived the deadline may have ended during the bake.
    if (outcome === 'blocked' && !this.#drain.isEnded) {
      log.kept(blockers)
      // The old version stays until its leases end, however long that takes; then it is closed like any other.
      void this.#drain.ended.then(() => this.close())
      return { status: takenBack ? 'taken-back' : 'kept', ...told, errors: [] }
    }
    const errors = await this.close()
    return { status: closedStatus(outcome, bake), ...told, errors }
  }

  /**
   * Drains what is left after a take-back. A lease on a plugin that serves again need not end: only leases on what the
   * plugin had before, and has no more, are waited for.
   */
  #drainLeft(): Promise<DrainResult> {
    this.#unclosed.clear()
    this.#drain = this.#state.epochs.drainOfOpened(this.#init.retired)
    const {
      retired,
      log,
      policy: { deadlineMs = DEADLINE_MS },
    } = this.#init
    if (this.#drain.blockers().length > 0) {
      // Each version is drained by itself: a lease that holds what is left of one of them holds nothing of the others.
      for (const version of retired) {
        void this.#state.epochs.drainOfOpened([version]).ended.then(() => this.closeOf(version.plugin))
      }
    }
    return this.#drain.run({ deadlineMs: deadlineMs - (log.ms.drain ?? 0) })
  }

  async #closeAll(): Promise<unknown[]> {
    const { log, handoffs, retired, environment, journal, recorded, bake } = this.#init
    const errors: unknown[] = []
    await recorded
    // An install retires nothing: it does not wait until the contracts of its keys are unlinked.
    const pruned = this.#prune()
    if (retired.length > 0) await pruned
    const note = (error: unknown): void => {
      errors.push(error)
    }
    await log.phase('finalize', async () => {
      errors.push(...(await handoffs.finalize()))
      await this.#closeOrphans(() => true, note)
      await closeDependantsFirst(retired, this.#state.environment.concurrency, async (version) => {
        version.unclosed.delete(this)
        if (bake?.wentBack.aborted !== true) {
          for (const earlier of version.unclosed) await earlier.closeOf(version.plugin)
          errors.push(...(await shutdown(version, 'finalize', environment)))
        }
        this.#unclosed.delete(version)
      })
    })
    errors.push(...(await journal.happened('finalized', 'finalize')))
    this.#state.retirements.delete(this)
    log.finalized(errors)
    return errors
  }

  /** Nobody is served by them since the commit. Those who wait at their gates are refused, in slices as well. */
  async #forgetOrphans(): Promise<void> {
    const { pace } = this.#init.environment
    for (const orphan of this.#init.orphans.keys()) {
      void orphan.gate.close()
      this.#state.resources.remove(orphan)
      if (pace.due()) await pace.pause()
    }
  }

  /**
   * Unlinks what was replaced. What leases can still see of it is unlinked once they have ended; nobody waits for that.
   */
  async #prune(): Promise<void> {
    const { change, retired } = this.#init
    const { epochs } = this.#state
    const prune = (): Promise<boolean> => change.prune(() => epochs.numbers)
    if (!(await prune())) void epochs.unseen(retired).then(prune)
  }

  async #closeOrphans(isAsked: IsAsked, note: (error: unknown) => void): Promise<void> {
    const { orphans, environment } = this.#init
    if (orphans.size === 0) return
    const { pace, concurrency } = this.#state.environment
    const asked: Attached[] = []
    for (const [attached, owner] of orphans) {
      if (isAsked(owner)) asked.push(attached)
      if (pace.due()) await pace.pause()
    }
    await forEachBounded(
      asked.toReversed(),
      concurrency,
      (attached) => {
        const closed = this.#orphansClosed.get(attached) ?? closeResource(attached, environment)
        this.#orphansClosed.set(attached, closed)
        return closed.catch(note)
      },
      () => {},
      pace,
    )
  }
}

function closedStatus(outcome: DrainResult['outcome'], bake: BakeReport | undefined): FinalReport['status'] {
  if (bake?.outcome === 'taken-back') return 'taken-back'
  if (outcome === 'forced') return 'forced'
  return bake?.outcome === 'stranded' ? 'stranded' : 'finalized'
}
