import type { After } from '@uni/reload-core/testing'
import { copyOf } from '../copy.js'
import type { CrdtKindProvider, CrdtSample, CrdtState } from '../contract.js'
import { samplesOf } from '../sample-list.js'
import { closeQuietly, UNCLAIMED } from '../state.js'
import type { Capability, CrdtSubject, MakeSubject } from './subject.js'

/** Settings of the kit that all tests share. */
export interface KitSettings {
  readonly make: MakeSubject
  readonly seed: number
  readonly capabilities: Readonly<Record<Capability, boolean>>
}

/** The number of edits of a small document and of a large one: enough for every branch of an edit generator. */
export const SMALL = 12
export const LARGE = 90

/** The surroundings of one test. Every state that is opened through it is closed when the test ends. */
export class Stand {
  readonly settings: KitSettings
  readonly subject: CrdtSubject
  readonly #after: After

  private constructor(settings: KitSettings, subject: CrdtSubject, after: After) {
    this.settings = settings
    this.subject = subject
    this.#after = after
  }

  static async of(settings: KitSettings, after: After): Promise<Stand> {
    return new Stand(settings, await settings.make(), after)
  }

  get provider(): CrdtKindProvider {
    return this.subject.provider
  }

  get seed(): number {
    return this.settings.seed
  }

  empty(): CrdtState {
    return this.#keep(this.provider.empty())
  }

  async open(bytes: Uint8Array, provider = this.provider): Promise<CrdtState> {
    return this.#keep(await provider.fromPersisted(new Uint8Array(bytes)))
  }

  /** The document, persisted and opened again. */
  reopen(state: CrdtState): Promise<CrdtState> {
    return this.open(state.persist())
  }

  /** The empty document after `ops`. */
  withOps(ops: Iterable<Uint8Array>): CrdtState {
    return apply(this.empty(), ops)
  }

  samples(): CrdtSample[] {
    const samples: CrdtSample[] = []
    const listing = samplesOf(this.provider, UNCLAIMED)
    for (let next = listing.next(); next.done !== true; next = listing.next()) samples.push(this.#keep(next.value))
    return samples
  }

  #keep<T extends CrdtState>(state: T): T {
    this.#after(() => closeQuietly(state))
    return state
  }
}

export function apply(state: CrdtState, ops: Iterable<Uint8Array>): CrdtState {
  for (const op of ops) state.apply(new Uint8Array(op))
  return state
}

/** A copy of the value now. */
export function valueNow(state: CrdtState): unknown {
  return copyOf(state.value())
}
