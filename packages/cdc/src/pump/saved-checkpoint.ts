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
  /** Where a stream without a checkpoint begins. */
  readonly firstLsn: CdcLsn
  readonly patience: Patience
  emit(event: StreamEvent): void
  /** Called when {@link SavedCheckpoint.holds} has changed. */
  releasable(): void
}

/** The last checkpoint of one stream that was saved, and what the log has to retain for it (C14). */
export class SavedCheckpoint {
  readonly #name: string
  readonly #options: SavedCheckpointOptions
  #lsn: CdcLsn | undefined
  /** A save that has not settled, even if nobody waits for it any more. */
  #saving: Promise<void> | undefined
  #overrun = false

  constructor(name: string, options: SavedCheckpointOptions) {
    this.#name = name
    this.#options = options
  }

  get lsn(): CdcLsn | undefined {
    return this.#lsn
  }
  /** The log has to retain everything from here on. */
  get holds(): CdcLsn {
    return this.#lsn ?? this.#options.firstLsn
  }
  get retained(): boolean {
    return this.holds >= this.#options.log.oldest
  }

  /** Notes the checkpoint that the store had. */
  loaded(lsn: CdcLsn | undefined): void {
    this.#lsn = lsn
  }

  /** Asks the stream for its checkpoint, and saves that if it is further on. */
  async take(resource: LiveResource<CdcStream, CdcBatch>): Promise<void> {
    const { log, patience, emit, releasable } = this.#options
    // The log cannot say whether it could read from an LSN that it has dropped, and the checkpoint is no less valid.
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

  /** {@link holds} moves only when the save has resolved: a crash before that goes on at the checkpoint before. */
  async #save(lsn: CdcLsn): Promise<void> {
    const { checkpoints, patience } = this.#options
    // Saves wait for one another: an earlier one that landed later would put the checkpoint behind what the log has
    // released.
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

  /**
   * Emits `overrun` once when the log has dropped what lies from the checkpoint on, and again if that happens again.
   */
  noteOverrun(): void {
    const overrun = !this.retained
    if (overrun && !this.#overrun)
      this.#options.emit({ type: 'overrun', checkpoint: this.holds, oldest: this.#options.log.oldest })
    this.#overrun = overrun
  }
}
