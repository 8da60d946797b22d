import { Slices, type LiveResource } from '@uni/reload-core'
import type { CdcBatch, CdcLsn, CdcStream } from '../contract.js'
import { CdcError, show } from '../errors.js'
import { endOf, expectedLsn } from '../progress.js'
import { attachStream, startingPoint, type CdcHost, type ReleasedPolicy } from './attach-stream.js'
import { readLog } from './read-log.js'
import { SavedCheckpoint, type SavedCheckpointOptions } from './saved-checkpoint.js'
import type { StreamHealth } from './stream-health.js'
import type { Patience } from './within.js'

export interface StreamFeedOptions extends SavedCheckpointOptions {
  readonly host: CdcHost
  readonly checkpointEvery: number
  readonly onReleased: ReleasedPolicy
  /** Called when a batch was delivered. */
  delivered(): void
}

type Live = LiveResource<CdcStream, CdcBatch>

/** One stream and how far it has come: opens it, delivers to it, checkpoints and closes it. Throws what fails. */
export class StreamFeed {
  readonly checkpoint: SavedCheckpoint
  readonly #name: string
  readonly #key: string
  readonly #options: StreamFeedOptions
  readonly #health: StreamHealth
  readonly #stop: AbortSignal
  #resource: Live | undefined
  #position: CdcLsn
  /** How many batches were delivered since the last checkpoint. */
  #uncheckpointed = 0
  #replaced: AbortSignal | undefined
  #restartsFromOldest = false

  constructor(name: string, key: string, options: StreamFeedOptions, health: StreamHealth, stop: AbortSignal) {
    this.#name = name
    this.#key = key
    this.#options = options
    this.#health = health
    this.#stop = stop
    this.#position = options.firstLsn
    this.checkpoint = new SavedCheckpoint(name, options)
  }

  /** Where the next batch starts. */
  get position(): CdcLsn {
    return this.#position
  }
  /**
   * Fires when the stream that was found last is stopped. A signal, so that whoever waits for it does not keep the
   * stream in memory (I12).
   */
  get replaced(): AbortSignal | undefined {
    return this.#replaced
  }
  get #patience(): Patience {
    return { ...this.#options.patience, stop: this.#stop }
  }
  get #onReleased(): ReleasedPolicy {
    return this.#restartsFromOldest ? 'restart-from-oldest' : this.#options.onReleased
  }

  /** Until it has caught up, the stream goes on past a gap, whatever `onReleased` says. */
  allowGap(): void {
    this.#restartsFromOldest = true
  }

  /** Opens the stream if it is not open, and asks the one that serves now for its next LSN (C13). */
  async findPlace(): Promise<Live> {
    this.#replaced = undefined
    const resource = (this.#resource ??= await this.#open())
    const { expected, end } = await resource.use((stream) => ({ expected: expectedLsn(stream), end: endOf(stream) }))
    this.#replaced = end
    if (expected === undefined || expected === this.#position) return resource
    this.#options.emit({ type: 'moved', from: this.#position, to: expected })
    this.#position = expected
    return resource
  }

  /** Delivers what the log has to the stream that {@link findPlace} found, one batch at a time, and checkpoints. */
  async catchUp(resource: Live): Promise<void> {
    const { log, checkpointEvery } = this.#options
    const slices = new Slices()
    this.#health.failures.step = 'read'
    for await (const batch of readLog(log, this.#position, this.#patience)) {
      if (this.#stop.aborted) return
      if (batch.lsnStart !== this.#position) {
        throw new CdcError(
          'LOG_POSITION',
          `the log was asked for LSN ${this.#position} and gave a batch that starts at ${show(batch.lsnStart)}`,
          { expected: this.#position, found: batch.lsnStart },
        )
      }
      this.#health.succeeded('read')
      await this.#health.doing('deliver', () => resource.write(batch))
      this.#position = batch.lsnEnd
      this.#options.delivered()
      this.#uncheckpointed += 1
      this.checkpoint.noteOverrun()
      if (this.#uncheckpointed >= checkpointEvery)
        await this.#health.doing('checkpoint', () => this.#takeCheckpoint(resource))
      if (slices.due()) await slices.pause()
      this.#health.failures.step = 'read'
    }
    // The permission was for this gap only.
    this.#restartsFromOldest = false
    if (this.#uncheckpointed > 0 && !this.#stop.aborted)
      await this.#health.doing('checkpoint', () => this.#takeCheckpoint(resource))
  }

  /**
   * If the log no longer has the next batch, and the stream may go on without it, closes the stream: the next
   * {@link findPlace} opens it where the log begins. Returns whether it was closed.
   */
  async closeForRestart(): Promise<boolean> {
    const resource = this.#resource
    if (
      resource === undefined ||
      this.#onReleased !== 'restart-from-oldest' ||
      this.#position >= this.#options.log.oldest
    )
      return false
    // The gap begins at the last checkpoint: if this one fails, the gap that is reported is larger than the real one.
    await this.#takeCheckpoint(resource).catch(() => {})
    await this.#close()
    return true
  }

  /** The host has closed the stream: the next {@link findPlace} opens another. */
  forget(): void {
    this.#resource = undefined
  }

  /**
   * Checkpoints what was delivered since the last checkpoint, if the stream can be asked, and closes it. Never rejects.
   */
  async finish(canCheckpoint: boolean): Promise<void> {
    const resource = this.#resource
    if (resource && canCheckpoint && this.#position !== this.checkpoint.lsn) {
      await this.#takeCheckpoint(resource).catch((error: unknown) =>
        this.#options.emit({ type: 'unclean', step: 'checkpoint', error }),
      )
    }
    await this.#close()
  }

  async #open(): Promise<Live> {
    this.#health.opening()
    const { host, emit } = this.#options
    const { fromLsn, checkpoint, gap } = await startingPoint({
      ...this.#options,
      name: this.#name,
      onReleased: this.#onReleased,
      patience: this.#patience,
    })
    this.checkpoint.loaded(checkpoint)
    const resource = await attachStream({
      host,
      name: this.#name,
      key: this.#key,
      fromLsn,
      emit,
      stop: this.#stop,
      ...(gap && { gap }),
    })
    this.#restartsFromOldest = false
    this.#position = fromLsn
    // Counts as a delivery, so that a checkpoint follows: until one beyond the gap is saved, each start would meet the
    // gap again.
    this.#uncheckpointed = gap ? 1 : 0
    if (gap) emit({ type: 'gap', ...gap })
    emit({ type: 'opened', fromLsn })
    return resource
  }

  async #takeCheckpoint(resource: Live): Promise<void> {
    await this.checkpoint.take(resource)
    this.#uncheckpointed = 0
  }

  async #close(): Promise<void> {
    const resource = this.#resource
    this.#resource = undefined
    try {
      const detached = await resource?.detach()
      await detached?.finalized
    } catch (error) {
      this.#options.emit({ type: 'unclean', step: 'close', error })
    }
  }
}
