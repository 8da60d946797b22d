import { systemClock, type Clock } from '../clock.js'
import { hear, isPromiseLike, type MaybePromise } from '../maybe-promise.js'
import { checkOptions, option, type OptionChecks } from '../options.js'
import { Slices } from '../slices.js'
import type { Surface } from '../surface.js'
import { synchronous } from '../synchronous.js'
import { estimatedBytes } from './estimated-bytes.js'
import { GateErrors } from './gate-errors.js'
import { nextState, type GateState } from './gate-state.js'
import type { Halt, HandoffGate } from './handoff-gate.js'
import { SerialQueue } from './serial-queue.js'
import { WriteRecord, type RecordBounds } from './write-record.js'

export const MAX_RECORDED_WRITES = 65_536
export const MAX_RECORDED_BYTES = 64 * 1024 * 1024

export interface WriteGateOptions<R> {
  clock?: Clock
  /** How many writes may be recorded and not yet replayed; at the bound writers wait. Default 65,536. */
  maxRecorded?: number
  /**
   * How many bytes they may occupy, as the surface's `sizeOf` says, or else about; at the bound writers wait. Default
   * 64 MiB.
   */
  maxRecordedBytes?: number
  /**
   * Milliseconds one write or use may take. Past it its caller is told, and work is refused until it settles. Default
   * 30,000.
   */
  writeTimeoutMs?: number
  /**
   * Told when another resource took the place of a stopped one, or why none could. Where a rollback did it, what is
   * thrown here is among the rollback's errors; where a write or a use did it, that goes on.
   */
  onReplaced?(outcome: { resource: R } | { halted: unknown }): void
}

const OPTIONS: OptionChecks<WriteGateOptions<unknown>> = {
  clock: option.with('now', 'after'), maxRecorded: option.count(1), maxRecordedBytes: option.positive,
  writeTimeoutMs: option.positive, onReplaced: option.function,
}

/** What work goes to: a live resource, or what one may be started from. */
type Slot<R> = { readonly live: R } | { readonly halt: Halt<R> }

/**
 * The one way writes reach a live resource: in order, one at a time; recorded while the resource is being copied; held
 * while its successor takes over. A write that the resource refuses is neither acknowledged nor recorded (I4).
 */
export class WriteGate<R, W> implements HandoffGate<R> {
  readonly #surface: Surface<unknown, R, W>
  readonly #errors: GateErrors
  readonly #clock: Clock
  readonly #bounds: RecordBounds
  readonly #onReplaced: ((outcome: { resource: R } | { halted: unknown }) => void) | undefined
  readonly #queue: SerialQueue

  #slot: Slot<R>
  #state: GateState = 'open'
  /** The writes accepted since the mark; `undefined` where no copy is under way. */
  #recorded: WriteRecord<W> | undefined
  /** The writes accepted since the last switch, for a reload that is taken back; `undefined` where nobody wants them. */
  #retained: WriteRecord<W> | undefined
  /** Since when writes have had to wait, by the clock. */
  #stalledAt: number | undefined
  #longestHeldMs = 0

  constructor(
    surface: Surface<never, R, W> | Surface<unknown, R, W>, name: string, resource: R, given: WriteGateOptions<R> = {},
  ) {
    const options = checkOptions(given, 'WriteGate options', OPTIONS as OptionChecks<WriteGateOptions<R>>)
    this.#surface = surface as Surface<unknown, R, W>
    this.#errors = new GateErrors(surface.id, name)
    this.#slot = { live: resource }
    this.#clock = options.clock ?? systemClock
    this.#bounds = {
      maxWrites: options.maxRecorded ?? MAX_RECORDED_WRITES, maxBytes: options.maxRecordedBytes ?? MAX_RECORDED_BYTES,
    }
    this.#onReplaced = options.onReplaced
    this.#queue = new SerialQueue({
      clock: this.#clock,
      taskTimeoutMs: options.writeTimeoutMs ?? 30_000,
      blocked: () => this.#blocked(),
      overdue: () => this.#errors.overdue(),
      stuck: () => this.#errors.stuck(),
      reentered: () => this.#errors.reentered(),
    })
  }

  get state(): GateState { return this.#state }
  get stuck(): boolean { return this.#queue.stuck }
  get abandoned(): boolean { return this.#queue.abandons }
  /** How many writes and uses wait. Only those that make them bound it: each has a promise to wait for. */
  get waiting(): number { return this.#queue.waiting }
  get recorded(): number { return this.#recorded?.length ?? 0 }
  get halted(): Halt<R> | undefined { return 'halt' in this.#slot ? this.#slot.halt : undefined }

  get resource(): R {
    if ('halt' in this.#slot) throw this.#errors.halted(this.#slot.halt.cause)
    return this.#slot.live
  }

  /** Whether it has every write accepted since the last switch. */
  get retains(): boolean { return this.#retained !== undefined }

  /** The longest that one write was held since {@link resetLongestHeld}, in milliseconds. */
  get longestHeldMs(): number { return this.#longestHeldMs }

  resetLongestHeld(): void {
    this.#longestHeldMs = 0
  }

  /**
   * Applies one write. Resolves when the serving resource has accepted it; rejects with what the resource threw.
   *
   * @throws ReloadError `STEP_TIMEOUT` where its outcome is unknown. Where nothing of it was applied: `RESOURCE_STUCK`
   * and `RESOURCE_HALTED` (both retryable), `RESOURCE_REENTERED`, `RESOURCE_CLOSED`.
   */
  write(write: W): Promise<void> {
    return this.#queue.submit(() => this.#withResource((resource) => this.#apply(resource, write)))
  }

  /**
   * Calls `fn` between two writes, after any hold. `fn` must not change the resource: what it does is not recorded.
   * What it starts may neither write to this gate nor use it before `fn` is over: it is refused (`RESOURCE_REENTERED`),
   * as it would wait for itself.
   *
   * @throws ReloadError as {@link write} does.
   */
  use<T>(fn: (resource: R) => MaybePromise<T>): Promise<T> {
    return this.#queue.submitScoped(() => this.#withResource(fn))
  }

  hold({ abandonOverdue = false }: { readonly abandonOverdue?: boolean } = {}): Promise<void> {
    this.#state = nextState(this.#state, 'hold')
    this.#stalledAt ??= this.#clock.now()
    return this.#queue.idle(abandonOverdue ? () => this.abandon() : undefined)
  }

  abandon(): void {
    this.#state = nextState(this.#state, 'abandon')
    this.#queue.abandon()
    // Nobody will ask what a closed gate has: a restart that was abandoned here stops what it starts.
    if (this.#state === 'closed') this.#put({ ...this.#slot })
  }

  record(): void {
    this.#state = nextState(this.#state, 'record')
    this.#queue.unabandon()
    this.#recorded ??= new WriteRecord(this.#bounds)
    this.#resume()
  }

  recall(): void {
    if (this.#retained === undefined) throw new Error('the writes made since the last switch were not retained')
    this.#recorded = this.#retained
    this.#retained = undefined
  }

  /** Forgets the writes accepted since the last switch. */
  forget(): void {
    this.#retained = undefined
  }

  async replay(target: R, signal: AbortSignal): Promise<number> {
    const round = this.#recorded?.take() ?? []
    this.#resume()
    const slices = new Slices()
    for (const write of round) {
      signal.throwIfAborted()
      const applied = this.#surface.apply?.(target, write)
      if (isPromiseLike(applied)) await applied
      if (slices.due()) await slices.pause()
    }
    return round.length
  }

  release(): void {
    this.#state = nextState(this.#state, 'release')
    this.#queue.unabandon()
    this.#recorded = undefined
    this.#resume()
  }

  /** The commit: work goes on against `resource`. Runs no plugin code, and cannot throw on a held gate. */
  switchTo(resource: R, { retain }: { retain: boolean } = { retain: false }): void {
    this.#state = nextState(this.#state, 'switch')
    this.#put({ live: resource })
    this.#recorded = undefined
    this.#retained = retain ? new WriteRecord(this.#bounds) : undefined
    this.#resume()
  }

  replace(resource: R): void {
    this.#state = nextState(this.#state, 'replace')
    this.#put({ live: resource })
    hear(this.#onReplaced?.({ resource }))
  }

  halt(halt: Halt<R>): void {
    this.#state = nextState(this.#state, 'replace')
    this.#put({ halt })
    hear(this.#onReplaced?.({ halted: halt.cause }))
  }

  /** Refuses queued and further work, and resolves once the task in flight has settled. */
  close(): Promise<void> {
    this.#state = nextState(this.#state, 'close')
    this.#queue.refuse(() => this.#errors.closed())
    return this.#queue.idle()
  }

  #apply(resource: R, write: W): MaybePromise<void> {
    if (this.#surface.apply === undefined) {
      throw new TypeError(`surface "${this.#surface.id}" defines no apply, so its resources take no writes`)
    }
    const slot = this.#slot
    const applied = this.#surface.apply(resource, write)
    // Anything thenable may come from a plugin; what its `then` returns is not to be relied upon.
    if (isPromiseLike(applied)) return Promise.resolve(applied).then(() => this.#accepted(slot, write))
    this.#accepted(slot, write)
  }

  /** Recorded whatever the state: a write in flight when the last hold began is accepted under that hold. */
  #accepted(slot: Slot<R>, write: W): void {
    // An abandoned write, accepted by a resource that serves no more.
    if (this.#slot !== slot) return
    if (this.#retained === undefined && this.#recorded === undefined) return
    const bytes = this.#sizeOf(write)
    // At the bound no writer waits for a reload that may be taken back: what it would have spared is copied then.
    if (this.#state !== 'held' && this.#retained?.fits(bytes) === false) this.#retained = undefined
    this.#retained?.add(write, bytes)
    this.#recorded?.add(write, bytes)
    if (this.#blocked()) this.#stalledAt ??= this.#clock.now()
  }

  /** The resource has accepted the write: a surface that cannot say how large it is does not make it fail. */
  #sizeOf(write: W): number {
    try {
      const told = synchronous(this.#surface.sizeOf?.(write), 'sizeOf', 'it is called with each write that is recorded')
      if (told !== undefined && Number.isFinite(told) && told >= 0) return told
    } catch {}
    return estimatedBytes(write)
  }

  #blocked(): boolean {
    return this.#state === 'held' || this.#recorded?.isFull === true
  }

  #withResource<T>(fn: (resource: R) => MaybePromise<T>): MaybePromise<T> {
    return 'live' in this.#slot ? fn(this.#slot.live) : this.#restart(this.#slot).then(fn)
  }

  async #restart(slot: { readonly halt: Halt<R> }): Promise<R> {
    let resource: R
    try {
      resource = await slot.halt.restart()
    } catch (cause) {
      throw this.#errors.halted(cause)
    }
    if (this.#slot !== slot) {
      // It was abandoned while it started, and has no place any more.
      await slot.halt.stop(resource)
      throw this.#errors.overdue()
    }
    this.#slot = { live: resource }
    try {
      hear(this.#onReplaced?.({ resource }))
    } catch {
      // It serves, and who was told has told others.
    }
    return resource
  }

  /** What was abandoned is of a resource that serves no more. */
  #put(slot: Slot<R>): void {
    this.#slot = slot
    this.#queue.forgetAbandoned()
  }

  #resume(): void {
    if (this.#blocked()) return
    const oldest = this.#queue.oldestSubmission
    if (oldest !== undefined && this.#stalledAt !== undefined) {
      this.#longestHeldMs = Math.max(this.#longestHeldMs, this.#clock.now() - Math.max(oldest, this.#stalledAt))
    }
    this.#stalledAt = undefined
    this.#queue.resume()
  }
}
