import { ReloadError, describeThrown, type ErrorPlace } from '../errors.js'
import type { AnyStrategy, ProviderChange } from '../strategy.js'
import { synchronous } from '../synchronous.js'

/** A change that is being gathered. */
interface Gathered extends ProviderChange<unknown> {
  readonly added: Map<string, unknown>
  readonly replaced: Map<string, { readonly old: unknown; readonly next: unknown }>
  readonly removed: Map<string, unknown>
}

/** The providers that a commit changes, for the strategies that have `committed`. Gathered before the commit. */
export class ProviderChanges {
  readonly #byStrategy = new Map<AnyStrategy, Gathered>()
  readonly #closing: boolean

  /** @param closing whether the host ends with this commit. */
  constructor({ closing }: { readonly closing: boolean }) {
    this.#closing = closing
  }

  added(strategy: AnyStrategy, key: string, provider: unknown): void {
    this.#of(strategy)?.added.set(key, provider)
  }

  replaced(strategy: AnyStrategy, key: string, old: unknown, next: unknown): void {
    this.#of(strategy)?.replaced.set(key, { old, next })
  }

  removed(strategy: AnyStrategy, key: string, provider: unknown): void {
    this.#of(strategy)?.removed.set(key, provider)
  }

  /**
   * Calls `committed` of each strategy, in the turn of the commit.
   *
   * @param place the place of the operation, for errors.
   * @returns what they threw. Returning a promise counts as throwing, since nothing could await it in that turn.
   */
  tell(place: ErrorPlace): ReloadError[] {
    const errors: ReloadError[] = []
    for (const [strategy, change] of this.#byStrategy) {
      try {
        synchronous(strategy.committed?.(change), 'committed()', 'it is part of the turn of the commit')
      } catch (cause) {
        errors.push(
          new ReloadError('HANDOFF', describeThrown(cause), {
            ...place,
            surface: strategy.surface.id,
            phase: 'commit',
            step: 'committed',
            cause,
            hint:
              'The commit stands. What the strategy keeps of the providers may be out of date: correct it, ' +
              'then reload.',
          }),
        )
      }
    }
    return errors
  }

  #of(strategy: AnyStrategy): Gathered | undefined {
    if (strategy.committed === undefined) return undefined
    let change = this.#byStrategy.get(strategy)
    if (change === undefined) {
      change = { added: new Map(), replaced: new Map(), removed: new Map(), closing: this.#closing }
      this.#byStrategy.set(strategy, change)
    }
    return change
  }
}
