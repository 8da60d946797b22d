import { ReloadError, type ErrorPlace, type ReloadPhase } from '../errors.js'
import { ACCEPT_HINT } from './judging.js'
import { PagedWeakMap } from './paged-weak-map.js'

const HINT = 'It was not closed. Have the provider open an object of its own each time: each is closed once.'

/** Where a claim is made, as errors say. */
interface ClaimedIn {
  readonly phase?: ReloadPhase | undefined
  readonly step?: string | undefined
}

/**
 * Who holds each object that will be closed: a live resource, or a check that has a copy open. No object is held twice,
 * as it would be closed twice, or while it serves (I7). A resource without an identity, such as a number or a string,
 * is not claimed.
 */
export class Claims {
  /** The holder of each: its place. Two places are one holder where they are the same object. */
  readonly #holders = new PagedWeakMap<ErrorPlace>()

  holderOf(resource: unknown): ErrorPlace | undefined {
    return isObject(resource) ? this.#holders.get(resource) : undefined
  }

  /**
   * @param at where the claim is made, as the error has it.
   * @throws ReloadError `DUPLICATE` where another holds the object. Do not close it then: that one closes it.
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

  /** The object was closed, or another is to close it. Does nothing where another holds it by now. */
  letGo(resource: unknown, holder: ErrorPlace | undefined): void {
    if (isObject(resource) && this.#holders.get(resource) === holder) this.#holders.delete(resource)
  }
}

function described({ surface, key, resource, plugin }: ErrorPlace): string {
  const opener = plugin === undefined ? '' : `, opened by plugin "${plugin}"`
  // A live resource has a name, and a copy has none.
  return resource === undefined
    ? `a copy that a check has open: ${surface} "${key}"${opener}`
    : `a live resource already: ${surface} "${key}", resource "${resource}"${opener}`
}

function isObject(resource: unknown): resource is object {
  return (typeof resource === 'object' && resource !== null) || typeof resource === 'function'
}
