import type { CdcLsn, CheckpointStore } from '@uni/reload-cdc'

/** A checkpoint store that also writes down what was saved, for the audit. */
export class CheckpointLog implements CheckpointStore {
  readonly saved = new Map<string, CdcLsn[]>()
  readonly #store: CheckpointStore

  constructor(store: CheckpointStore) {
    this.#store = store
  }

  load(stream: string): Promise<CdcLsn | undefined> {
    return this.#store.load(stream)
  }

  async save(stream: string, lsn: CdcLsn): Promise<void> {
    await this.#store.save(stream, lsn)
    this.saved.set(stream, [...(this.saved.get(stream) ?? []), lsn])
  }
}
