import { DISPOSE } from '../../dispose.js'

/**
 * `performance.now` stands still while this is there. Long work is cut into slices by it, so that calls would come in another
 * order on a machine that is busy: what a run saw would not be found again in the next.
 */
export class FrozenPerformance implements Disposable {
  readonly #now = performance.now

  constructor() {
    const now = performance.now()
    performance.now = () => now
  }

  [DISPOSE](): void {
    performance.now = this.#now
  }
}
