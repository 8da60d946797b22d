import { ReloadError, type ErrorPlace, type ReloadPhase } from '../errors.js'
import { ACCEPT_HINT } from './judging.js'
import { PagedWeakMap } from './paged-weak-map.js'

const HINT = 'It was not closed. Have the provider open an object of its own each time: each is closed once.'

/** The phase and step in which a claim is made, for its error. */
interface ClaimedIn {
  readonly phase?: ReloadPhase | undefined
  readonly step?: string | undefined
}

/**
 * The holder of each object that will be closed: a live resource, or a check that has a copy open. An object has one
 * holder, as with two it would be closed twice, or while it serves (I7). A resource without an identity, such as a
 * number or a string, is not claimed.
 */
export class Claims {
  /** A holder is identified by its `ErrorPlace` object: another object with equal members is another holder. */
  readonly #holders = new PagedWeakMap<ErrorPlace>()

  holderOf(resource: unknown): ErrorPlace | undefined {
    return isObject(resource) ? this.#holders.get(resource) : undefined
  }

  /**
   * @throws ReloadError `DUPLICATE` where another holder has the object. Do not close it then: its holder will.
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

  /** Claims `resource` unless it has a holder. */
  claimFree(resource: unknown, holder: ErrorPlace): void {
    if (this.holderOf(resource) === undefined) this.claim(resource, holder)
  }

  /**
   * Ends the claim of `holder`, after the object was closed or handed to another owner. Does nothing if it has none.
   */
  letGo(resource: unknown, holder: ErrorPlace | undefined): void {
    if (isObject(resource) && this.#holders.get(resource) === holder) this.#holders.delete(resource)
  }
}

function described({ surface, key, resource, plugin }: ErrorPlace): string {
  const opener = plugin === undefined ? '' : `, opened by plugin "${plugin}"`
  // A copy has no name.
  return resource === undefined
    ? `a copy that a check has open: ${surface} "${key}"${opener}`
    : `a live resource already: ${surface} "${key}", resource "${resource}"${opener}`
}

function isObject(resource: unknown): resource is object {
  return (typeof resource === 'object' && resource !== null) || typeof resource === 'function'
}
