import { ReloadError, type ErrorPlace, type ReloadPhase } from '../errors.js'
import { ACCEPT_HINT } from './judging.js'

const HINT = 'It was not closed. Have the provider open an object of its own each time: each is closed once.'

/** Where a claim is made, as errors say. */
interface ClaimedIn {
  readonly phase?: ReloadPhase | undefined
  readonly step?: string | undefined
}

/**
 * Which live resource, or copy of a check, each object is that will be closed, by identity: an object that is two of them
 * would be closed twice, or while it serves (I7). A resource that is a number, a string or the like has no identity, and is not claimed.
 */
export class Claims {
  /** By the place under which each is held; the same object of a place is the same holder. */
  readonly #holders = new WeakMap<object, ErrorPlace>()

  holderOf(resource: unknown): ErrorPlace | undefined {
    return isObject(resource) ? this.#holders.get(resource) : undefined
  }

  /**
   * @param at where the claim is made, as the error says.
   * @throws ReloadError `DUPLICATE` where the object is held by another. It is not to be closed then: the other one
   * serves.
   */
  claim(resource: unknown, holder: ErrorPlace, at: ClaimedIn = {}): void {
    const other = this.holderOf(resource)
    if (other !== undefined && other !== holder) {
      throw new ReloadError('DUPLICATE', `the object is ${described(other)}`, {
        ...holder,
        ...(at.phase !== undefined && { phase: at.phase }),
        ...(at.step !== undefined && { step: at.step }),
        details: other,
        hint: `${HINT}${at.phase === 'preflight' ? ` ${ACCEPT_HINT}` : ''}`,
      })
    }
    if (isObject(resource)) this.#holders.set(resource, holder)
  }

  /** Claims it where nobody holds it. */
  claimFree(resource: unknown, holder: ErrorPlace): void {
    if (this.holderOf(resource) === undefined) this.claim(resource, holder)
  }

  /** It was closed, or is for somebody else to close. Does nothing where another has claimed it since. */
  letGo(resource: unknown, holder: ErrorPlace | undefined): void {
    if (isObject(resource) && this.#holders.get(resource) === holder) this.#holders.delete(resource)
  }
}

function described({ surface, key, resource, plugin }: ErrorPlace): string {
  const opener = plugin === undefined ? '' : `, opened by plugin "${plugin}"`
  // Only what serves has a name.
  return resource === undefined
    ? `a copy that a check has open: ${surface} "${key}"${opener}`
    : `a live resource already: ${surface} "${key}", resource "${resource}"${opener}`
}

function isObject(resource: unknown): resource is object {
  return (typeof resource === 'object' && resource !== null) || typeof resource === 'function'
}
