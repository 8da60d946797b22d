import type { Standbys } from '../dispatch/standbys.js'
import type { WriteFollower } from '../move/gate-move.js'
import type { WriteGate } from '../move/gate.js'
import type { RecordBounds } from '../move/write-record.js'
import { Standby } from './standby.js'

type Gate = WriteGate<unknown, unknown>

/** What stands by for the resources of one reload that bakes, from its commit until the period is over. */
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

  /** What stands by for `gate`, where it has missed no more than was recorded. */
  of(gate: Gate): Standby<unknown, unknown> | undefined {
    // The gate may not have been used since the commit.
    gate.settle()
    const standby = this.#byGate.get(gate)
    return standby?.missed.isComplete === true ? standby : undefined
  }

  servesAgain(resource: unknown): boolean {
    return this.#servingAgain.has(resource)
  }

  /** The reload was taken back. In the turn of that commit: what serves again may be replaced by anything else later. */
  takenBack(): void {
    if (this.#isOver) return
    this.#servingAgain = new Set([...this.#byGate.values()].filter((it) => it.serves).map(({ resource }) => resource))
    this.letGo()
  }

  /** The reload cannot be taken back any more: nothing is recorded for that from here on. */
  letGo(): void {
    this.#isOver = true
    for (const { missed } of this.#byGate.values()) missed.forget()
    this.#byGate.clear()
  }
}
