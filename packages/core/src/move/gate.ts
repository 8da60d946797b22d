import { Deadlines } from '../deadlines.js'
import { hear, isPromiseLike, type MaybePromise } from '../maybe-promise.js'
import { Slices } from '../slices.js'
import type { Surface } from '../surface.js'
import { applyRecorded } from './apply-recorded.js'
import { GateErrors } from './gate-errors.js'
import type { GateMove, WriteFollower } from './gate-move.js'
import { termsOf, type GateSettings } from './gate-options.js'
import { nextState, type GateEvent, type GateState } from './gate-state.js'
import type { GateTerms, ReplacementListener } from './gate-terms.js'
import type { Halt, HandoffGate, ReplayOptions } from '../handoff-gate.js'
import { SerialQueue, type QueueOwner } from './serial-queue.js'
import type { QueueOptions } from '../live-resource.js'
import { sizeOfWrite } from './size-of-write.js'
import { restart, type Slot } from './slot.js'
import { signalOf } from './queue-options.js'
import { WriteRecord } from './write-record.js'

/**
 * After how long a gate whose writers are slowed down looks whether the next may go on: the shortest timer there is.
 */
const RETRY_MS = 1

/**
 * The one way writes reach a live resource: in order, one at a time; recorded while the resource is being copied; held
 * while its successor takes over. A write that the resource refuses is neither acknowledged nor recorded (I4).
 *
 * A reload decides for all of its gates by one assignment, and calls none of them. Each gate reads the decision from
 * its {@link GateMove} when it is used next.
 */
export class WriteGate<R, W> implements HandoffGate<R> {
  readonly #surface: Surface<unknown, R, W>
  readonly #name: string
  readonly #terms: GateTerms
  readonly #listener: ReplacementListener<R>
  readonly #queue: SerialQueue

  #slot: Slot<R>
  #state: GateState = 'open'
  /** The reload that hands the resource over; `undefined` once the gate has read how that ended. */
  #move: GateMove<R, W> | undefined
  /** The writes accepted since the mark; `undefined` where no copy is under way. */
  #recorded: WriteRecord<W> | undefined
  #follower: WriteFollower<W> | undefined
  /** Since when this gate makes writes wait, by the clock; `undefined` where it does not. */
  #stalledAt: number | undefined
  #longestHeldMs = 0

  constructor(
    surface: Surface<never, R, W> | Surface<unknown, R, W>,
    name: string,
    resource: R,
    ...settings: GateSettings<R>
  ) {
    this.#surface = surface as Surface<unknown, R, W>
    this.#name = name
    this.#slot = { live: resource }
    ;[this.#terms, this.#listener] = termsOf(settings)
    this.#queue = new SerialQueue(new WriteGate.#Owner(this))
  }

  get state(): GateState {
    this.#settle()
    return this.#move?.sealedAt !== undefined && this.#state !== 'closed' ? 'held' : this.#state
  }

  get stuck(): boolean {
    this.#settle()
    return this.#queue.stuck
  }

  get abandoned(): boolean {
    this.#settle()
    return this.#queue.abandons
  }

  /** How many writes and uses wait. The gate sets no bound: each caller has a promise to await. */
  get waiting(): number {
    return this.#queue.waiting
  }

  get recorded(): number {
    this.#settle()
    return this.#recorded?.length ?? 0
  }

  get halted(): Halt<R> | undefined {
    this.#settle()
    return 'halt' in this.#slot ? this.#slot.halt : undefined
  }

  get resource(): R {
    this.#settle()
    if ('halt' in this.#slot) throw this.#errors.halted(this.#slot.halt.cause)
    return this.#slot.live
  }

  /** Whether a write or a use is in flight. */
  get busy(): boolean {
    return this.#queue.busy
  }

  /** Whether the successor has every write, so that it could serve from here on without losing one. */
  get inStep(): boolean {
    return !this.#queue.busy && this.recorded === 0
  }

  /** Whether a follower is told of each write that the resource accepts. */
  get isFollowed(): boolean {
    this.#settle()
    return this.#follower !== undefined
  }

  /** The reload that the gate goes by; `undefined` where there is none, or the gate has left it. */
  get move(): GateMove<R, W> | undefined {
    this.#settle()
    return this.#move
  }

  /** The longest that one write was held since {@link resetLongestHeld}, in milliseconds. */
  get longestHeldMs(): number {
    return this.#longestHeldMs
  }

  resetLongestHeld(): void {
    this.#longestHeldMs = 0
  }

  /** Has the resource take part in a reload: from here on the gate goes by `move`. */
  enter(move: GateMove<R, W>): void {
    this.#settle()
    this.#move = move
    if (this.waiting > 0) move.waits()
    if (this.busy) move.stirred()
  }

  /** Ends what `enter` began, without a switch. Writes go on, unless the gate was closed. */
  leave(): void {
    this.#settle()
    if (this.#move === undefined) return
    this.#move = undefined
    if (this.#state !== 'closed') this.release()
  }

  /** Reads how the move has ended, forgets the move, and lets the writes that waited go on. */
  settle(): void {
    this.#settle()
    this.#resume()
  }

  /**
   * Applies one write. Resolves when the serving resource has accepted it; rejects with what the resource threw.
   *
   * @throws ReloadError `STEP_TIMEOUT` where the outcome is unknown. Where nothing was applied: `RESOURCE_STUCK` and
   * `RESOURCE_HALTED` (both retryable), `RESOURCE_REENTERED`, `RESOURCE_CLOSED`, `ABORTED`.
   */
  write(write: W, options?: QueueOptions): Promise<void> {
    const signal = signalOf(options, 'write')
    this.#settle()
    return this.#queue.submit(() => this.#withResource((resource) => this.#apply(resource, write)), signal)
  }

  /**
   * Calls `fn` between two writes, after any hold. `fn` must not change the resource, as no change is recorded. Code
   * that `fn` starts may not call `write` or `use` of this gate before `fn` has settled: each would wait for the other,
   * and is refused (`RESOURCE_REENTERED`).
   *
   * @throws ReloadError as {@link write} does.
   */
  use<T>(fn: (resource: R) => MaybePromise<T>, options?: QueueOptions): Promise<T> {
    const signal = signalOf(options, 'use')
    this.#settle()
    return this.#queue.submitScoped(() => this.#withResource(fn), signal)
  }

  hold({ abandonOverdue = false }: { readonly abandonOverdue?: boolean | undefined } = {}): Promise<void> {
    this.#transition('hold')
    this.#stalledAt ??= this.#terms.clock.now()
    return this.#queue.idle(abandonOverdue ? () => this.abandon() : undefined)
  }

  abandon(): void {
    this.#transition('abandon')
    this.#queue.abandon()
    // With a new slot, a restart that is under way finds that it was abandoned, and stops what it has started.
    if (this.#state === 'closed') this.#put({ ...this.#slot })
  }

  record(): void {
    this.#transition('record')
    this.#queue.unabandon()
    this.#recorded ??= new WriteRecord(this.#terms)
    this.#resume()
  }

  /** Called while writes are held. Has `replay` begin with the writes in `record`. */
  recall(record: WriteRecord<W>): void {
    this.#settle()
    this.#recorded = record
    if (record.length > 0) this.#move?.stirred()
  }

  async replay(
    target: R,
    signal: AbortSignal,
    { share = Number.POSITIVE_INFINITY, slices = new Slices() }: ReplayOptions = {},
  ): Promise<number> {
    if (this.#recorded === undefined) return 0
    return applyRecorded(this.#recorded, this.#surface, target, { signal, share, slices, resume: () => this.#resume() })
  }

  release(): void {
    this.#transition('release')
    this.#stray()
    this.#queue.unabandon()
    this.#recorded = undefined
    this.#resume()
  }

  /**
   * Has work go on against `resource`. Runs no plugin code, and cannot throw while writes are held.
   *
   * @param follower is told of each write from here on.
   */
  switchTo(resource: R, follower?: WriteFollower<W>): void {
    this.#transition('switch')
    this.#move = undefined
    this.#switch(resource, follower)
    this.#resume()
  }

  replace(resource: R): void {
    this.#transition('replace')
    this.#put({ live: resource })
    hear(this.#listener.onReplaced?.({ resource }))
  }

  halt(halt: Halt<R>): void {
    this.#transition('replace')
    this.#put({ halt })
    hear(this.#listener.onReplaced?.({ halted: halt.cause }))
  }

  /** Refuses queued and further work. Resolves once the write or use in flight has settled. */
  close(): Promise<void> {
    this.#transition('close')
    this.#move?.strayed()
    this.#queue.refuse(() => this.#errors.closed())
    return this.#queue.idle()
  }

  get #errors(): GateErrors {
    return new GateErrors(this.#surface.id, this.#name)
  }

  /** @throws Error where the state does not allow `event`. */
  #transition(event: GateEvent): void {
    this.#state = nextState(this.state, event)
  }

  /** Reads how the move has ended, if it has. */
  #settle(): void {
    const move = this.#move
    if (move === undefined) return
    const { outcome } = move
    if (outcome === 'pending') return
    this.#noteHeld()
    this.#stalledAt = undefined
    this.#leaveMove(move)
    if (this.#state !== 'closed') this.#state = 'open'
    if (outcome === 'committed' && move.successor !== undefined) this.#switch(move.successor.resource, move.switched())
    else {
      this.#queue.unabandon()
      this.#recorded = undefined
    }
  }

  #switch(resource: R, follower: WriteFollower<W> | undefined): void {
    this.#put({ live: resource })
    this.#recorded = undefined
    this.#follower = follower
  }

  /** Leaves the move if the commit would switch this gate. */
  #stray(): void {
    if (this.#move?.successor === undefined) return
    const move = this.#move
    this.#leaveMove(move)
    move.strayed()
  }

  #leaveMove(move: GateMove<R, W>): void {
    this.#move = undefined
    move.longestHeldMs = Math.max(move.longestHeldMs, this.#longestHeldMs)
  }

  #apply(resource: R, write: W): MaybePromise<void> {
    if (this.#surface.apply === undefined) {
      throw new TypeError(`surface "${this.#surface.id}" defines no apply, so its resources take no writes`)
    }
    const slot = this.#slot
    const applied = this.#surface.apply(resource, write)
    // A plugin may return any thenable, and what the `then` of one returns need not be a promise.
    if (isPromiseLike(applied)) return Promise.resolve(applied).then(() => this.#noteAccepted(slot, write))
    this.#noteAccepted(slot, write)
  }

  /** Records the write even while writes are held: it may have been in flight when the hold began. */
  #noteAccepted(slot: Slot<R>, write: W): void {
    this.#settle()
    // The write was abandoned, and this resource no longer serves.
    if (this.#slot !== slot) return
    if (this.#follower === undefined && this.#recorded === undefined) return
    const bytes = sizeOfWrite(this.#surface, write)
    if (this.#follower?.accepted(write, bytes, this.#state === 'held') === false) this.#follower = undefined
    if (this.#recorded === undefined) return
    this.#recorded.add(write, bytes)
    this.#move?.stirred()
    if (this.#blocked()) this.#stalledAt ??= this.#terms.clock.now()
  }

  #blocked(): boolean {
    return this.state === 'held' || (this.#recorded?.waitMs ?? 0) > 0
  }

  #withResource<T>(fn: (resource: R) => MaybePromise<T>): MaybePromise<T> {
    const slot = this.#slot
    if ('live' in slot) return fn(slot.live)
    return restart(slot.halt, this.#errors, (resource) => this.#started(slot, resource)).then(fn)
  }

  #started(slot: Slot<R>, resource: R): boolean {
    if (this.#slot !== slot) return false
    this.#slot = { live: resource }
    try {
      hear(this.#listener.onReplaced?.({ resource }))
    } catch {
      // The resource was started, so the write or the use that started it goes on whatever the listener throws.
    }
    return true
  }

  /**
   * Puts in what serves from here on. Writes that were abandoned were writes to what served before, and are forgotten.
   */
  #put(slot: Slot<R>): void {
    this.#slot = slot
    this.#queue.forgetAbandoned()
  }

  #resume(): void {
    this.#noteHeld()
    if (this.#blocked()) {
      if (this.waiting > 0) this.#resumeSoon()
      return
    }
    this.#stalledAt = undefined
    this.#queue.resume()
  }

  /** Sets the timer that lets slowed writers go on: no call reaches the gate when their wait is over. */
  #resumeSoon(): void {
    const record = this.#recorded
    if (record === undefined || record.isRetried || this.state === 'held') return
    if (record.waitMs === Number.POSITIVE_INFINITY) return
    record.isRetried = true
    Deadlines.of(this.#terms.clock).set(RETRY_MS, () => {
      record.isRetried = false
      this.settle()
    })
  }

  /** Keeps the longest time that a write or a use has been held. */
  #noteHeld(): void {
    const oldest = this.#queue.oldestSubmission
    const stalledAt = this.#stalledAt ?? this.#move?.sealedAt
    if (oldest === undefined || stalledAt === undefined) return
    const since = Math.max(oldest, stalledAt)
    this.#longestHeldMs = Math.max(this.#longestHeldMs, this.#terms.clock.now() - since)
  }

  /** The gate, as its queue sees it. */
  static readonly #Owner = class<R, W> implements QueueOwner {
    readonly gate: WriteGate<R, W>

    constructor(gate: WriteGate<R, W>) {
      this.gate = gate
    }

    get terms(): GateTerms {
      return this.gate.#terms
    }
    get errors(): GateErrors {
      return this.gate.#errors
    }
    blocked(): boolean {
      const { gate } = this
      const blocked = gate.#blocked()
      if (blocked) gate.#resumeSoon()
      // The wait of slowed writers has ended with time, without a call.
      else if (gate.#stalledAt !== undefined) gate.#resume()
      return blocked
    }
    begun(): void {
      this.gate.#move?.stirred()
    }
    queued(): void {
      this.gate.#move?.waits()
    }
  }
}
