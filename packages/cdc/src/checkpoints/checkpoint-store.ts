import type { CdcLsn } from '../contract.js'

/** Keeps the last checkpoint of each stream, by its name. */
export interface CheckpointStore {
  /** The last checkpoint that was saved; `undefined` where none was. Rejects if there is one that cannot be trusted. */
  load(stream: string): Promise<CdcLsn | undefined>
  /** Resolves once the checkpoint is as durable as the store makes it. */
  save(stream: string, lsn: CdcLsn): Promise<void>
}

/** Keeps checkpoints as long as the process lives. */
export class MemoryCheckpointStore implements CheckpointStore {
  readonly #byStream = new Map<string, CdcLsn>()

  async load(stream: string): Promise<CdcLsn | undefined> {
    return this.#byStream.get(stream)
  }

  async save(stream: string, lsn: CdcLsn): Promise<void> {
    this.#byStream.set(stream, lsn)
  }
}
