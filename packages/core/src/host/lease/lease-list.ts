import { onAbort } from '../../on-abort.js'
import type { Blocker, CaptureOptions } from './lease.js'
import { DISPOSE } from '../../dispose.js'

/**
 * The leases of one epoch or one plugin version, as an intrusive list: capturing and releasing cost a few pointer
 * writes, and whoever drains is woken by the last release instead of asking.
 */
export class LeaseList {
  #first: LeaseNode | undefined
  #waiting: (() => void)[] | undefined

  get isEmpty(): boolean {
    return this.#first === undefined
  }

  /** Resolves when no lease is left; at once where none is. */
  empty(): Promise<void> {
    return this.isEmpty
      ? Promise.resolve()
      : new Promise((resolve) => {
          this.whenEmpty(resolve)
        })
  }

  /** Calls `callback` in the turn in which the last lease ends. There has to be one. */
  protected whenEmpty(callback: () => void): void {
    ;(this.#waiting ??= []).push(callback)
  }

  /** What its leases hold. */
  get holds(): Blocker['holds'] {
    return 'provider'
  }

  *blockers(now: number): Generator<Blocker> {
    const { holds } = this
    for (let node = this.#first; node; node = node.next)
      yield { label: node.label, ageMs: now - node.capturedAt, holds }
  }

  /** Fires the signal of every lease. */
  force(reason: unknown): void {
    // A listener may release its lease, or another one, and with it the links that are being followed.
    const nodes: LeaseNode[] = []
    for (let node = this.#first; node; node = node.next) nodes.push(node)
    for (const node of nodes) node.abort(reason)
  }

  link(node: LeaseNode): void {
    const first = this.#first
    if (first !== undefined) {
      node.next = first
      first.previous = node
    }
    this.#first = node
  }

  unlink(node: LeaseNode): void {
    const { previous, next } = node
    if (previous !== undefined) previous.next = next
    else this.#first = next
    if (next !== undefined) next.previous = previous
    node.previous = node.next = undefined
    if (this.#first !== undefined || this.#waiting === undefined) return
    const waiting = this.#waiting
    this.#waiting = undefined
    for (const wake of waiting) wake()
  }
}

/** What the signal of a lease needs. */
interface Signal {
  readonly controller: AbortController
  readonly stopFollowing: (() => void) | undefined
}

/**
 * A lease, as the list that it is linked into sees it. Its members are declared, and set by the constructor: defining
 * fields, private ones above all, would take a third of the time of a capture.
 */
export class LeaseNode<L extends LeaseList = LeaseList> implements Disposable {
  /** The list's own links. */
  declare previous: LeaseNode | undefined
  declare next: LeaseNode | undefined
  /** By the host's clock: whole milliseconds, and some tens of them late. */
  declare readonly capturedAt: number
  /** `undefined` after the release: a lease that somebody keeps would keep a whole version. */
  declare protected list: L | undefined
  declare private options: CaptureOptions | undefined
  declare private followed: Signal | undefined

  constructor(list: L, capturedAt: number, options: CaptureOptions | undefined) {
    this.previous = undefined
    this.next = undefined
    this.capturedAt = capturedAt
    this.list = list
    this.options = options
    this.followed = undefined
    list.link(this)
  }

  get label(): string {
    return this.options?.label ?? 'unlabelled'
  }

  /**
   * Made when it is first read: most leases are released without that. It follows the operation's signal up to the
   * release. It is not one of `AbortSignal.any`: while it had listeners, the operation's signal, which may outlive the
   * lease, would keep it.
   */
  get signal(): AbortSignal {
    return this.follow().signal
  }

  abort(reason: unknown): void {
    this.follow().abort(reason)
  }

  /** A second release does nothing. Whoever still has the lease reaches nothing by it. */
  [DISPOSE](): void {
    const { list } = this
    if (list === undefined) return
    this.list = undefined
    list.unlink(this)
    this.options = undefined
    this.followed?.stopFollowing?.()
    this.forget()
  }

  /**
   * Forgets what it held, as part of its release. A method of its own: `super[DISPOSE]()`, with a key that is computed,
   * would take a third of the time of a lease.
   */
  protected forget(): void {}

  private follow(): AbortController {
    if (this.followed !== undefined) return this.followed.controller
    const controller = new AbortController()
    const outer = this.options?.signal
    if (outer?.aborted === true) controller.abort(outer.reason)
    this.followed = {
      controller,
      stopFollowing:
        outer === undefined || outer.aborted ? undefined : onAbort(outer, () => controller.abort(outer.reason)),
    }
    return controller
  }
}
