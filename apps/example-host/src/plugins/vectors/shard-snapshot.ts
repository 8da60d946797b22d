import { rm } from 'node:fs/promises'
import type { KeyedDocument } from './table.js'

interface Source {
  /** Writes the vectors to the snapshot's file, as they are now. */
  save(): void
  /** Called once: the shard may change without asking. */
  ended(): void
}

/**
 * A shard at a point in time. Its vectors are saved when their turn comes, or, if that is earlier, right before the
 * shard changes: so that no more than one shard is saved in one go, and none as it was later.
 */
export class ShardSnapshot {
  readonly documents: readonly KeyedDocument[]
  readonly #path: string
  readonly #source: Source
  #taken = false
  #error: unknown

  constructor(documents: readonly KeyedDocument[], path: string, source: Source) {
    this.documents = documents
    this.#path = path
    this.#source = source
  }

  /**
   * Saves the vectors, unless they are. That it fails is told by `file`: whoever changes the shard has no part in it.
   */
  take(): void {
    if (this.#taken) return
    this.#taken = true
    try {
      this.#source.save()
    } catch (error) {
      this.#error = error
    } finally {
      this.#source.ended()
    }
  }

  /** The file with the vectors. @throws what saving them threw. */
  file(): string {
    this.take()
    if (this.#error !== undefined) throw this.#error
    return this.#path
  }

  /** Removes the file. */
  async discard(): Promise<void> {
    this.#taken = true
    this.#source.ended()
    await rm(this.#path, { force: true })
  }
}
