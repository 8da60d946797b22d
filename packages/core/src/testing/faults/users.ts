import { ReloadError, describeThrown } from '../../errors.js'
import type { Lease } from '../../host/lease/lease.js'
import type { Breaches } from './breaches.js'
import { POSITIONS } from './circumstances.js'
import type { Given } from './recorder.js'
import type { Stand } from './stand.js'
import { turn } from './turn.js'
import { DISPOSE } from '../../dispose.js'

/** Users of the host during its reload: each time they come, they write to every resource, and read everything. */
export class Users<P, R, W> {
  readonly #stand: Stand<P, R, W>
  readonly #breaches: Breaches
  readonly #mayHalt: boolean
  readonly #looks: Promise<void>[] = []
  #here = false
  #held: { readonly lease: Lease; readonly seen: readonly Given[] } | undefined

  /** @param mayHalt whether a resource may be halted, as the rollback is struck, too. */
  constructor(stand: Stand<P, R, W>, breaches: Breaches, mayHalt: boolean) {
    this.#stand = stand
    this.#breaches = breaches
    this.#mayHalt = mayHalt
  }

  /** No others come while some are here, as their calls are steps, too. */
  come(): void {
    if (this.#here) return
    this.#here = true
    for (const ledger of this.#stand.ledgers.values()) void ledger.write()
    this.#looks.push(this.#look())
    this.#here = false
  }

  /** Captures now, and keeps what was captured until {@link leave}. */
  stay(): void {
    const lease = this.#stand.host.capture({ label: 'who stays' })
    this.#held = { lease, seen: this.#see(lease).seen }
  }

  /** Ends the long capture. Nothing that it could reach may have been closed until now (I7). */
  leave(): void {
    if (this.#held === undefined) return
    const { lease, seen } = this.#held
    this.#held = undefined
    this.#unclosed(seen, 'a lease from before the reload')
    lease[DISPOSE]()
  }

  async gone(): Promise<void> {
    await Promise.all(this.#looks)
  }

  /** Captures, looks again two turns later, and releases. */
  async #look(): Promise<void> {
    let lease: Lease
    try {
      lease = this.#stand.host.capture({ label: 'who looks' })
    } catch (error) {
      this.#breaches.must(false, 'I2', `a capture failed: ${describeThrown(error)}`)
      return
    }
    const first = this.#see(lease)
    this.#ofOnePiece(first.versions)
    await turn()
    await turn()
    const again = this.#see(lease)
    this.#breaches.must(
      String(first.versions) === String(again.versions),
      'I1',
      `a lease saw ${first.versions.join(', ')}, and then ${again.versions.join(', ')}`,
    )
    this.#unclosed(first.seen, 'a lease')
    lease[DISPOSE]()
  }

  #unclosed(seen: readonly Given[], by: string): void {
    const { strategy, circumstances } = this.#stand
    // Stop-and-copy closes the old stream in an overlap, too, whoever has leases on it.
    if (strategy.discipline === 'stop-and-copy' && circumstances.cutover === 'overlap') return
    for (const { origin, ends } of seen)
      this.#breaches.must(ends === 0, 'I7', `the ${origin.kind} of ${origin.position} was closed while ${by} held it`)
  }

  #ofOnePiece(versions: readonly (number | 'refused')[]): void {
    const seen = new Set(versions.filter((version) => version !== 'refused'))
    this.#breaches.must(seen.size <= 1, 'I1', `one lease sees the versions ${versions.join(', ')}`)
  }

  /** The versions that a lease reaches, by position, and the resources that it reaches. */
  #see(lease: Lease): { readonly versions: readonly (number | 'refused')[]; readonly seen: readonly Given[] } {
    const {
      strategy: { surface },
      recorder,
      ledgers,
      scene,
    } = this.#stand
    const versions: (number | 'refused')[] = []
    const seen: Given[] = []
    const see = (what: string, reach: () => unknown, madeOf: (found: unknown) => unknown = (found) => found): void => {
      try {
        const found = reach()
        const maker = recorder.originOf(found) === undefined ? madeOf(found) : found
        if (maker === 'host') return
        const origin = recorder.originOf(maker)
        if (origin === undefined) {
          this.#breaches.must(
            false,
            'I1',
            `${what} was given out by no call of a provider: resources.open of the ` +
              'subject has to give what a method of the provider gave, and gives has to name its methods; where the kind makes ' +
              'it, madeOf has to give the provider',
          )
        }
        versions.push(origin?.version ?? 'refused')
        const given = recorder.givenAs(found)
        if (given) seen.push(given)
      } catch (error) {
        this.#allowed(error)
        versions.push('refused')
      }
    }
    for (const position of POSITIONS) {
      see(`the provider of ${position}`, () => lease.get(surface, position))
      if (!ledgers.has(position)) continue
      see(
        `the resource of ${position}`,
        () => lease.resource(surface, position),
        (found) => scene.resources?.madeOf?.(found as R) ?? found,
      )
    }
    return { versions, seen }
  }

  /** In an exclusive reload captures are fenced; a resource that could not be started again is halted, visibly. */
  #allowed(error: unknown): void {
    const code = ReloadError.is(error) ? error.code : undefined
    if (code === 'SURFACE_FENCED' && this.#stand.circumstances.cutover === 'exclusive') return
    if (code === 'RESOURCE_HALTED' && this.#mayHalt) return
    this.#breaches.must(false, 'I2', `a lease was refused: ${describeThrown(error)}`)
  }
}
