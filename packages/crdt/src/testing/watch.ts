import type { CrdtKindProvider, CrdtSample, CrdtState } from '../contract.js'
import { samplesOf } from '../sample-list.js'
import { UNCLAIMED } from '../state.js'

/**
 * Records the states that providers return, and how often each is closed. The states stay the same objects, so that
 * they can be merged.
 */
export class Watch {
  readonly #closes = new Map<CrdtState, number>()
  readonly #originals = new Map<CrdtKindProvider, CrdtKindProvider>()
  #onClose: (() => void) | undefined

  provider(provider: CrdtKindProvider): CrdtKindProvider {
    const { schemaCompatCheck } = provider
    const watched: CrdtKindProvider = {
      kind: provider.kind,
      empty: () => this.state(provider.empty()),
      fromPersisted: async (bytes) => this.state(await provider.fromPersisted(bytes)),
      ...(provider.samples && { samples: () => this.#each(samplesOf(provider, UNCLAIMED)) }),
      ...(schemaCompatCheck && {
        schemaCompatCheck: (old, ctx) => schemaCompatCheck.call(provider, this.#originals.get(old) ?? old, ctx),
      }),
    }
    this.#originals.set(watched, provider)
    return watched
  }

  /** How often each state except `serving` was closed. */
  closesOf(serving: CrdtState): number[] {
    return Array.from(this.#closes)
      .filter(([state]) => state !== serving)
      .map(([, closes]) => closes)
  }

  /** Resolves when every state except `serving` is closed. */
  async allClosed(serving: CrdtState): Promise<void> {
    while (this.closesOf(serving).includes(0))
      await new Promise<void>((resolve) => {
        this.#onClose = resolve
      })
  }

  /** An object that cannot be given another `close`, or that is no state, is not watched. */
  state<T extends CrdtState>(state: T): T {
    if (typeof state !== 'object' || state === null || !Object.isExtensible(state) || this.#closes.has(state))
      return state
    const { close } = state
    this.#closes.set(state, 0)
    const closed: T['close'] = () => {
      this.#closes.set(state, (this.#closes.get(state) ?? 0) + 1)
      this.#onClose?.()
      return close?.call(state)
    }
    state.close = closed
    return state
  }

  *#each(samples: Iterator<CrdtSample>): Generator<CrdtSample> {
    for (let next = samples.next(); next.done !== true; next = samples.next()) yield this.state(next.value)
  }
}
