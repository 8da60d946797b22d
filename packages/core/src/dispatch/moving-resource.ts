import type { ErrorPlace, ReloadError, ReloadPhase } from '../errors.js'
import type { HandoffReport } from '../handoff-report.js'
import type { GateMove, WriteFollower } from '../move/gate-move.js'
import type { MaybePromise } from '../maybe-promise.js'
import { reopen } from '../move/reopen.js'
import type { Discipline, HandoffJob, Opening, ResourceHandoff } from '../strategy.js'
import { synchronous } from '../synchronous.js'
import { activate } from './activate.js'
import type { ChosenCutover } from './cutovers.js'
import type { CountedVerdict } from './judging.js'
import type { HandoffStep } from './handoff-event.js'
import { placeOf, type ResourceMove } from './resource-move.js'
import { Step, type StepSubject } from './step.js'
import type { StepEnvironment } from './step-environment.js'
import type { Together } from './together.js'

/** An object that this handoff may have to close, and who claims it. */
interface Claimed {
  readonly resource: unknown
  readonly holder: ErrorPlace | undefined
  readonly next: Claimed | undefined
}

const DEFAULT: ChosenCutover = { cutover: 'overlap', by: undefined }

/** One resource, on its way from one provider to another. */
export class MovingResource implements GateMove<unknown, unknown>, StepSubject {
  readonly move: ResourceMove
  readonly cutover: ChosenCutover
  readonly place: ErrorPlace
  readonly step: Step
  readonly #together: Together<MovingResource>
  /** The old resource, the standby, and what was opened. A linked list. */
  #claimed: Claimed | undefined
  handoff: ResourceHandoff<unknown> | undefined
  successor: { readonly resource: unknown } | undefined
  /** Whether its writes are held only if its successor is behind when all others are in step. */
  goesUnheld = false
  /** Settles when what is left of the old resource is closed; `undefined` before that has begun. */
  finalized: Promise<void> | undefined
  /** Whether its successor is opened anew, by the `open` of its attach. */
  isReopened: boolean
  /** Whether its resource has left, so that it is no longer handed over. */
  withdrawn = false
  /** Whether its `converge` was begun: from there on, the old resource may be stopped. */
  converging = false
  /** Whether its gate stays held in a rollback, until the resource has been started again. */
  stopped = false
  /** The resource that was deactivated, and has to be activated again if it goes on serving. */
  deactivated: { readonly resource: unknown } | undefined
  activationError: ReloadError | undefined
  /** The end of the step that runs now; `undefined` where none does. */
  running: Promise<unknown> | undefined
  prepareMs = 0
  convergeMs = 0
  longestHeldMs = 0

  constructor(
    move: ResourceMove,
    cutover: ChosenCutover | undefined,
    environment: StepEnvironment,
    together: Together<MovingResource>,
  ) {
    this.move = move
    this.cutover = cutover ?? DEFAULT
    this.place = placeOf(move)
    this.step = new Step(environment, this.place, this)
    this.isReopened = move.reopened === true
    this.#together = together
  }

  get outcome(): 'pending' | 'committed' | 'aborted' {
    const { state } = this.#together.transaction
    return state === 'aborted' && this.stopped ? 'pending' : state
  }

  get sealedAt(): number | undefined {
    return this.#together.sealedAt
  }

  get discipline(): Discipline {
    return this.handoff?.discipline ?? this.move.strategy.discipline
  }

  get isHeld(): boolean {
    return this.move.gate.state === 'held'
  }

  found(verdict: CountedVerdict): void {
    const {
      strategy,
      name,
      key,
      transition: { to },
    } = this.move
    this.#together.verdicts.push({
      surface: strategy.surface.id,
      key,
      step: 'handoff',
      resource: name,
      ...(to && { plugin: `${to.id}@${to.version}` }),
      verdict,
    })
  }

  /** Adds the time that a step took. */
  took(step: HandoffStep, ms: number): void {
    if (step === 'prepare') this.prepareMs += ms
    if (step === 'converge') this.convergeMs += ms
  }

  stirred(): void {
    if (this.goesUnheld && !this.converging && !this.withdrawn) this.#together.dirty.add(this)
  }

  waits(): void {
    this.#together.waits(this)
  }

  switched(): WriteFollower<unknown> | undefined {
    const intact = this.handoff?.intact
    return intact && this.#together.standbys.replaced(this.move.gate, intact.resource)
  }

  strayed(): void {
    if (this.withdrawn) return
    this.goesUnheld = false
    this.#together.strays(this)
  }

  get report(): HandoffReport {
    const { move, cutover, step, isReopened, prepareMs, convergeMs, activationError } = this
    return {
      surface: move.strategy.surface.id,
      key: move.key,
      resource: move.name,
      discipline: this.discipline,
      cutover: cutover.cutover,
      cutoverBy: cutover.by,
      prepareMs,
      convergeMs,
      pauseMs: this.pauseMs,
      blockedMs: step.blockedMs,
      blockedBy: step.blockedBy,
      from: isReopened ? 'open' : move.standby?.isTaken === true ? 'standby' : 'serving',
      outlived: step.outlivedErrors,
      bytes: step.bytes,
      replayedWrites: step.replayedWrites,
      activationError,
    }
  }

  /** The longest that this reload has held one write, in milliseconds. */
  get pauseMs(): number {
    const { gate } = this.move
    if (this.outcome === 'pending') return gate.longestHeldMs
    gate.settle()
    return this.longestHeldMs
  }

  /** Closes the old resource; where that serves again, lets go only of what was made for the handoff. */
  finalize(): MaybePromise<void> {
    const intact = this.handoff?.intact
    if (intact !== undefined && this.#together.standbys.servesAgain(intact.resource)) return intact.release()
    return this.handoff?.finalize()
  }

  /** Begins the handoff: asks the strategy for it. Nothing of it is run yet. */
  begin(): void {
    const { strategy, name, key, old, next, gate, transition, open, standby, handedIn, reopened } = this.move
    gate.resetLongestHeld()
    gate.enter(this)
    if (strategy.handoff === undefined) throw new Error('the strategy of this surface cannot hand over a live resource')
    // A resource that was halted by an earlier `from: 'open'` has no checkpoint to start from.
    this.isReopened ||= gate.halted?.from === 'open'
    const offered = standby?.offer()
    if (handedIn === true && gate.halted === undefined) this.step.claim(gate.resource)
    if (standby !== undefined) this.#noteClaimed(standby.resource, this.#together.claims.holderOf(standby.resource))
    this.noteServing()
    const job: HandoffJob<unknown, unknown> = {
      name,
      key,
      old,
      next,
      gate,
      transition,
      cutover: this.cutover.cutover,
      ...(open && { open: (provider) => open(provider, this.#opening()) }),
      ...(offered && { standby: offered }),
      claim: (resource) => {
        this.claim(resource)
      },
      letGo: (resource) => {
        this.#together.claims.letGo(resource, this.#holderOf(resource) ?? this.place)
      },
    }
    if (this.isReopened) {
      const exclusive = reopened === true && (job.cutover === 'exclusive' || strategy.discipline === 'stop-and-copy')
      this.handoff = reopen(job, this.step, { exclusive, close: (resource) => strategy.close?.(resource) })
      return
    }
    const handoff: unknown = synchronous(strategy.handoff(job, this.step), 'handoff()', 'what takes time are its steps')
    if (!isHandoff(handoff)) throw new TypeError('the strategy returned something that is not a handoff')
    this.handoff = handoff
  }

  /**
   * Decides whether it goes unheld. A resource that has to be deactivated does not, as its writes are held for that.
   */
  #goUnheld(): void {
    // Nor does one whose gate was closed, so that its `hold` fails the reload.
    if ((this.move.strategy.deactivate !== undefined && !this.step.dryRun) || this.move.gate.state === 'closed') return
    this.goesUnheld = this.#askSuccessor()
    if (!this.move.gate.inStep) this.stirred()
  }

  /** Whether the successor has every write, and needs no `converge`. */
  isInStep(): boolean {
    if (!this.move.gate.inStep) return false
    try {
      return this.#askSuccessor()
    } catch {
      // The resource will be held and asked again, and then the failure is reported.
      return false
    }
  }

  #askSuccessor(): boolean {
    const resource = this.handoff?.successor?.()
    if (resource === undefined || resource === null) return false
    if (this.successor?.resource !== resource) this.succeed(resource)
    return true
  }

  /** Begins the handoff, and prepares its successor. */
  async prepare(): Promise<void> {
    this.begin()
    await this.handoff?.prepare?.()
    this.#goUnheld()
  }

  /** Takes `resource` as the successor. */
  succeed(resource: unknown): void {
    this.claim(resource)
    if (this.successor === undefined) this.#together.joins(this)
    this.successor = { resource }
    this.#together.onSuccessor(this)
  }

  activate(resource: unknown, phase: ReloadPhase): ReloadError | undefined {
    const { clock } = this.#together
    const startedAt = clock.now()
    try {
      activate(this.move.strategy, resource, { ...this.place, phase })
      return undefined
    } catch (error) {
      return error as ReloadError
    } finally {
      this.step.blocked('activate', clock.now() - startedAt)
    }
  }

  /** Activates the deactivated resource again if it goes on serving. One that was started in its place acts already. */
  reactivate(): ReloadError | undefined {
    const {
      deactivated,
      move: { gate },
    } = this
    this.deactivated = undefined
    if (deactivated === undefined || gate.halted !== undefined || gate.resource !== deactivated.resource) {
      return undefined
    }
    return this.activate(deactivated.resource, 'rollback')
  }

  claim(resource: unknown): void {
    const holder = this.#together.claims.holderOf(resource)
    if (holder !== undefined && holder === this.#holderOf(resource)) return
    this.step.claim(resource)
    this.#noteClaimed(resource, this.place)
  }

  /**
   * What `open` is given. Its `claim` refuses also the old resource itself, since the caller may close what it claims.
   */
  #opening(): Opening {
    return {
      claim: (resource) => {
        this.step.claim(resource)
        this.#noteClaimed(resource, this.place)
      },
      letGo: (resource) => {
        this.step.letGo(resource)
      },
    }
  }

  /**
   * Notes what serves now, as one of the objects to let go of. It may have changed since the handoff began: a write may
   * have started a halted resource.
   */
  noteServing(): void {
    const { gate } = this.move
    if (gate.halted === undefined && this.#holderOf(gate.resource) === undefined)
      this.#noteClaimed(gate.resource, this.#together.claims.holderOf(gate.resource))
  }

  /**
   * Ends the claims on all that was closed: everything but what serves, and the standby, which is closed by the reload
   * that replaced it.
   */
  letGoClosed(serving: readonly unknown[]): void {
    const { claims, standbys } = this.#together
    for (let claimed = this.#claimed; claimed; claimed = claimed.next) {
      const { resource, holder } = claimed
      const serves = serving.includes(resource) || standbys.servesAgain(resource)
      if (!serves && resource !== this.move.standby?.resource) claims.letGo(resource, holder)
    }
    // A halted gate refers to this handoff for as long as it is halted.
    this.#claimed = undefined
  }

  #noteClaimed(resource: unknown, holder: ErrorPlace | undefined): void {
    this.#claimed = { resource, holder, next: this.#claimed }
  }

  #holderOf(resource: unknown): ErrorPlace | undefined {
    for (let claimed = this.#claimed; claimed; claimed = claimed.next)
      if (claimed.resource === resource) return claimed.holder
    return undefined
  }
}

function isHandoff(value: unknown): value is ResourceHandoff<unknown> {
  if (typeof value !== 'object' || value === null) return false
  const { converge, rollback, finalize } = value as Partial<Record<string, unknown>>
  return [converge, rollback, finalize].every((member) => typeof member === 'function')
}
