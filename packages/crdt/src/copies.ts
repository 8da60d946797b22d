import { ASYNC_DISPOSE, type MaybePromise } from '@uni/reload-core'
import type { CrdtKindProvider, CrdtState } from './contract.js'
import type { Probe } from './probe.js'
import type { Version } from './recorded-state.js'
import type { SpareCopies } from './spare-copies.js'
import { closeQuietly, mergeInto, openState, valueOf } from './state.js'

/** A document's bytes, and its name in messages. */
export interface Written {
  readonly name: string
  readonly bytes: Uint8Array
}

/**
 * The copies of documents that one check opens. Each is closed once when the check is over, except those left to
 * another check.
 */
export class Copies implements AsyncDisposable {
  readonly #probe: Probe
  readonly #spares: SpareCopies | undefined
  readonly #opened = new Set<CrdtState>()

  /** @param spares the copies that earlier checks have left; this check uses them, and adds to them. */
  constructor(probe: Probe, spares?: SpareCopies) {
    this.#probe = probe
    this.#spares = spares
  }

  /** @param doing the purpose, for the error of a failure. */
  async open(provider: CrdtKindProvider, { name, bytes }: Written, doing: string): Promise<CrdtState> {
    const spare = this.#spares?.take(provider, bytes)
    if (spare !== undefined) {
      this.#opened.add(spare)
      return spare
    }
    const opened = await this.#probe.ask('fromPersisted', name, doing, () => openState(provider, bytes, this.#probe), {
      discard: closeQuietly,
    })
    this.#opened.add(opened)
    return opened
  }

  /** Leaves `copy`, which this check has opened and not changed, to a later check. */
  spare(provider: CrdtKindProvider, bytes: Uint8Array, copy: CrdtState): void {
    if (this.#spares === undefined) return
    this.#opened.delete(copy)
    this.#spares.put({ provider, bytes, copy })
  }

  async [ASYNC_DISPOSE](): Promise<void> {
    for (const state of this.#opened) await this.#probe.close(state)
  }
}

/** One result for each merge: right into left; and, where both ways are tried, left into right. */
export type Merged<T> = readonly T[]

/** `both` also merges left into right, so that a merge that favours its own side shows. */
export type Ways = 'one' | 'both'

/** Two documents that are merged: right into left. */
export interface Pairing {
  readonly left: Written
  readonly right: Written
  readonly ways: Ways
}

/**
 * Merges copies of two documents.
 *
 * @param look what to keep of each value, in place of the value.
 */
export async function mergeCopies<T>(
  provider: CrdtKindProvider,
  { left, right, ways }: Pairing,
  version: Version,
  probe: Probe,
  look: (value: unknown, merge: number) => MaybePromise<T>,
  spares?: SpareCopies,
): Promise<Merged<T>> {
  await using copies = new Copies(probe, spares)
  const both = `${left.name} and ${right.name}`
  const doing = `merging ${both} with ${version}`
  const a = await copies.open(provider, left, doing)
  const b = await copies.open(provider, right, doing)
  const merge = async (into: CrdtState, from: CrdtState, which: number): Promise<T> => {
    await probe.ask('merge', both, doing, () => mergeInto(into, from))
    return probe.ask('value', both, doing, () => look(valueOf(into), which))
  }
  const first = await merge(a, b, 0)
  return ways === 'one' ? [first] : [first, await merge(b, a, 1)]
}
