import { ReloadError } from '../errors.js'
import { option, readMembers, type OptionChecks } from '../options.js'
import type { AnyStrategy, HandoffStrategy } from '../strategy.js'
import type { AnySurface } from '../surface.js'

const SURFACE: OptionChecks<AnySurface> = {
  id: option.required(option.text),
  methods: option.list(option.text),
  keyOf: option.required(option.function),
  apply: option.function,
  sizeOf: option.function,
}

export const STRATEGY: OptionChecks<AnyStrategy> = {
  surface: option.required(option.members(SURFACE)),
  discipline: option.required(option.oneOf('clean', 'contract', 'pre-copy', 'stop-and-copy')),
  checkCompat: option.function,
  checkAddition: option.function,
  checkRemoval: option.function,
  handoff: option.function,
  remember: option.function,
  close: option.function,
  cutover: option.function,
  activate: option.function,
  deactivate: option.function,
  committed: option.function,
}

/** The registered strategies, by surface id. */
export class StrategyTable implements Iterable<AnyStrategy> {
  readonly #bySurface = new Map<string, AnyStrategy>()

  /**
   * Reads the members of the strategy and its surface: later changes to them have no effect.
   *
   * @throws TypeError where one is malformed, ReloadError `DUPLICATE`.
   */
  add<P, R, W>(given: HandoffStrategy<P, R, W>): void {
    const strategy = readMembers(given as AnyStrategy, 'strategy', STRATEGY)
    const { id } = strategy.surface
    if (this.#bySurface.has(id)) {
      throw new ReloadError('DUPLICATE', 'a strategy for this surface is registered already', {
        surface: id,
        hint: 'Register one strategy for each surface.',
      })
    }
    this.#bySurface.set(id, strategy)
  }

  /** @throws ReloadError `NO_STRATEGY`. */
  get(surface: string): AnyStrategy {
    const strategy = this.#bySurface.get(surface)
    if (strategy === undefined) {
      throw new ReloadError('NO_STRATEGY', 'no strategy is registered for this surface', {
        surface,
        hint: 'Pass its strategy to the host or the dispatcher.',
      })
    }
    return strategy
  }

  [Symbol.iterator](): Iterator<AnyStrategy> {
    return this.#bySurface.values()
  }
}
