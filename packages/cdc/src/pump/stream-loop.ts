import { ReloadError, type Clock } from '@uni/reload-core'
import type { CdcLsn } from '../contract.js'
import { CdcError } from '../errors.js'
import { stoppedError, type ReleasedPolicy } from './attach-stream.js'
import { CaughtUp } from './caught-up.js'
import type { PumpStatus } from './events.js'
import { aborted, elapsed, firstOf, fulfilled, type Source } from './first-of.js'
import { presentable } from './presentable.js'
import type { RetryPolicy } from './retry.js'
import type { SavedCheckpoint } from './saved-checkpoint.js'
import { StreamFeed, type StreamFeedOptions } from './stream-feed.js'
import { isStoppedStream, StreamHealth } from './stream-health.js'

export interface StreamLoopOptions extends Omit<StreamFeedOptions, 'delivered'> {
  readonly clock: Clock
  readonly retry: RetryPolicy
}

export interface ResumeOptions {
  /**
   * `restart-from-oldest`: go on past what the log no longer has, this once, with a `gap` event. Default: that of the
   * stream.
   */
  readonly onReleased?: ReleasedPolicy | undefined
}

type Wake = 'commit' | 'resume' | 'elapsed'

/** Delivers the log to one stream until it is stopped, and tries again after failures. */
export class StreamLoop {
  readonly name: string
  readonly key: string
  /** Resolves once the stream is open; rejects if it halts or stops before. */
  readonly opened: Promise<void>
  readonly #options: StreamLoopOptions
  readonly #health: StreamHealth
  readonly #feed: StreamFeed
  readonly #caughtUp = new CaughtUp()
  readonly #ended: Promise<void>
  readonly #stop = new AbortController()
  #resolveOpened: () => void = () => {}
  #rejectOpened: (error: unknown) => void = () => {}
  #resume: (() => void) | undefined
  /** The LSN that `waitFor` of the log said was committed, while no batch from there was read. */
  #promised: CdcLsn | undefined

  constructor(name: string, key: string, options: StreamLoopOptions) {
    this.name = name
    this.key = key
    this.#options = options
    this.#health = new StreamHealth(options)
    const delivered = (): void => this.#caughtUp.changed()
    this.#feed = new StreamFeed(name, key, { ...options, delivered }, this.#health, this.#stop.signal)
    this.opened = new Promise((resolve, reject) => {
      this.#resolveOpened = resolve
      this.#rejectOpened = reject
    })
    this.#ended = this.#run()
  }

  get checkpoint(): SavedCheckpoint {
    return this.#feed.checkpoint
  }

  get status(): PumpStatus {
    const {
      position,
      checkpoint: { lsn: checkpoint, retained },
    } = this.#feed
    const { state, failures } = this.#health
    return {
      name: this.name,
      key: this.key,
      state,
      position,
      checkpoint,
      lag: this.#options.log.head - position,
      retained,
      failures: failures.inARow,
      ...(failures.last && { error: failures.last.error }),
    }
  }

  /** Tries at once what waits for a retry, or was given up. */
  resume({ onReleased }: ResumeOptions): void {
    if (this.#resume === undefined) return
    if (onReleased === 'restart-from-oldest') this.#feed.allowGap()
    this.#resume()
  }

  /** Resolves once everything below `lsn` was delivered. Rejects if the stream halts, with its error, or stops. */
  caughtUp(lsn: CdcLsn, signal?: AbortSignal): Promise<void> {
    return this.#caughtUp.wait(lsn, () => this.status, signal)
  }

  /** Waits for the delivery in flight, checkpoints, and closes the stream. Never rejects. */
  stop(): Promise<void> {
    this.#stop.abort()
    return this.#ended
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        await this.#pass()
      } catch (error) {
        if (!this.#stop.signal.aborted) await this.#recover(presentable(error))
      }
    }
    await this.#finish()
  }

  /** Catches up with the log, checkpoints, and waits until there is something to do. */
  async #pass(): Promise<void> {
    const resource = await this.#health.doing('open', () => this.#feed.findPlace())
    this.#resolveOpened()
    await this.#feed.catchUp(resource)
    if (this.#stop.signal.aborted) return
    this.#health.allDone()
    this.#caughtUp.changed()
    const { position } = this.#feed
    this.#refuseEmptyPromise(position)
    this.#options.emit({ type: 'idle', position })
    this.#health.failures.step = 'wait'
    // Whether the log kept its word shows in the next pass: it has to read a batch.
    const woken = await this.#wait({ commit: fulfilled((signal) => this.#options.log.waitFor(position, signal)) })
    if (woken === 'commit') this.#promised = position
  }

  /**
   * @throws CdcError `LOG_STALLED` where `waitFor` resolved and `read` gave nothing: such a log would be asked without
   * a pause.
   */
  #refuseEmptyPromise(position: CdcLsn): void {
    const promised = this.#promised
    this.#promised = undefined
    if (promised !== position) return
    this.#health.failures.step = 'wait'
    const { head } = this.#options.log
    throw new CdcError(
      'LOG_STALLED',
      `waitFor(${position}) of the log resolved, and read(${position}) gave nothing; ` +
        `its head is ${head}. waitFor resolves once head is above the LSN, and read then gives what is there.`,
      { expected: position, found: head },
    )
  }

  async #recover(error: unknown): Promise<void> {
    if (CdcError.is(error) && error.code === 'OUT_OF_ORDER' && (await this.#hasMoved())) return
    if (CdcError.is(error) && error.code === 'LOG_RELEASED' && (await this.#closeForRestart())) return
    if (ReloadError.is(error) && error.code === 'RESOURCE_CLOSED') this.#feed.forget()
    const delayMs = this.#health.failed(error)
    if (this.#health.state === 'halted') this.#rejectOpened(error)
    this.#caughtUp.changed()
    await this.#rest(delayMs)
  }

  /**
   * Whether the stream that serves now goes on at another LSN than the loop expected, as after a reload: that is no
   * failure. It is asked, as a provider may also throw an `OUT_OF_ORDER` of its own, again and again.
   */
  async #hasMoved(): Promise<boolean> {
    const { position } = this.#feed
    try {
      await this.#feed.findPlace()
    } catch {
      // The next pass will meet this failure, and count it.
      return true
    }
    return this.#feed.position !== position
  }

  async #closeForRestart(): Promise<boolean> {
    try {
      return await this.#feed.closeForRestart()
    } catch {
      // The log cannot say where it begins. The failure that led here counts.
      return false
    }
  }

  /** Waits before trying again. After a reload or a call of {@link resume} every step has all its attempts again. */
  async #rest(ms: number | undefined): Promise<void> {
    const woken = await this.#wait({
      resume: (fire) => {
        this.#resume = fire
        return () => {
          this.#resume = undefined
        }
      },
      ...(ms !== undefined && { elapsed: elapsed(this.#options.clock, ms) }),
    })
    if (woken === 'resume' || woken === 'replaced') this.#health.wokenUp()
  }

  #wait(sources: Partial<Record<Wake, Source>>): Promise<'stop' | 'replaced' | Wake> {
    const { replaced } = this.#feed
    return firstOf({ stop: aborted(this.#stop.signal), ...(replaced && { replaced: aborted(replaced) }), ...sources })
  }

  async #finish(): Promise<void> {
    this.#rejectOpened(stoppedError(this.name, this.key))
    await this.#feed.finish(!isStoppedStream(this.#health.failures.last?.error))
    this.#health.stopped()
    this.#caughtUp.changed()
    this.#options.emit({ type: 'stopped' })
  }
}
