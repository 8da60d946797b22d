import { onAbort } from '../dispatch/on-abort.js'
import type { Blocker, CaptureOptions } from './lease.js'

/**
 * The leases of one epoch or one plugin version, as an intrusive list: capturing and releasing cost a few pointer
 * writes, and whoever drains is woken by the last release instead of asking.
 */
export class LeaseList {
  #first: LeaseNode | undefined
  #emptied: (() => void)[] = []

  get isEmpty(): boolean {
    return this.#first === undefined
  }

  /** Resolves when no lease is left; at once where none is. */
  empty(): Promise<void> {
    return this.isEmpty ? Promise.resolve() : new Promise((resolve) => this.#emptied.push(resolve))
  }

  * blockers(now: number, holds: Blocker['holds']): Generator<Blocker> {
    for (let node = this.#first; node; node = node.next) yield { label: node.label, ageMs: now - node.capturedAt, holds }
  }

  /** Fires the signal of every lease. */
  force(reason: unknown): void {
    // A listener may release its lease, or another one, and with it the links that are being followed.
    const nodes: LeaseNode[] = []
    for (let node = this.#first; node; node = node.next) nodes.push(node)
    for (const node of nodes) node.abort(reason)
  }

  link(node: LeaseNode): void {
    node.next = this.#first
    if (this.#first) this.#first.previous = node
    this.#first = node
  }

  unlink(node: LeaseNode): void {
    if (node.previous) node.previous.next = node.next
    else this.#first = node.next
    if (node.next) node.next.previous = node.previous
    node.previous = node.next = undefined
    if (this.#first === undefined && this.#emptied.length > 0) {
      const waiting = this.#emptied
      this.#emptied = []
      for (const wake of waiting) wake()
    }
  }
}

/** A lease, as the list it is linked into sees it. */
export class LeaseNode implements Disposable {
  /** The list's own links. */
  previous: LeaseNode | undefined = undefined
  next: LeaseNode | undefined = undefined
  readonly label: string
  readonly capturedAt: number
  #list: LeaseList | undefined
  #outerSignal: AbortSignal | undefined
  #controller: AbortController | undefined
  #deaf: (() => void) | undefined

  constructor(list: LeaseList, capturedAt: number, options: CaptureOptions | undefined) {
    this.label = options?.label ?? 'unlabelled'
    this.capturedAt = capturedAt
    this.#outerSignal = options?.signal
    this.#list = list
    list.link(this)
  }

  /**
   * Made when it is first asked for: most leases are released without anyone having asked. It follows the signal of the
   * operation up to the release, and not as `AbortSignal.any` does: that one stays in reach of a signal that outlives
   * it while it has listeners.
   */
  get signal(): AbortSignal {
    return this.#follow().signal
  }

  get released(): boolean {
    return this.#list === undefined
  }

  abort(reason: unknown): void {
    this.#follow().abort(reason)
  }

  /** Releasing twice is releasing once. Whoever still references the lease reaches nothing by it any more. */
  [Symbol.dispose](): void {
    this.#list?.unlink(this)
    this.#list = undefined
    this.#deaf?.()
    this.#deaf = undefined
    this.#outerSignal = undefined
  }

  #follow(): AbortController {
    if (this.#controller !== undefined) return this.#controller
    const controller = this.#controller = new AbortController()
    const outer = this.#outerSignal
    if (outer?.aborted === true) controller.abort(outer.reason)
    else if (outer !== undefined) this.#deaf = onAbort(outer, () => controller.abort(outer.reason))
    return controller
  }
}
