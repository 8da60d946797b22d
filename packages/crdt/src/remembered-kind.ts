import { copyOf } from './copy.js'
import type { CrdtKindProvider, CrdtSample, CrdtState } from './contract.js'
import type { RecordedState } from './recorded-state.js'
import { sameBytes } from './state.js'

/**
 * What remains of a kind whose plugin was removed: its empty state and its samples as bytes and values, with the values
 * after late operations and of merges. Answers as the code would have for these, and throws for anything else.
 */
export class RememberedKind implements CrdtKindProvider {
  readonly kind: string
  readonly #states: readonly RecordedState[]
  readonly #merges: ReadonlyMap<string, unknown>

  /**
   * @param states the empty state first, then the samples, each followed by its state after its late operations.
   * @param merges values by {@link nameOfMerge}.
   */
  constructor(kind: string, states: readonly RecordedState[], merges: ReadonlyMap<string, unknown>) {
    this.kind = kind
    this.#states = states
    this.#merges = merges
  }

  empty(): CrdtState {
    return this.#open(this.#states[0] as RecordedState)
  }

  *samples(): Generator<CrdtSample> {
    const become = new Set(this.#states.map(({ late }) => late?.becomes))
    for (const state of this.#states.slice(1)) if (!become.has(state)) yield this.#open(state)
  }

  fromPersisted(bytes: Uint8Array): CrdtState {
    const state = withBytes(this.#states, bytes)
    if (state === undefined)
      throw new Error(
        `kind "${this.kind}" was removed: of its documents, only the empty one and the samples are remembered`,
      )
    return this.#open(state)
  }

  #open(state: RecordedState): RememberedState {
    // The bytes identify a state, as `fromPersisted` is given nothing else.
    const { name } = withBytes(this.#states, state.bytes) ?? state
    return new RememberedState({ ...state, name }, this.#merges)
  }
}

class RememberedState implements CrdtSample {
  readonly late?: readonly Uint8Array[]
  readonly #merges: ReadonlyMap<string, unknown>
  #state: Partial<RecordedState>
  #arrived = 0

  constructor(state: RecordedState, merges: ReadonlyMap<string, unknown>) {
    this.#state = state
    this.#merges = merges
    if (state.late) this.late = state.late.ops
  }

  apply(op: Uint8Array): void {
    const { late } = this.#state
    const expected = late?.ops[this.#arrived]
    if (late === undefined || expected === undefined || !sameBytes(op, expected)) {
      throw new Error('a remembered state takes no operations but its late ones: the code of its kind is gone')
    }
    this.#arrived += 1
    // The values between two late operations are not remembered.
    this.#state = this.#arrived === late.ops.length ? late.becomes : { late }
  }

  merge(other: CrdtState): void {
    const name = other instanceof RememberedState ? nameOfMerge(this.#state.name ?? '', other.#state.name ?? '') : ''
    if (!this.#merges.has(name)) throw new Error('this merge is not remembered, and the code of its kind is gone')
    this.#state = { name, value: this.#merges.get(name) }
  }

  value(): unknown {
    if (!('value' in this.#state)) throw new Error('the value between two late operations is not remembered')
    return copyOf(this.#state.value)
  }

  persist(): Uint8Array {
    if (this.#state.bytes === undefined)
      throw new Error('the bytes of a merged state are not remembered, and the code of its kind is gone')
    return new Uint8Array(this.#state.bytes)
  }
}

/** The name of a merge of two states, which is the key of its value. */
export function nameOfMerge(into: string, from: string): string {
  return `(${into} + ${from})`
}

/** The first state with these bytes. */
export function withBytes(states: readonly RecordedState[], bytes: Uint8Array): RecordedState | undefined {
  return states.find((state) => sameBytes(state.bytes, bytes))
}
