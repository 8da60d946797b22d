import type { LiveResource } from '@uni/reload-core'
import type { CheckpointStore } from '../checkpoints/checkpoint-store.js'
import type { CdcBatch, CdcLsn, CdcStream } from '../contract.js'
import type { CommitLog } from '../log/commit-log.js'
import { takeCheckpoint } from '../progress.js'
import type { StreamEvent } from './events.js'
import { within, type Patience } from './within.js'

export interface SavedCheckpointOptions {
  readonly log: CommitLog
  readonly checkpoints: CheckpointStore
  /** Where a stream begins that has no checkpoint yet. */
  readonly firstLsn: CdcLsn
  readonly patience: Patience
  emit(event: StreamEvent): void
  /** Told when {@link SavedCheckpoint.holds} has changed. */
  releasable(): void
}

/** The checkpoint of one stream, as it was saved last, and what the log has to keep because of it (C14). */
export class SavedCheckpoint {
  readonly #name: string
  readonly #options: SavedCheckpointOptions
  #lsn: CdcLsn | undefined
  /** The save that has not settled, however long ago it was given up on. */
  #saving: Promise<void> | undefined
  #overrun = false

  constructor(name: string, options: SavedCheckpointOptions) {
    this.#name = name
    this.#options = options
  }

  get lsn(): CdcLsn | undefined {
    return this.#lsn
  }
  /** The log from here on has to stay. */
  get holds(): CdcLsn {
    return this.#lsn ?? this.#options.firstLsn
  }
  get retained(): boolean {
    return this.holds >= this.#options.log.oldest
  }

  /** It is what the store gave. */
  loaded(lsn: CdcLsn | undefined): void {
    this.#lsn = lsn
  }

  /** Asks the stream, and saves what it answers if that is further on. */
  async take(resource: LiveResource<CdcStream, CdcBatch>): Promise<void> {
    const { log, patience, emit, releasable } = this.#options
    // Of what the log has given up, nothing can be said; the checkpoint is no less true for that.
    const lsn = await resource.use((stream) =>
      takeCheckpoint(
        stream,
        (at) => at < log.oldest || within('log.canReadFrom()', patience, async () => log.canReadFrom(at)),
      ),
    )
    if (lsn === this.#lsn) return
    await this.#save(lsn)
    this.#lsn = lsn
    emit({ type: 'checkpoint', lsn })
    releasable()
  }

  /** Until it has resolved, {@link holds} stays: a crash in the meantime goes on at the checkpoint before. */
  async #save(lsn: CdcLsn): Promise<void> {
    const { checkpoints, patience } = this.#options
    // One that landed after the next would put the checkpoint back behind what the log has released.
    if (this.#saving) {
      await within('an earlier save() of the checkpoint store', patience, () =>
        (this.#saving as Promise<void>).catch(() => {}),
      )
    }
    await within('save() of the checkpoint store', patience, () => {
      const saving = checkpoints.save(this.#name, lsn)
      this.#saving = saving
      const settled = (): void => {
        if (this.#saving === saving) this.#saving = undefined
      }
      saving.then(settled, settled)
      return saving
    })
  }

  /** Says once when the log has given up what lies from the checkpoint on, and again if it happens again. */
  noteOverrun(): void {
    const overrun = !this.retained
    if (overrun && !this.#overrun)
      this.#options.emit({ type: 'overrun', checkpoint: this.holds, oldest: this.#options.log.oldest })
    this.#overrun = overrun
  }
}
