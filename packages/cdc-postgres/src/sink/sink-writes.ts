import type { MaybePromise } from '@uni/reload-core'
import type { CdcBatch } from '@uni/reload-cdc'
import type { Client } from 'pg'

/** What a version of a sink does with its database. */
export interface SinkWrites {
  /**
   * Writes the rows of a batch. Runs in the transaction that moves the stream's LSN on: what it does by `client` is
   * committed with that, or not at all. A row that does not fit has to be left to PostgreSQL, whose error says what is
   * wrong with it, and halts the stream.
   */
  readonly write: (client: Client, batch: CdcBatch, stream: string) => MaybePromise<void>
  /** Makes the tables what this version writes to. Runs in the transaction that takes a stream up. */
  readonly prepare?: ((client: Client) => MaybePromise<void>) | undefined
}
