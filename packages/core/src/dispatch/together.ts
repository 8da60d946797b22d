import type { Clock } from '../clock.js'
import { ReloadError, type ErrorPlace } from '../errors.js'
import type { Transaction } from '../mvcc/transaction.js'
import type { Pace } from '../pace.js'
import type { Claims } from './claims.js'
import type { CompatEntry } from './report.js'
import type { ResourceMove } from './resource-move.js'
import type { Standbys } from './standbys.js'

export interface TogetherInit<Moving> {
  readonly clock: Clock
  readonly claims: Claims
  readonly pace: Pace
  /** The transaction whose commit makes all successors serve. */
  readonly transaction: Transaction
  readonly standbys: Standbys
  /** Called when the successor of `moving` is known. */
  onSuccessor(moving: Moving): void
}

/** A resource of the reload, as {@link Together} sees it. */
interface Member {
  readonly move: ResourceMove
  readonly place: ErrorPlace
}

/**
 * What the resources of one reload share: what holds for all of them is assigned here once, and each adds here what the
 * others, or the reload, have to know of it.
 */
export class Together<Moving extends Member> {
  readonly clock: Clock
  readonly claims: Claims
  readonly pace: Pace
  readonly transaction: Transaction
  readonly onSuccessor: (moving: Moving) => void
  readonly standbys: Standbys
  /** The resources whose successor may be behind: a write was recorded, or a write or a use has begun. */
  readonly dirty = new Set<Moving>()
  /** The resources that were held to converge, and may have been deactivated or stopped since. */
  readonly held = new Set<Moving>()
  /** The verdicts of handoffs, each on one resource. */
  readonly verdicts: CompatEntry[] = []
  /** The resources whose strategy has `activate`, to be called in the turn of the commit. */
  readonly acting: Moving[] = []
  /** The resources whose successor belongs to the caller from the commit on. */
  readonly handedIn: Moving[] = []
  #sealedAt: number | undefined
  #closed = false
  /** The resources that have joined and whose preparation has not begun. */
  readonly joined: Moving[] = []
  /** A promise for each resource that is leaving: it resolves when its successor is closed. */
  readonly leaving = new Set<Promise<void>>()
  /** The resources at whose gates a write or a use waits. */
  readonly #waited = new Set<Moving>()
  /** The resources whose gate was closed or released, so that it cannot switch. */
  readonly #astray = new Set<Moving>()

  constructor({ clock, claims, pace, transaction, standbys, onSuccessor }: TogetherInit<Moving>) {
    this.clock = clock
    this.claims = claims
    this.pace = pace
    this.transaction = transaction
    this.standbys = standbys
    this.onSuccessor = onSuccessor
  }

  /** When writes were held at every gate; `undefined` before. */
  get sealedAt(): number | undefined {
    return this.#sealedAt
  }

  /** Whether resources can no longer join or leave: from the first hold that lasts until the commit. */
  get closed(): boolean {
    return this.#closed
  }

  close(): void {
    this.#closed = true
  }

  /** Holds writes at every gate. Every successor has to be in step. */
  seal(): void {
    this.#sealedAt = this.clock.now()
  }

  /** To be called when the successor of `moving` is known. */
  joins(moving: Moving): void {
    if (moving.move.strategy.activate !== undefined) this.acting.push(moving)
    if (moving.move.handedIn === true) this.handedIn.push(moving)
  }

  waits(moving: Moving): void {
    this.#waited.add(moving)
  }

  strays(moving: Moving): void {
    this.#astray.add(moving)
  }

  /** The resource whose gate was released or closed, so that the gate itself does not know it any more. */
  astrayAt(gate: unknown): Moving | undefined {
    for (const moving of this.#astray) if (moving.move.gate === gate) return moving
    return undefined
  }

  /** Forgets a resource that has left. */
  leaves(moving: Moving): void {
    for (const some of [this.dirty, this.#waited, this.#astray]) some.delete(moving)
  }

  /**
   * @throws ReloadError `HANDOFF` where a gate was closed or released after it converged, and so cannot switch.
   */
  refuseAstray(): void {
    const [astray] = this.#astray
    if (astray === undefined) return
    throw new ReloadError('HANDOFF', `the gate of the resource is ${astray.move.gate.state}, not held`, {
      ...astray.place,
      phase: 'commit',
      hint: 'Neither close nor release a gate before its reload is committed or rolled back.',
    })
  }

  /**
   * To be called when the reload is decided. Settles the gates at which a write or a use waits, as these would not find
   * out by themselves: in slices, the first in this turn. What waits at one gate goes on before the next gate is
   * settled.
   */
  async wake(): Promise<void> {
    const slices = this.pace.underHold
    for (const {
      move: { gate },
    } of this.#waited) {
      gate.settle()
      await undefined
      if (slices.due()) await slices.pause()
    }
    this.#waited.clear()
  }
}
