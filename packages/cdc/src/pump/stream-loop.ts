import { ReloadError, Slices, type Clock, type LiveResource } from '@uni/reload-core'
import type { CheckpointStore } from '../checkpoints/checkpoint-store.js'
import type { CdcBatch, CdcLsn, CdcStream } from '../contract.js'
import { CdcError, show } from '../errors.js'
import type { CommitLog } from '../log/commit-log.js'
import { endOf, expectedLsn, takeCheckpoint } from '../progress.js'
import { attachStream, startingPoint, stoppedError, type CdcHost } from './attach-stream.js'
import type { PumpState, PumpStatus, PumpStep, StreamEvent } from './events.js'
import { Failures } from './failures.js'
import { aborted, elapsed, firstOf, fulfilled, type Source } from './first-of.js'
import { worthRetrying, type RetryPolicy } from './retry.js'

export interface StreamLoopOptions {
  readonly host: CdcHost
  readonly log: CommitLog
  readonly checkpoints: CheckpointStore
  readonly clock: Clock
  readonly retry: RetryPolicy
  readonly checkpointEvery: number
  readonly onReleased: 'fail' | 'restart-from-oldest'
  /** Where a stream begins that has no checkpoint yet. */
  readonly firstLsn: CdcLsn
  emit(event: StreamEvent): void
  /** Told when {@link StreamLoop.holds} has changed. */
  releasable(): void
}

/** Delivers the log to one stream: one batch at a time, and for as long as it takes. */
export class StreamLoop {
  readonly name: string
  readonly key: string
  /** Resolves once the stream is open, rejects once it has halted or stopped without having been. */
  readonly opened: Promise<void>
  readonly #options: StreamLoopOptions
  readonly #ended: Promise<void>
  readonly #stop = new AbortController()
  #resolveOpened: () => void = () => {}
  #rejectOpened: (error: unknown) => void = () => {}

  #state: PumpState = 'opening'
  #resource: LiveResource<CdcStream, CdcBatch> | undefined
  #position: CdcLsn
  #checkpoint: CdcLsn | undefined
  #uncheckpointed = 0

  readonly #failures = new Failures()
  /** Fires when the stream that this pass works with is stopped. A signal, so that the loop holds no stream (I12). */
  #replaced: AbortSignal | undefined
  #resume: (() => void) | undefined

  constructor(name: string, key: string, options: StreamLoopOptions) {
    this.name = name
    this.key = key
    this.#options = options
    this.#position = options.firstLsn
    this.opened = new Promise((resolve, reject) => {
      this.#resolveOpened = resolve
      this.#rejectOpened = reject
    })
    this.#ended = this.#run()
  }

  /** The log from here on has to stay. */
  get holds(): CdcLsn {
    return this.#checkpoint ?? this.#options.firstLsn
  }

  get status(): PumpStatus {
    return {
      name: this.name, key: this.key, state: this.#state, position: this.#position, checkpoint: this.#checkpoint,
      lag: this.#options.log.head - this.#position,
      failures: this.#failures.inARow, ...(this.#failures.last && { error: this.#failures.last.error }),
    }
  }

  /** Tries again at once what is waiting to be retried, or was given up. */
  resume(): void {
    this.#resume?.()
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
        if (!this.#stop.signal.aborted) await this.#recover(error)
      }
    }
    await this.#finish()
  }

  /** Catches up with the log, checkpoints, and waits until there is something to do. */
  async #pass(): Promise<void> {
    const { log, emit } = this.#options
    this.#replaced = undefined
    const resource = await this.#doing('open', () => this.#findPlace())
    this.#resolveOpened()
    await this.#catchUp(resource)
    if (this.#stop.signal.aborted) return
    if (this.#uncheckpointed > 0) await this.#doing('checkpoint', () => this.#takeCheckpoint(resource))
    // What failed for a stream that has since been replaced may not be needed any more.
    this.#failures.forgive()
    this.#recovered()
    emit({ type: 'idle', position: this.#position })
    this.#failures.step = 'read'
    await this.#wait({ commit: fulfilled((signal) => log.waitFor(this.#position, signal)) })
  }

  /** Opens the stream if need be, and learns from the one that serves now where it continues. */
  async #findPlace(): Promise<LiveResource<CdcStream, CdcBatch>> {
    const resource = this.#resource ??= await this.#open()
    const { expected, end } = await resource.use((stream) => ({ expected: expectedLsn(stream), end: endOf(stream) }))
    this.#replaced = end
    if (expected !== undefined) this.#moveTo(expected)
    return resource
  }

  async #catchUp(resource: LiveResource<CdcStream, CdcBatch>): Promise<void> {
    const { log, checkpointEvery } = this.#options
    const slices = new Slices()
    this.#failures.step = 'read'
    for await (const batch of log.read(this.#position)) {
      if (this.#stop.signal.aborted) return
      if (batch.lsnStart !== this.#position) {
        throw new CdcError('LOG_POSITION', `the log was asked for LSN ${this.#position} and gave a batch that starts at ${show(batch.lsnStart)}`,
          { expected: this.#position, found: batch.lsnStart })
      }
      this.#succeeded('read')
      await this.#doing('deliver', () => resource.write(batch))
      this.#position = batch.lsnEnd
      this.#uncheckpointed += 1
      if (this.#uncheckpointed >= checkpointEvery) await this.#doing('checkpoint', () => this.#takeCheckpoint(resource))
      if (slices.due()) await slices.pause()
      this.#failures.step = 'read'
    }
  }

  async #open(): Promise<LiveResource<CdcStream, CdcBatch>> {
    if (this.#state !== 'halted') this.#state = 'opening'
    const { name, key } = this
    const { host, emit } = this.#options
    const { fromLsn, checkpoint } = await startingPoint({ name, ...this.#options })
    this.#checkpoint = checkpoint
    const resource = await attachStream({ host, name, key, fromLsn, emit, stop: this.#stop.signal })
    this.#position = fromLsn
    this.#uncheckpointed = 0
    emit({ type: 'opened', fromLsn })
    return resource
  }

  async #takeCheckpoint(resource: LiveResource<CdcStream, CdcBatch>): Promise<void> {
    const { log, checkpoints, emit, releasable } = this.#options
    const lsn = await resource.use(takeCheckpoint)
    if (!await log.canReadFrom(lsn)) {
      throw new CdcError('CHECKPOINT', `checkpoint() returned ${lsn}, where deliveries cannot go on. A checkpoint lies on the boundary of a batch.`, { found: lsn })
    }
    if (lsn !== this.#checkpoint) {
      await checkpoints.save(this.name, lsn)
      this.#checkpoint = lsn
      emit({ type: 'checkpoint', lsn })
      releasable()
    }
    this.#uncheckpointed = 0
  }

  async #recover(error: unknown): Promise<void> {
    const { retry, onReleased, emit } = this.#options
    if (CdcError.is(error) && error.code === 'OUT_OF_ORDER' && error.expected !== undefined) return this.#moveTo(error.expected)
    if (CdcError.is(error) && error.code === 'LOG_RELEASED' && onReleased === 'restart-from-oldest' && this.#resource) return this.#close()
    const { step } = this.#failures
    const failures = this.#failures.note(error)
    if (ReloadError.is(error) && error.code === 'RESOURCE_CLOSED') this.#resource = undefined
    const halts = !worthRetrying(error) || failures >= retry.attempts
    if (halts && this.#state !== 'halted') emit({ type: 'halted', step, error })
    this.#state = halts ? 'halted' : 'retrying'
    if (halts) this.#rejectOpened(error)
    // Nobody is told when a stopped resource could be started again, so even a halted stream tries that now and then.
    const delayMs = !halts ? retry.delayMs(failures) : isStopped(error) ? retry.maxMs : undefined
    if (delayMs !== undefined) emit({ type: 'retry', step, failures, delayMs, error })
    await this.#rest(delayMs)
  }

  /** Waits before trying again. A reload or a call of {@link resume} gives all that failed a fresh start. */
  async #rest(ms: number | undefined): Promise<void> {
    const woken = await this.#wait({
      resume: (fire) => {
        this.#resume = fire
        return () => { this.#resume = undefined }
      },
      ...(ms !== undefined && { elapsed: elapsed(this.#options.clock, ms) }),
    })
    if (woken !== 'resume' && woken !== 'replaced') return
    this.#failures.forgive()
    if (this.#state === 'halted') this.#recovered()
  }

  #wait(sources: Partial<Record<'commit' | 'resume' | 'elapsed', Source>>): Promise<'stop' | 'replaced' | 'commit' | 'resume' | 'elapsed'> {
    return firstOf({ stop: aborted(this.#stop.signal), ...(this.#replaced && { replaced: aborted(this.#replaced) }), ...sources })
  }

  async #doing<T>(step: PumpStep, run: () => Promise<T>): Promise<T> {
    this.#failures.step = step
    const result = await run()
    this.#succeeded(step)
    return result
  }

  #succeeded(step: PumpStep): void {
    if (this.#state === 'opening') this.#state = 'running'
    if (this.#failures.succeeded(step)) this.#recovered()
  }

  #recovered(): void {
    if (this.#state === 'halted') this.#options.emit({ type: 'resumed' })
    this.#state = 'running'
    this.#failures.clear()
  }

  #moveTo(lsn: CdcLsn): void {
    const from = this.#position
    if (lsn === from) return
    this.#position = lsn
    this.#options.emit({ type: 'moved', from, to: lsn })
  }

  async #finish(): Promise<void> {
    this.#rejectOpened(stoppedError(this.name, this.key))
    const resource = this.#resource
    if (resource && this.#position !== this.#checkpoint && !isStopped(this.#failures.last?.error)) {
      await this.#takeCheckpoint(resource).catch((error: unknown) => this.#options.emit({ type: 'unclean', step: 'checkpoint', error }))
    }
    await this.#close()
    this.#state = 'stopped'
    this.#options.emit({ type: 'stopped' })
  }

  async #close(): Promise<void> {
    const resource = this.#resource
    this.#resource = undefined
    await resource?.detach().catch((error: unknown) => this.#options.emit({ type: 'unclean', step: 'close', error }))
  }
}

function isStopped(error: unknown): boolean {
  return ReloadError.is(error) && error.code === 'RESOURCE_HALTED'
}
