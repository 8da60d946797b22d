import { systemClock, type Clock } from '../clock.js'
import { ReloadError, describeThrown } from '../errors.js'
import { isPromiseLike, type MaybePromise } from '../maybe-promise.js'
import { Slices } from '../slices.js'
import type { Surface } from '../surface.js'
import { nextState, type GateState } from './gate-state.js'
import { SerialQueue } from './serial-queue.js'

/** What remains of a stopped resource that could not be started again. */
export interface Halt<R> {
  /** What it is started from: its checkpoint, or its image. */
  readonly checkpoint: unknown
  /** Why it could not be started. */
  readonly cause: unknown
  /** Tries to start it again. */
  restart(): Promise<R>
  /** Gives up what it would be started from, where the resource leaves instead. */
  discard(): Promise<void>
}

/** The part of a {@link WriteGate} that a handoff works with. */
export interface HandoffGate<R> {
  /** The live resource. @throws ReloadError `RESOURCE_HALTED` where there is none. */
  readonly resource: R
  /** Set where an earlier rollback could not start the resource again. */
  readonly halted: Halt<R> | undefined
  /** How many writes are recorded and not yet replayed. */
  readonly recorded: number
  /** Holds writes back, and resolves once the one in flight has settled. */
  hold(): Promise<void>
  /** From a hold: lets writes go on, and records each one that the resource accepts. */
  record(): void
  /**
   * From a hold: the writes accepted since the last switch count as recorded.
   *
   * @throws Error where they were not retained, or were more than may be recorded.
   */
  recall(): void
  /** Applies what has been recorded so far to `target`, in order, and forgets it. Resolves with the number applied. */
  replay(target: R, signal: AbortSignal): Promise<number>
  /** Lets writes go on against the resource the gate has; what was recorded is forgotten. */
  release(): void
  /** From a hold: another resource takes the place of the one that was stopped. */
  replace(resource: R): void
  /** From a hold: there is no resource until `halt.restart` succeeds; each write and use tries. */
  halt(halt: Halt<R>): void
}

export interface WriteGateOptions<R> {
  clock?: Clock
  /** How many writes may be recorded and not yet replayed; at the bound writers wait. Default 65,536. */
  maxRecorded?: number
  /** Milliseconds one write may take. Past it its writer is told, and work is refused until it settles. Default 30,000. */
  writeTimeoutMs?: number
  /** Told when another resource took the place of a stopped one, or why none could. */
  onReplaced?(outcome: { resource: R } | { halted: unknown }): void
}

/**
 * The one way writes reach a live resource: in order, one at a time; recorded while the resource is being copied; held
 * while its successor takes over. A write that the resource refuses is neither acknowledged nor recorded (I4).
 */
export class WriteGate<R, W> implements HandoffGate<R> {
  readonly #surface: Surface<unknown, R, W>
  readonly #name: string
  readonly #clock: Clock
  readonly #maxRecorded: number
  readonly #onReplaced: ((outcome: { resource: R } | { halted: unknown }) => void) | undefined
  readonly #queue: SerialQueue

  #slot: { readonly live: R } | { readonly halt: Halt<R> }
  #state: GateState = 'open'
  /** The writes accepted since the mark; `undefined` where no copy is under way. */
  #recorded: W[] | undefined
  /** The writes accepted since the last switch, for a reload that is taken back; `undefined` where nobody wants them. */
  #retained: W[] | undefined
  /** Since when writes have had to wait, by the clock. */
  #stalledAt: number | undefined
  #longestHeldMs = 0

  constructor(surface: Surface<never, R, W> | Surface<unknown, R, W>, name: string, resource: R, options: WriteGateOptions<R> = {}) {
    this.#surface = surface as Surface<unknown, R, W>
    this.#name = name
    this.#slot = { live: resource }
    this.#clock = options.clock ?? systemClock
    this.#maxRecorded = options.maxRecorded ?? 65_536
    this.#onReplaced = options.onReplaced?.bind(options)
    this.#queue = new SerialQueue({
      clock: this.#clock,
      taskTimeoutMs: options.writeTimeoutMs ?? 30_000,
      blocked: () => this.#blocked(),
      overdue: () => this.#error('STEP_TIMEOUT', 'a write has passed its deadline and has not settled; its outcome is unknown',
        'Work on this resource is refused until it settles. Detach the resource and attach it again if it never does.'),
    })
  }

  get state(): GateState { return this.#state }
  get recorded(): number { return this.#recorded?.length ?? 0 }
  get halted(): Halt<R> | undefined { return 'halt' in this.#slot ? this.#slot.halt : undefined }

  get resource(): R {
    if ('halt' in this.#slot) throw this.#haltedError(this.#slot.halt.cause)
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
   * @throws ReloadError `RESOURCE_CLOSED`, `RESOURCE_HALTED` (retryable), or `STEP_TIMEOUT` where its outcome is unknown.
   */
  write(write: W): Promise<void> {
    return this.#queue.submit(() => this.#withResource((resource) => this.#apply(resource, write)))
  }

  /** Calls `fn` between two writes, after any hold. `fn` must not change the resource: what it does is not recorded. */
  use<T>(fn: (resource: R) => MaybePromise<T>): Promise<T> {
    return this.#queue.submit(() => this.#withResource(fn))
  }

  hold(): Promise<void> {
    this.#state = nextState(this.#state, 'hold')
    this.#stalledAt ??= this.#clock.now()
    return this.#queue.idle()
  }

  record(): void {
    this.#state = nextState(this.#state, 'record')
    this.#recorded ??= []
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
    const round = this.#recorded ?? []
    this.#recorded = []
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
    this.#recorded = undefined
    this.#resume()
  }

  /** The commit: work goes on against `resource`. Runs no plugin code, and cannot throw on a held gate. */
  switchTo(resource: R, { retain }: { retain: boolean } = { retain: false }): void {
    this.#state = nextState(this.#state, 'switch')
    this.#slot = { live: resource }
    this.#recorded = undefined
    this.#retained = retain ? [] : undefined
    this.#resume()
  }

  replace(resource: R): void {
    this.#state = nextState(this.#state, 'replace')
    this.#slot = { live: resource }
    this.#onReplaced?.({ resource })
  }

  halt(halt: Halt<R>): void {
    this.#state = nextState(this.#state, 'replace')
    this.#slot = { halt }
    this.#onReplaced?.({ halted: halt.cause })
  }

  /** Refuses queued and further work, and resolves once the task in flight has settled. */
  close(): Promise<void> {
    this.#state = nextState(this.#state, 'close')
    this.#queue.refuse(this.#error('RESOURCE_CLOSED', 'the resource was detached', 'Attach it again to go on.'))
    return this.#queue.idle()
  }

  #apply(resource: R, write: W): MaybePromise<void> {
    if (this.#surface.apply === undefined) {
      throw new TypeError(`surface "${this.#surface.id}" defines no apply, so its resources take no writes`)
    }
    const applied = this.#surface.apply(resource, write)
    // Anything thenable may come from a plugin; what its `then` returns is not to be relied upon.
    if (isPromiseLike(applied)) return Promise.resolve(applied).then(() => this.#accepted(write))
    this.#accepted(write)
  }

  /** Recorded whatever the state: a write in flight when the last hold began is accepted under that hold. */
  #accepted(write: W): void {
    // At the bound no writer waits for a reload that may be taken back: what it would have spared is copied then.
    if (this.#state !== 'held' && this.#retained !== undefined && this.#retained.length >= this.#maxRecorded) this.#retained = undefined
    this.#retained?.push(write)
    if (this.#recorded === undefined) return
    this.#recorded.push(write)
    if (this.#blocked()) this.#stalledAt ??= this.#clock.now()
  }

  #blocked(): boolean {
    return this.#state === 'held' || (this.#recorded !== undefined && this.#recorded.length >= this.#maxRecorded)
  }

  #withResource<T>(fn: (resource: R) => MaybePromise<T>): MaybePromise<T> {
    return 'live' in this.#slot ? fn(this.#slot.live) : this.#restart(this.#slot.halt).then(fn)
  }

  async #restart(halt: Halt<R>): Promise<R> {
    let resource: R
    try {
      resource = await halt.restart()
    } catch (cause) {
      throw this.#haltedError(cause)
    }
    this.#slot = { live: resource }
    this.#onReplaced?.({ resource })
    return resource
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

  #haltedError(cause: unknown): ReloadError {
    return this.#error('RESOURCE_HALTED', `the resource is stopped and could not be started again: ${describeThrown(cause)}`,
      'Its checkpoint is kept. Try again, or reload the plugin with a version that starts.', cause)
  }

  #error(code: 'STEP_TIMEOUT' | 'RESOURCE_CLOSED' | 'RESOURCE_HALTED', reason: string, hint: string, cause?: unknown): ReloadError {
    return new ReloadError(code, reason, { surface: this.#surface.id, resource: this.#name, hint, ...(cause !== undefined && { cause }) })
  }
}
