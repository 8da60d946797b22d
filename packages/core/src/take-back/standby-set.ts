import type { Standbys } from '../dispatch/standbys.js'
import type { WriteFollower } from '../move/gate-move.js'
import type { WriteGate } from '../move/gate.js'
import type { RecordBounds } from '../move/write-record.js'
import { Standby } from './standby.js'

type Gate = WriteGate<unknown, unknown>

/** The standbys of one reload that bakes, from its commit until the period is over. */
export class StandbySet implements Standbys {
  readonly #bounds: RecordBounds
  readonly #byGate = new Map<Gate, Standby<unknown, unknown>>()
  #isOver = false
  #servingAgain: ReadonlySet<unknown> = new Set()

  constructor(bounds: RecordBounds) {
    this.#bounds = bounds
  }

  replaced(gate: Gate, resource: unknown): WriteFollower<unknown> | undefined {
    if (this.#isOver) return undefined
    const standby = new Standby(gate, resource, this.#bounds)
    this.#byGate.set(gate, standby)
    return standby.missed
  }

  /** The standby of `gate`, where every write that it has missed is recorded; else `undefined`. */
  of(gate: Gate): Standby<unknown, unknown> | undefined {
    // The gate may not have been used since the commit, and then has not switched yet.
    gate.settle()
    const standby = this.#byGate.get(gate)
    return standby?.missed.isComplete === true ? standby : undefined
  }

  servesAgain(resource: unknown): boolean {
    return this.#servingAgain.has(resource)
  }

  /**
   * Notes which standbys serve again. Called in the turn in which the take-back commits: later they may have been
   * replaced by something else.
   */
  takenBack(): void {
    if (this.#isOver) return
    this.#servingAgain = new Set([...this.#byGate.values()].filter((it) => it.serves).map(({ resource }) => resource))
    this.letGo()
  }

  /** Drops every record of missed writes: the reload can no longer be taken back. */
  letGo(): void {
    this.#isOver = true
    for (const { missed } of this.#byGate.values()) missed.forget()
    this.#byGate.clear()
  }
}
