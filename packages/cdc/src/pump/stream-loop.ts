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
   * `restart-from-oldest`: this once, go on past what the log no longer has, with a `gap` event. Default: the stream's.
   */
  readonly onReleased?: ReleasedPolicy | undefined
}

type Wake = 'commit' | 'resume' | 'elapsed'

/**
 * Delivers the log to one stream for as long as it takes: again and again where something fails, until it is stopped.
 */
export class StreamLoop {
  readonly name: string
  readonly key: string
  /** Resolves once the stream is open, rejects once it has halted or stopped without having been. */
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
  /** What the log said that it has, while nothing has come of it. */
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

  /** Tries again at once what is waiting to be retried, or was given up. */
  resume({ onReleased }: ResumeOptions): void {
    if (this.#resume === undefined) return
    if (onReleased === 'restart-from-oldest') this.#feed.allowGap()
    this.#resume()
  }

  /**
   * Resolves once everything below `lsn` was delivered. Rejects with what the stream halted with, or that it stopped.
   */
  caughtUp(lsn: CdcLsn, signal?: AbortSignal): Promise<void> {
    return this.#caughtUp.wait(lsn, () => this.status, signal)
  }

  /** Lets the delivery in flight settle, checkpoints, and closes the stream. Never rejects. */
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
    // That it was waited for well shows when there is something to read.
    const woken = await this.#wait({ commit: fulfilled((signal) => this.#options.log.waitFor(position, signal)) })
    if (woken === 'commit') this.#promised = position
  }

  /**
   * @throws CdcError `LOG_STALLED`, so that a log which says over and over that there is something is not asked without
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
   * Whether the stream that serves now continues elsewhere than the loop thought, which is then no failure. It is
   * asked, for a provider may throw an `OUT_OF_ORDER` of its own, over and over.
   */
  async #hasMoved(): Promise<boolean> {
    const { position } = this.#feed
    try {
      await this.#feed.findPlace()
    } catch {
      // For the next pass to meet, and to count.
      return true
    }
    return this.#feed.position !== position
  }

  async #closeForRestart(): Promise<boolean> {
    try {
      return await this.#feed.closeForRestart()
    } catch {
      // The log cannot say where it begins. What is being dealt with counts.
      return false
    }
  }

  /** Waits before trying again. A reload or a call of {@link resume} gives all that failed a fresh start. */
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
