import type { StepContext } from '@uni/reload-core'
import { mergeCopies, MergePartners, type MergedValues } from './copies.js'
import { copyOf } from './copy.js'
import type { CrdtKindProvider, CrdtState } from './contract.js'
import { Probe, Refusal } from './probe.js'
import { recordOwn, type RecordedState } from './recorded-state.js'

/**
 * What is left of a kind whose key was removed: its empty state and its samples, as bytes and values, and what it made of
 * merging them. Answers for these what the plugin's code would have answered, and for nothing else.
 */
export class RememberedKind implements CrdtKindProvider {
  readonly kind: string
  readonly #states: readonly RecordedState[]
  readonly #merges: ReadonlyMap<string, unknown>

  constructor(kind: string, states: readonly RecordedState[], merges: ReadonlyMap<string, unknown>) {
    this.kind = kind
    this.#states = states
    this.#merges = merges
  }

  empty(): CrdtState {
    return this.fromPersisted((this.#states[0] as RecordedState).bytes)
  }

  * samples(): Generator<CrdtState> {
    for (const { bytes } of this.#states.slice(1)) yield this.fromPersisted(bytes)
  }

  fromPersisted(bytes: Uint8Array): CrdtState {
    const state = withBytes(this.#states, bytes)
    if (state === undefined) throw new Error(`kind "${this.kind}" was removed: of its documents, only the empty one and the samples are remembered`)
    return new RememberedState(state, this.#merges)
  }
}

class RememberedState implements CrdtState {
  #name: string
  #value: unknown
  #bytes: Uint8Array | undefined
  readonly #merges: ReadonlyMap<string, unknown>

  constructor({ name, value, bytes }: RecordedState, merges: ReadonlyMap<string, unknown>) {
    this.#name = name
    this.#value = value
    this.#bytes = bytes
    this.#merges = merges
  }

  apply(): void {
    throw new Error('a remembered state takes no operations: the code of its kind is gone')
  }

  merge(other: CrdtState): void {
    const name = other instanceof RememberedState ? nameOfMerge(this.#name, other.#name) : ''
    if (!this.#merges.has(name)) throw new Error('this merge is not remembered, and the code of its kind is gone')
    this.#name = name
    this.#value = this.#merges.get(name)
    this.#bytes = undefined
  }

  value(): unknown {
    return copyOf(this.#value)
  }

  persist(): Uint8Array {
    if (this.#bytes === undefined) throw new Error('the bytes of a merged state are not remembered, and the code of its kind is gone')
    return new Uint8Array(this.#bytes)
  }
}

/** @throws Refusal where the provider cannot say what its own states are. */
export async function rememberKind(provider: CrdtKindProvider, ctx: StepContext, sampleLimit: number): Promise<CrdtKindProvider> {
  const probe = new Probe(ctx)
  const partners = new MergePartners()
  const states: RecordedState[] = []
  const merges = new Map<string, unknown>()
  for await (const state of recordOwn(provider, 'the old version', sampleLimit, probe)) {
    states.push(state)
    for (const partner of partners.of(state)) {
      const values = await mergeOrSkip(provider, partner, state, probe)
      if (values === undefined) continue
      // States are told apart by their bytes, since these are all that fromPersisted has to go by.
      const left = withBytes(states, partner.bytes) ?? partner
      const right = withBytes(states, state.bytes) ?? state
      const merged = nameOfMerge(left.name, right.name)
      merges.set(merged, values[0]).set(nameOfMerge(right.name, merged), values[1])
    }
  }
  return new RememberedKind(provider.kind, states, merges)
}

/** What the old version cannot merge is not held against the new one. */
export async function mergeOrSkip(old: CrdtKindProvider, left: RecordedState, right: RecordedState, probe: Probe): Promise<MergedValues | undefined> {
  try {
    return await mergeCopies(old, left, right, 'the old version', probe)
  } catch (error) {
    if (error instanceof Refusal) return undefined
    throw error
  }
}

function nameOfMerge(into: string, from: string): string {
  return `(${into} + ${from})`
}

function withBytes(states: readonly RecordedState[], bytes: Uint8Array): RecordedState | undefined {
  return states.find((state) => state.bytes.length === bytes.length && state.bytes.every((byte, i) => byte === bytes[i]))
}
