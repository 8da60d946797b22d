import {
  ASYNC_DISPOSE,
  checkOptions,
  option,
  ReloadError,
  systemClock,
  type Clock,
  type OptionChecks,
} from '@uni/reload-core'
import type { CheckpointStore } from '../checkpoints/checkpoint-store.js'
import type { CdcLsn } from '../contract.js'
import type { CommitLog } from '../log/commit-log.js'
import { cdcOutput } from '../surface.js'
import type { CdcHost, ReleasedPolicy } from './attach-stream.js'
import type { PumpEvent, PumpStatus } from './events.js'
import { heard } from './heard.js'
import { RETRY, RetryPolicy, type RetryOptions } from './retry.js'
import { StreamLoop, type ResumeOptions } from './stream-loop.js'

export interface CdcPumpOptions {
  readonly host: CdcHost
  readonly log: CommitLog
  readonly checkpoints: CheckpointStore
  readonly retry?: RetryOptions | undefined
  readonly clock?: Clock | undefined
  /** The most batches that are delivered between two checkpoints; there is one on idle and on stop, too. Default 64. */
  readonly checkpointEvery?: number | undefined
  /** How long one call of the log or of the store may take, in milliseconds, except for `waitFor`. Default 30,000. */
  readonly timeoutMs?: number | undefined
  /**
   * What becomes of a stream whose next batch was released. `fail` (default): it halts. `restart-from-oldest`: it goes
   * on at the oldest retained batch, and a `gap` event names the LSNs that it will never receive.
   */
  readonly onReleased?: ReleasedPolicy | undefined
  /** Called with each event. What it throws or rejects with is dropped: an observer must not stop a stream. */
  readonly onEvent?: ((event: PumpEvent) => void) | undefined
}

export interface StartOptions {
  /** Where to begin if there is no checkpoint. Default: the oldest retained LSN. */
  readonly from?: CdcLsn | undefined
  /** For this stream. Default: that of the pump. */
  readonly onReleased?: ReleasedPolicy | undefined
  /** For this stream. Default: that of the pump. */
  readonly retry?: RetryOptions | undefined
}

export interface CaughtUpOptions {
  /** The stream to wait for. Default: every stream of the pump. */
  readonly stream?: string | undefined
  readonly signal?: AbortSignal | undefined
}

const RELEASED = option.oneOf('fail', 'restart-from-oldest')

const PUMP: OptionChecks<CdcPumpOptions> = {
  host: option.required(option.with('attach')),
  log: option.required(option.with('read', 'waitFor', 'release')),
  checkpoints: option.required(option.with('load', 'save')),
  retry: option.object(RETRY),
  clock: option.with('now', 'after'),
  checkpointEvery: option.count(1),
  timeoutMs: option.positive,
  onReleased: RELEASED,
  onEvent: option.function,
}

const START: OptionChecks<StartOptions> = { from: option.bigint(), onReleased: RELEASED, retry: option.object(RETRY) }
const RESUME: OptionChecks<ResumeOptions> = { onReleased: RELEASED }
const CAUGHT_UP: OptionChecks<CaughtUpOptions> = { stream: option.text, signal: option.signal }

/**
 * Delivers a commit log to live streams, each at its own pace, and releases the log up to the lowest checkpoint of
 * theirs. Deliveries go through the host, so a reload holds them: what is committed meanwhile waits in the log.
 */
export class CdcPump implements AsyncDisposable {
  readonly #options: CdcPumpOptions
  readonly #retry: RetryPolicy
  readonly #loops = new Map<string, StreamLoop>()
  #stopped: Promise<void> | undefined

  constructor(options: CdcPumpOptions) {
    this.#options = checkOptions(options, 'CdcPump options', PUMP)
    this.#retry = new RetryPolicy(this.#options.retry)
  }

  /**
   * Attaches a stream, and delivers to it from its last checkpoint on. Resolves once the stream is open. If it halts
   * before that, this rejects with the cause; the stream stays in the list all the same, and retains the log, until it
   * is resumed or dropped. Start all streams of a log in one turn: the log is not retained for a stream that was not
   * started yet.
   *
   * @throws ReloadError `DUPLICATE`, `RESOURCE_CLOSED` after {@link stop}.
   */
  async start(name: string, key: string, options: StartOptions = {}): Promise<void> {
    option.text(name, 'start name', this)
    option.text(key, 'start key', this)
    const {
      from,
      retry,
      onReleased = this.#options.onReleased ?? 'fail',
    } = checkOptions(options, 'start options', START)
    const place = { surface: cdcOutput.id, key, resource: name }
    if (this.#stopped)
      throw new ReloadError('RESOURCE_CLOSED', 'the pump was stopped', { ...place, hint: 'Make another pump.' })
    if (this.#loops.has(name))
      throw new ReloadError('DUPLICATE', 'the pump delivers to a stream of this name already', {
        ...place,
        hint: 'Stop that stream first, or start this one under another name.',
      })
    const { host, log, checkpoints, clock = systemClock, checkpointEvery = 64, timeoutMs = 30_000 } = this.#options
    const loop = new StreamLoop(name, key, {
      host,
      log,
      checkpoints,
      clock,
      checkpointEvery,
      onReleased,
      patience: { clock, timeoutMs },
      retry: retry ? new RetryPolicy(retry) : this.#retry,
      firstLsn: from ?? log.oldest,
      emit: (event) => this.#emit({ stream: name, ...event }),
      releasable: () => this.#release(name),
    })
    this.#loops.set(name, loop)
    await loop.opened
  }

  status(): PumpStatus[] {
    return Array.from(this.#loops.values(), (loop) => loop.status)
  }

  /**
   * Resolves once everything below `lsn` (by default, everything that is committed now) was delivered to the stream, or
   * to every stream. Goes on waiting through a reload.
   *
   * @throws ReloadError `ABORTED` by `signal`, `RESOURCE_NOT_FOUND`, `RESOURCE_CLOSED` where a stream stops; the error
   * that one halted with.
   */
  async caughtUp(lsn: CdcLsn = this.#options.log.head, options: CaughtUpOptions = {}): Promise<void> {
    option.bigint()(lsn, 'caughtUp lsn', this)
    const { stream, signal } = checkOptions(options, 'caughtUp options', CAUGHT_UP)
    const loops = stream === undefined ? [...this.#loops.values()] : [this.#loop(stream)]
    await Promise.all(loops.map((loop) => loop.caughtUp(lsn, signal)))
  }

  /**
   * Has a halted stream go on with the batch at which it halted, and one that is retrying try at once. A stream that
   * halted with `LOG_RELEASED` goes on only with `onReleased: 'restart-from-oldest'`.
   *
   * @throws ReloadError `RESOURCE_NOT_FOUND`.
   */
  resume(name: string, options: ResumeOptions = {}): void {
    this.#loop(name).resume(checkOptions(options, 'resume options', RESUME))
  }

  /**
   * Stops one stream and forgets it, so that it no longer retains the log. Its checkpoint stays in the store.
   *
   * @throws ReloadError `RESOURCE_NOT_FOUND`.
   */
  async drop(name: string): Promise<void> {
    await this.#loop(name).stop()
    this.#loops.delete(name)
    this.#release(name)
  }

  /**
   * Waits for the deliveries in flight, then checkpoints and closes every stream. A failure is told as an `unclean`
   * event.
   */
  stop(): Promise<void> {
    this.#stopped ??= Promise.all(Array.from(this.#loops.values(), (loop) => loop.stop())).then(() => {})
    return this.#stopped
  }

  [ASYNC_DISPOSE](): Promise<void> {
    return this.stop()
  }

  #loop(name: string): StreamLoop {
    const loop = this.#loops.get(name)
    if (loop === undefined)
      throw new ReloadError('RESOURCE_NOT_FOUND', 'the pump has no stream of this name', {
        surface: cdcOutput.id,
        resource: name,
        hint: 'Check the name: pump.status() lists the streams; or start this one.',
      })
    return loop
  }

  /** @param name the stream whose checkpoint has moved, or which has ended. */
  #release(name: string): void {
    let lowest: CdcLsn | undefined
    for (const { checkpoint } of this.#loops.values()) {
      // Each stream notes it here too, as one that has halted would not notice otherwise.
      checkpoint.noteOverrun()
      if (lowest === undefined || checkpoint.holds < lowest) lowest = checkpoint.holds
    }
    if (lowest === undefined) return
    // The release is repeated after the next checkpoint: until then the log is larger, which no stream has to know.
    const failed = (error: unknown): void => this.#emit({ stream: name, type: 'unclean', step: 'release', error })
    try {
      heard(this.#options.log.release(lowest), failed)
    } catch (error) {
      failed(error)
    }
  }

  #emit(event: PumpEvent): void {
    try {
      heard(this.#options.onEvent?.(event))
    } catch {
      // Dropped, see `CdcPumpOptions.onEvent`.
    }
  }
}
