import { ASYNC_DISPOSE } from '@uni/reload-core'
import type { CrdtKindProvider, CrdtState } from './contract.js'
import type { Probe } from './probe.js'
import { sameBytes } from './state.js'

/** A copy of a document as `provider` opened it from `bytes`, read since, and not changed. */
interface Spare {
  readonly provider: CrdtKindProvider
  readonly bytes: Uint8Array
  readonly copy: CrdtState
}

/**
 * Copies of one live document that a check has read and not changed, for a later check that needs such a copy: to open
 * a large document once more costs more than all else that is done to it. What nobody took is closed in the end.
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

  /** A copy that is the caller's from now on, if there is one. */
  take(provider: CrdtKindProvider, bytes: Uint8Array): CrdtState | undefined {
    const at = this.#spares.findIndex((spare) => spare.provider === provider && sameBytes(spare.bytes, bytes))
    return at < 0 ? undefined : this.#spares.splice(at, 1)[0]?.copy
  }

  async [ASYNC_DISPOSE](): Promise<void> {
    for (const { copy } of this.#spares) await this.#probe.close(copy)
  }
}
