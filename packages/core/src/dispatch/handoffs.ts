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
  /** The cutover of each move; those that are missing overlap. */
  readonly cutovers: ReadonlyMap<ResourceMove, ChosenCutover>
  /** How many resources are prepared, and how many converge, at a time. */
  readonly concurrency: number
  readonly signal?: AbortSignal
  /** What makes the new resources serve, together with all else that it commits. Default: one for them alone. */
  readonly transaction?: Transaction
  /** Has replaced resources stand by until they are closed. Default: none stands by. */
  readonly standbys?: Standbys
  onHandoff?(event: HandoffEvent): void
  /**
   * Judges the new providers by the resources that have joined, before anything is prepared for these.
   *
   * @throws ReloadError where they are refused, which fails the reload.
   */
  judgeJoined?(joined: readonly ResourceMove[]): Promise<void>
  /**
   * Called before the commit, as soon as it is known what will serve. Where it is called twice for one move, the last
   * call counts.
   */
  onSuccessor?(move: ResourceMove, resource: unknown): void
}

/** The handoffs of one reload, driven through their steps together. */
export class Handoffs {
  readonly #moves: readonly ResourceMove[]
  readonly #environment: StepEnvironment
  readonly #options: HandoffsOptions
  /** One for each move that was to be prepared by now. */
  readonly #movings: MovingResource[] = []
  /** The same by gate, made when the first resource leaves. */
  #byGate: Map<unknown, MovingResource> | undefined
  /** The gates of resources that have left before they were to be prepared. */
  readonly #gone = new Set<unknown>()
  readonly #together: Together<MovingResource>
  readonly #drive: Drive
  /** In the order in which they were begun. The rollback goes the other way. */
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

  /** Like {@link report}, one by one, so that a caller can make it in slices. */
  *reports(): Generator<HandoffReport> {
    for (const moving of this.#movings) if (!moving.withdrawn) yield moving.report
  }

  /** The verdicts that handoffs have found, each on one resource. */
  get verdicts(): readonly CompatEntry[] {
    return this.#together.verdicts
  }

  /** The resources that will serve, with the moves they come from. */
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
   * Made one by one, as each is to be prepared. A hundred thousand made at once would all survive the next collections of
   * young objects, which take as long as what survives them is large.
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

  /** Whether another one may still {@link join}, and one of them {@link withdraw}. */
  get open(): boolean {
    return !this.#together.closed && this.#together.transaction.state === 'pending'
  }

  /**
   * Hands over one more, whose resource has begun to serve meanwhile. It is judged as the others were, prepared beside
   * them, and switches with them.
   *
   * @returns false where it is too late for that: writes are being held for the commit, or what will serve is decided.
   */
  join(move: ResourceMove, cutover?: ChosenCutover): boolean {
    if (!this.open) return false
    this.#together.joined.push(this.#movingOf(move, cutover))
    return true
  }

  /**
   * Takes a resource that leaves out of the reload: its gate goes on, or stays closed, and its successor is closed.
   * Where that fails, the observer is told, and nothing else fails.
   *
   * @returns resolves once the successor is closed; `undefined` where it is too late: the resource leaves when the
   * reload is decided.
   */
  withdraw(gate: WriteGate<unknown, unknown>): Promise<void> | undefined {
    if (!this.open) return undefined
    this.#byGate ??= new Map([...this.#movings, ...this.#together.joined].map((moving) => [moving.move.gate, moving]))
    const moving = this.#byGate.get(gate)
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
   * @throws ReloadError `HANDOFF` where a gate was closed or let go since it converged, so that not all could switch.
   */
  refuseUncommittable(): void {
    this.#together.refuseAstray()
  }

  /** Synchronous, runs no plugin code: every gate goes on against the new resource, or, where one cannot, none does. */
  commit(): void {
    this.refuseUncommittable()
    this.#together.transaction.commit(1)
    this.committed()
  }

  /** In the turn in which the transaction was committed, before anything else. */
  committed(): void {
    void this.#together.wake()
    void this.#letGoHandedIn()
  }

  /** In slices, the first in this turn. */
  async #letGoHandedIn(): Promise<void> {
    const { claims, handedIn, pace } = this.#together
    for (const { successor, place } of handedIn) {
      claims.letGo(successor?.resource, place)
      if (pace.due()) await pace.pause()
    }
  }

  /** Call it in the turn of the commit, after it. The commit stands, whatever a strategy throws here. */
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
   * Closes, once, what is left of the old resources, except for those that serve again. Resolves with what failed.
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
    const moving = new MovingResource(move, cutover, this.#environment, this.#together)
    this.#byGate?.set(move.gate, moving)
    return moving
  }

  async #prepare(movings: Iterable<MovingResource>): Promise<void> {
    await this.#drive.forward(movings, 'prepare', (moving) => {
      this.#begun.push(moving)
      return moving.prepare()
    })
  }

  /**
   * Prepares the resources that have joined by now. What joins meanwhile is prepared the next time, as there may be no
   * end of it.
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
        // A resource that has left could not be read, which says nothing of the new version. The others are judged
        // again.
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
    // A gate that was not used since the commit still has the move.
    gate.settle()
    try {
      await this.#drive.timed(moving, 'finalize', { code: 'HANDOFF' }, () => moving.finalize())
    } finally {
      moving.letGoClosed(successor === undefined ? [] : [successor.resource])
    }
  }
}
