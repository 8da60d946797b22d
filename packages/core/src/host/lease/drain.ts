import type { Clock } from '../../clock.js'
import { onAbort } from '../../on-abort.js'
import type { LeaseList } from './lease-list.js'
import type { Blocker } from './lease.js'

export interface DrainPolicy {
  /** Milliseconds to wait for leases to end. Default 30,000. */
  readonly deadlineMs?: number | undefined
  /** `keep` (default): the retired version stays until its leases end. `force`: their signals fire. */
  readonly onDeadline?: 'keep' | 'force' | undefined
  /** Milliseconds that leases are given after their signals fired. Default 5,000. */
  readonly graceMs?: number | undefined
}

export const DEADLINE_MS = 30_000
export const GRACE_MS = 5_000

export interface DrainResult {
  readonly outcome: 'drained' | 'forced' | 'blocked'
  /** What was waited for at the deadline. */
  readonly blockers: readonly Blocker[]
}

/** The leases that can reach a set of plugin versions, and the wait for their end. */
export class Drain {
  readonly lists: readonly LeaseList[]
  readonly #clock: Clock
  #ended: Promise<unknown> | undefined

  /** @param lists the leases of the epochs that reach what is drained, and those of plugin versions alone. */
  constructor(lists: readonly LeaseList[], clock: Clock) {
    this.lists = lists
    this.#clock = clock
  }

  /** Resolves when the last lease has ended; nothing polls. */
  get ended(): Promise<unknown> {
    return (this.#ended ??= Promise.all(this.lists.map((list) => list.empty())))
  }

  get isEnded(): boolean {
    return this.lists.every((list) => list.isEmpty)
  }

  blockers(): Blocker[] {
    const now = this.#clock.now()
    return this.lists.flatMap((list) => [...list.blockers(now)])
  }

  /**
   * Waits until the last lease has ended (`drained`), or the deadline has passed. Then `keep` leaves the leases alone,
   * and what they hold with them (`blocked`, I9); `force` fires their signals, and waits for `graceMs` more (`forced`).
   *
   * @param signal ends the wait as the deadline does, and forces nothing.
   */
  async run(policy: DrainPolicy, signal?: AbortSignal): Promise<DrainResult> {
    if (await this.#within(policy.deadlineMs ?? DEADLINE_MS, signal)) return { outcome: 'drained', blockers: [] }
    const blockers = this.blockers()
    if (policy.onDeadline !== 'force' || signal?.aborted === true) return { outcome: 'blocked', blockers }
    for (const list of this.lists)
      list.force(new DOMException('the plugin this lease holds is being closed', 'AbortError'))
    await this.#within(policy.graceMs ?? GRACE_MS, signal)
    return { outcome: 'forced', blockers }
  }

  #within(ms: number, signal?: AbortSignal): Promise<boolean> {
    if (this.isEnded) return Promise.resolve(true)
    if (ms <= 0) return Promise.resolve(false)
    return new Promise((resolve) => {
      const give = (ended: boolean) => (): void => {
        cancel()
        stopListening?.()
        resolve(ended)
      }
      const gaveUp = give(false)
      const cancel = this.#clock.after(ms, gaveUp)
      const stopListening = signal && onAbort(signal, gaveUp)
      void this.ended.then(give(true))
      if (signal?.aborted === true) gaveUp()
    })
  }
}
