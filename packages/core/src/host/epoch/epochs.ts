import type { Clock } from '../../clock.js'
import { onAbort } from '../../on-abort.js'
import { ReloadError } from '../../errors.js'
import type { ChainTable } from '../../mvcc/chain-table.js'
import { Transaction } from '../../mvcc/transaction.js'
import { Drain } from '../lease/drain.js'
import type { LeaseList } from '../lease/lease-list.js'
import { Epoch, NOTHING_FENCED } from './epoch.js'
import type { PluginVersion } from './plugin-version.js'
import type { SurfaceTables } from './surface-table.js'

/** The epochs of one host: the current one, and the former ones that leases still hold. */
export class Epochs {
  readonly #tables: SurfaceTables
  readonly #clock: Clock
  readonly #held = new Set<Epoch>()
  readonly #awaitingFences = new Set<() => void>()
  #current: Epoch

  constructor(tables: SurfaceTables, clock: Clock) {
    this.#tables = tables
    this.#clock = clock
    this.#current = new Epoch(0, tables)
  }

  /** What is captured now. */
  get current(): Epoch {
    return this.#current
  }

  /** The numbers of the epochs that somebody can still ask a table for. */
  get numbers(): number[] {
    return [...Array.from(this.#held, ({ number }) => number), this.#current.number]
  }

  /** Makes what `transaction` has written visible, all at once, in a new epoch. */
  publish(transaction: Transaction, fenced: ReadonlySet<PluginVersion> = this.#current.fenced): void {
    const former = this.#current
    const number = former.number + 1
    transaction.commit(number)
    this.#current = new Epoch(number, this.#tables, fenced)
    former.supersede(this.#held)
    if (fenced !== former.fenced) for (const wake of this.#awaitingFences) wake()
  }

  /** Closes `versions` to captures of the epochs from now on. */
  fence(versions: readonly PluginVersion[]): void {
    this.publish(new Transaction(), new Set([...this.#current.fenced, ...versions]))
  }

  unfence(versions: readonly PluginVersion[]): void {
    this.publish(new Transaction(), this.fencedWithout(versions))
  }

  /** What is fenced now, without `versions`: the same set where none of them is fenced. */
  fencedWithout(versions: readonly PluginVersion[]): ReadonlySet<PluginVersion> {
    const { fenced } = this.#current
    if (!versions.some((version) => fenced.has(version))) return fenced
    const left = [...fenced].filter((version) => !versions.includes(version))
    return left.length === 0 ? NOTHING_FENCED : new Set(left)
  }

  /** Resolves when something else is fenced than now. @throws ReloadError `ABORTED`. */
  fencesChanged(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#awaitingFences.delete(wake)
        stopListening?.()
      }
      const wake = (): void => {
        leave()
        resolve()
      }
      const abort = (): void => {
        leave()
        reject(
          new ReloadError('ABORTED', 'the caller gave up waiting for an exclusive reload', {
            phase: 'fence',
            hint: 'Name what you use in the `uses` of captureReady: it then waits for no other fence.',
            cause: signal?.reason,
          }),
        )
      }
      this.#awaitingFences.add(wake)
      const stopListening = signal && onAbort(signal, abort)
      if (signal?.aborted === true) abort()
    })
  }

  /**
   * Unlinks the versions of `key` that no epoch sees any more: at once, or, where leases hold an epoch that sees one,
   * when these have ended.
   *
   * @param owner the plugin version that served what was replaced.
   */
  async prune(table: ChainTable<unknown>, key: string, owner: PluginVersion): Promise<void> {
    if (table.prune(key, this.numbers)) return
    await this.unseen([owner])
    table.prune(key, this.numbers)
  }

  /** Resolves when no lease is on a former epoch that `versions` were part of, fenced or not. */
  async unseen(versions: readonly PluginVersion[]): Promise<void> {
    const seeing = [...this.#held].filter((epoch) => versions.some((version) => epoch.includes(version)))
    await Promise.all(seeing.map((epoch) => epoch.empty()))
  }

  /** Whether a lease on a former epoch can reach `version`. */
  reach(version: PluginVersion): boolean {
    return [...this.#held].some((epoch) => epoch.reaches(version))
  }

  /** Drains all leases that reach `versions`: those of former epochs, of single resources, and of one provider. */
  drainOf(versions: readonly PluginVersion[]): Drain {
    return new Drain([...this.#reaching(versions), ...versions.map((version) => version.leases)], this.#clock)
  }

  /** Drains the leases that reach what `versions` have opened, and not those of one provider. */
  drainOfOpened(versions: readonly PluginVersion[]): Drain {
    return new Drain(this.#reaching(versions), this.#clock)
  }

  /**
   * Drains the leases that reach a live resource that `owner` has opened: those of former epochs in which `owner`
   * served, and of the leases of this resource alone, `leased`, those of what `owner` has opened. What other versions
   * have opened of that name is closed with them.
   */
  drainOfResource(owner: PluginVersion, leased: Iterable<LeaseList>): Drain {
    const generations = [owner, ...owner.earlier]
    const own = [...leased].filter((list) => generations.some(({ resourceLeases }) => resourceLeases.has(list)))
    return new Drain([...this.#epochsReaching([owner]), ...own], this.#clock)
  }

  #reaching(versions: readonly PluginVersion[]): LeaseList[] {
    const generations = versions.flatMap((version) => [version, ...version.earlier])
    return [...this.#epochsReaching(versions), ...generations.flatMap(({ resourceLeases }) => [...resourceLeases])]
  }

  #epochsReaching(versions: readonly PluginVersion[]): LeaseList[] {
    return [...this.#held].filter((epoch) => versions.some((version) => epoch.reaches(version)))
  }
}
