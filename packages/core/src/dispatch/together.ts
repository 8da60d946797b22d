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
  /** What makes all of them serve. */
  readonly transaction: Transaction
  /** What becomes of the resources that were replaced. */
  readonly standbys: Standbys
  /** Called with the resource whose successor is known from now on. */
  onSuccessor(moving: Moving): void
}

/** What has to be known of each resource here. */
interface Member {
  readonly move: ResourceMove
  readonly place: ErrorPlace
}

/**
 * What the resources of one reload share. What concerns all of them is said here, once, and what one finds is told
 * here.
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
  /** The resources that were held to converge: from there on they may be deactivated, and stopped. */
  readonly held = new Set<Moving>()
  /** What was found of single resources. */
  readonly verdicts: CompatEntry[] = []
  /** The resources whose successor is to be activated at the commit. */
  readonly acting: Moving[] = []
  /** The resources whose successor belongs to the caller from the commit on. */
  readonly handedIn: Moving[] = []
  #sealedAt: number | undefined
  #closed = false
  /** The resources that have joined, and are not prepared yet. */
  readonly joined: Moving[] = []
  /** A promise for each resource that is leaving: it resolves when its successor is closed. */
  readonly leaving = new Set<Promise<void>>()
  /** The resources at whose gate somebody waits. */
  readonly #waited = new Set<Moving>()
  /** The resources whose gate was closed or let go, so that it cannot switch. */
  readonly #astray = new Set<Moving>()

  constructor({ clock, claims, pace, transaction, standbys, onSuccessor }: TogetherInit<Moving>) {
    this.clock = clock
    this.claims = claims
    this.pace = pace
    this.transaction = transaction
    this.standbys = standbys
    this.onSuccessor = onSuccessor
  }

  /** Since when writes are held at every gate, up to the commit or the rollback. */
  get sealedAt(): number | undefined {
    return this.#sealedAt
  }

  /** Whether others may no longer join, or leave: from the first hold that lasts to the commit. */
  get closed(): boolean {
    return this.#closed
  }

  close(): void {
    this.#closed = true
  }

  /** Holds writes at every gate. Nothing may be left to do: no write in flight, none that a successor has not. */
  seal(): void {
    this.#sealedAt = this.clock.now()
  }

  /** Its successor is known. */
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

  /** Forgets a resource that is no longer handed over. */
  leaves(moving: Moving): void {
    for (const some of [this.dirty, this.#waited, this.#astray]) some.delete(moving)
  }

  /**
   * @throws ReloadError `HANDOFF` where a gate was closed or let go since it converged, so that not all could switch.
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
   * Wakes those who wait at gates, once the reload is decided. A gate finds that out when it is used next, and those
   * who wait do not use it. In slices, the first in this turn; what waits at one gate goes on before the next gate is
   * told.
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
