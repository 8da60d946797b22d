import { ASYNC_DISPOSE } from '@uni/reload-core'
import type { CrdtKindProvider, CrdtState } from './contract.js'
import type { Probe } from './probe.js'
import { sameBytes } from './state.js'

/** A copy that `provider` has opened from `bytes`, and that was read but not changed. */
interface Spare {
  readonly provider: CrdtKindProvider
  readonly bytes: Uint8Array
  readonly copy: CrdtState
}

/**
 * Copies of one live document that a check has only read, for a later check: to open a large document again takes
 * longer than everything else that is done with it. Those that nobody takes are closed in the end.
 */
export class SpareCopies implements AsyncDisposable {
  readonly #probe: Probe
  readonly #spares: Spare[] = []

  constructor(probe: Probe) {
    this.#probe = probe
  }

  put(spare: Spare): void {
    this.#spares.push(spare)
  }

  /** A copy, if there is one; the caller has to close it. */
  take(provider: CrdtKindProvider, bytes: Uint8Array): CrdtState | undefined {
    const at = this.#spares.findIndex((spare) => spare.provider === provider && sameBytes(spare.bytes, bytes))
    return at < 0 ? undefined : this.#spares.splice(at, 1)[0]?.copy
  }

  async [ASYNC_DISPOSE](): Promise<void> {
    for (const { copy } of this.#spares) await this.#probe.close(copy)
  }
}
