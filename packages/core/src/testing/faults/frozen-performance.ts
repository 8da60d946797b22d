import { DISPOSE } from '../../dispose.js'

/**
 * Makes `performance.now` stand still until it is disposed. Long work is cut into slices by that clock, so that on a
 * busy machine calls would come in another order, and one run would not find the calls of another.
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
