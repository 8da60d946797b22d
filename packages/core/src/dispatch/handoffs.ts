import { ReloadError } from '../errors.js'
import type { HandoffReport } from '../handoff-report.js'
import type { WriteGate } from '../move/gate.js'
import { Transaction } from '../mvcc/transaction.js'
import { converge } from './converge.js'
import type { ChosenCutover } from './cutovers.js'
import { Drive } from './drive.js'
import type { HandoffEvent } from './handoff-event.js'
import { MovingResource } from './moving-resource.js'
import type { CompatEntry } from './report.js'
import type { ResourceMove } from './resource-move.js'
import { rollBack } from './roll-back.js'
import { NO_STANDBYS, type Standbys } from './standbys.js'
import type { StepEnvironment } from './step-environment.js'
import { Together } from './together.js'

export interface HandoffsOptions {
  /** The cutover of each move. Moves that are not in it overlap. */
  readonly cutovers: ReadonlyMap<ResourceMove, ChosenCutover>
  /** How many resources take a step at a time. */
  readonly concurrency: number
  readonly signal?: AbortSignal
  /** The transaction whose commit makes the new resources serve. Default: one of their own. */
  readonly transaction?: Transaction
  /** Decides which replaced resources stand by until they are closed. Default: none. */
  readonly standbys?: Standbys
  onHandoff?(event: HandoffEvent): void
  /**
   * Judges the new providers by the resources that have joined, before anything is prepared for these.
   *
   * @throws ReloadError where a provider is refused, which fails the reload.
   */
  judgeJoined?(joined: readonly ResourceMove[]): Promise<void>
  /**
   * Called before the commit, as soon as the successor is known. If it is called twice for one move, the last call
   * counts.
   */
  onSuccessor?(move: ResourceMove, resource: unknown): void
}

/** The handoffs of one reload, driven through their steps together. */
export class Handoffs {
  readonly #moves: readonly ResourceMove[]
  readonly #environment: StepEnvironment
  readonly #options: HandoffsOptions
  /** One for each move whose preparation has begun. */
  readonly #movings: MovingResource[] = []
  /** Those that have joined, by gate. */
  readonly #joined = new Map<unknown, MovingResource>()
  /** The gates of resources that have left before their preparation was begun. */
  readonly #gone = new Set<unknown>()
  readonly #together: Together<MovingResource>
  readonly #drive: Drive
  /** In the order in which they were begun. The rollback goes in reverse. */
  #begun: MovingResource[] = []

  constructor(moves: readonly ResourceMove[], environment: StepEnvironment, options: HandoffsOptions) {
    const { clock, claims, pace } = environment
    this.#together = new Together<MovingResource>({
      clock,
      claims,
      pace,
      transaction: options.transaction ?? new Transaction(),
      standbys: options.standbys ?? NO_STANDBYS,
      onSuccessor: ({ move, successor }) => {
        options.onSuccessor?.(move, successor?.resource)
      },
    })
    this.#drive = new Drive({ ...options, clock, pace })
    this.#moves = moves
    this.#environment = environment
    this.#options = options
  }

  get report(): HandoffReport[] {
    return [...this.reports()]
  }

  /** The reports, made one by one, so that the caller can pause between them. */
  *reports(): Generator<HandoffReport> {
    for (const moving of this.#movings) if (!moving.withdrawn) yield moving.report
  }

  /** The verdicts of handoffs, each on one resource. */
  get verdicts(): readonly CompatEntry[] {
    return this.#together.verdicts
  }

  /** The moves, each with the resource that will serve. */
  *results(): Generator<readonly [move: ResourceMove, resource: unknown]> {
    if (this.#together.transaction.state === 'aborted') return
    for (const { move, successor, withdrawn } of this.#movings) {
      if (successor && !withdrawn) yield [move, successor.resource]
    }
  }

  async prepare(): Promise<void> {
    await this.#prepare(this.#listed())
    await this.#prepareJoined()
  }

  /**
   * Makes each moving resource when it is to be prepared. A hundred thousand made at once would survive the next
   * collections of young objects, and these take as long as there are objects that survive.
   */
  *#listed(): Generator<MovingResource> {
    for (const move of this.#moves) {
      if (this.#gone.has(move.gate)) continue
      const moving = this.#movingOf(move)
      this.#movings.push(moving)
      yield moving
    }
  }

  /** Brings every successor in step. Writes are held at every gate afterwards. */
  async converge(): Promise<void> {
    await converge(this.#movings, this.#together, this.#drive, () => this.#prepareJoined())
  }

  /** Whether a resource may still {@link join} or {@link withdraw}. */
  get open(): boolean {
    return !this.#together.closed && this.#together.transaction.state === 'pending'
  }

  /**
   * Hands over a resource that has begun to serve since this reload began. It is judged and prepared as the others
   * were, and switches with them.
   *
   * @returns false where it is too late: the last hold has begun, or the reload is decided.
   */
  join(move: ResourceMove, cutover?: ChosenCutover): boolean {
    if (!this.open) return false
    const moving = this.#movingOf(move, cutover)
    this.#joined.set(move.gate, moving)
    this.#together.joined.push(moving)
    return true
  }

  /**
   * Takes a resource that leaves out of the reload: its gate lets writes go on, unless it was closed, and its successor
   * is closed. If that fails, only the observer is told.
   *
   * @returns a promise that resolves once the successor is closed; `undefined` where it is too late, so that the
   * resource can leave only when the reload is decided.
   */
  withdraw(gate: WriteGate<unknown, unknown>): Promise<void> | undefined {
    if (!this.open) return undefined
    const moving = this.#movingAt(gate)
    if (moving === undefined) {
      this.#gone.add(gate)
      return Promise.resolve()
    }
    const { leaving } = this.#together
    const left = this.#withdraw(moving).finally(() => {
      leaving.delete(left)
    })
    leaving.add(left)
    return left
  }

  /**
   * @throws ReloadError `HANDOFF` where a gate was closed or released after it converged, and so cannot switch.
   */
  refuseUncommittable(): void {
    this.#together.refuseAstray()
  }

  /** Switches every gate to its new resource, or throws where one cannot, and switches none. Runs no plugin code. */
  commit(): void {
    this.refuseUncommittable()
    this.#together.transaction.commit(1)
    this.committed()
  }

  /** To be called in the turn in which the transaction was committed, before anything else. */
  committed(): void {
    void this.#together.wake()
    void this.#letGoHandedIn()
  }

  /** Ends the claims on resources that the caller handed in, and owns again: in slices, the first in this turn. */
  async #letGoHandedIn(): Promise<void> {
    const { claims, handedIn, pace } = this.#together
    for (const { successor, place } of handedIn) {
      claims.letGo(successor?.resource, place)
      if (pace.due()) await pace.pause()
    }
  }

  /** To be called after the commit, in its turn. What a strategy throws here is reported, and the commit stands. */
  activate(): void {
    const { clock, acting } = this.#together
    for (const moving of acting) {
      if (moving.successor === undefined || moving.withdrawn) continue
      const startedAt = clock.now()
      moving.activationError = moving.activate(moving.successor.resource, 'commit')
      this.#drive.tell(moving, 'activate', clock.now() - startedAt, moving.activationError)
    }
  }

  /** Undoes what was begun. Resolves with what failed on the way, last begun first. */
  rollback(): Promise<unknown[]> {
    const begun = this.#begun
    this.#begun = []
    return rollBack(begun, this.#together, this.#drive)
  }

  /**
   * Closes the old resources once, except for those that serve again. Resolves with what failed.
   *
   * @param isAsked picks the resources to close, by their owners. Default: all.
   */
  async finalize(isAsked: (owner: object | undefined) => boolean = () => true): Promise<unknown[]> {
    const errors: unknown[] = []
    if (this.#together.leaving.size > 0) await Promise.all(this.#together.leaving)
    if (this.#movings.length === 0) return errors
    await this.#drive.each(this.#movings, async (moving) => {
      if (moving.withdrawn || !isAsked(moving.move.owner)) return
      try {
        await (moving.finalized ??= this.#finalize(moving))
      } catch (error) {
        errors.push(error)
      }
    })
    return errors
  }

  #movingOf(move: ResourceMove, cutover = this.#options.cutovers.get(move)): MovingResource {
    return new MovingResource(move, cutover, this.#environment, this.#together)
  }

  /** `undefined` where nothing was begun at `gate`. No list is searched, as each may be of a hundred thousand. */
  #movingAt(gate: WriteGate<unknown, unknown>): MovingResource | undefined {
    const { move } = gate
    return move instanceof MovingResource ? move : (this.#joined.get(gate) ?? this.#together.astrayAt(gate))
  }

  async #prepare(movings: Iterable<MovingResource>): Promise<void> {
    await this.#drive.forward(movings, 'prepare', (moving) => {
      this.#begun.push(moving)
      return moving.prepare()
    })
  }

  /**
   * Prepares the resources that have joined by now. Those that join meanwhile are left for the next call, as resources
   * may join without end.
   */
  async #prepareJoined(): Promise<void> {
    const joined = this.#together.joined.splice(0)
    if (joined.length === 0) return
    this.#movings.push(...joined)
    await this.#judgeJoined(joined)
    await this.#prepare(joined)
  }

  async #judgeJoined(joined: readonly MovingResource[]): Promise<void> {
    for (;;) {
      const staying = joined.filter(({ withdrawn }) => !withdrawn)
      if (staying.length === 0) return
      try {
        await this.#options.judgeJoined?.(staying.map(({ move }) => move))
        return
      } catch (error) {
        // A sample of a resource that has left cannot be read, which says nothing about the new version. So those that
        // stay are judged again.
        if (!staying.some(({ withdrawn }) => withdrawn)) throw error
      }
    }
  }

  async #withdraw(moving: MovingResource): Promise<void> {
    const {
      step,
      place,
      move: { gate },
    } = moving
    moving.withdrawn = true
    this.#together.leaves(moving)
    gate.leave()
    step.giveUp(new ReloadError('ABORTED', 'the resource was detached', place))
    await moving.running?.catch(() => {})
    const { handoff } = moving
    if (handoff === undefined) return
    await this.#drive
      .timed(moving, 'rollback', { code: 'HANDOFF' }, () => handoff.rollback())
      .catch((error: unknown) => {
        step.unclean('rollback', error)
      })
    moving.letGoClosed(gate.halted === undefined ? [gate.resource] : [])
  }

  async #finalize(moving: MovingResource): Promise<void> {
    const {
      successor,
      move: { gate },
    } = moving
    // A gate that was not used since the commit has not read the outcome.
    gate.settle()
    try {
      await this.#drive.timed(moving, 'finalize', { code: 'HANDOFF' }, () => moving.finalize())
    } finally {
      moving.letGoClosed(successor === undefined ? [] : [successor.resource])
    }
  }
}
