import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describeThrown, option } from '@uni/reload-core'
import { isMissing, replaceFile } from '@uni/reload-core/node'
import type { CheckpointStore } from '../checkpoints/checkpoint-store.js'
import type { CdcLsn } from '../contract.js'
import { CdcError, show } from '../errors.js'
import { earlierFileOfStream, fileOfStream } from './file-of-stream.js'

interface Saved {
  readonly stream: string
  /** In decimal, as JSON has no bigint. */
  readonly lsn: string
  readonly sha256: string
}

/**
 * Keeps each checkpoint in a file of its own in one directory. A save replaces the file in one step, so that a crash
 * leaves the old checkpoint or the new one, never a part. One process at a time owns the directory.
 */
export class FileCheckpointStore implements CheckpointStore {
  readonly #directory: string
  /** Saves of one stream wait for one another, as they replace the same file. */
  readonly #saving = new Map<string, Promise<void>>()

  constructor(directory: string) {
    this.#directory = option.text(directory, 'FileCheckpointStore directory', this)
  }

  /**
   * @throws CdcError `CHECKPOINT_STORE` where the file is damaged or belongs to another stream, `CHECKPOINT_IO` where
   * it cannot be read.
   */
  async load(stream: string): Promise<CdcLsn | undefined> {
    const file = join(this.#directory, fileOfStream(stream))
    const text = await readIfThere(file)
    return text === undefined ? this.#loadEarlier(stream) : lsnOf(parse(text, file), stream, file)
  }

  async #loadEarlier(stream: string): Promise<CdcLsn | undefined> {
    const name = earlierFileOfStream(stream)
    if (name === undefined) return undefined
    const file = join(this.#directory, name)
    const text = await readIfThere(file)
    if (text === undefined) return undefined
    const saved = parse(text, file)
    return saved.stream === stream ? lsnOf(saved, stream, file) : undefined
  }

  /** @throws CdcError `CHECKPOINT_IO`; the checkpoint before stays in place. */
  save(stream: string, lsn: CdcLsn): Promise<void> {
    const before = this.#saving.get(stream) ?? Promise.resolve()
    const saved = before.then(() => this.#write(stream, lsn))
    const settled = saved
      .catch(() => {})
      .then(() => {
        if (this.#saving.get(stream) === settled) this.#saving.delete(stream)
      })
    this.#saving.set(stream, settled)
    return saved
  }

  async #write(stream: string, lsn: CdcLsn): Promise<void> {
    const file = join(this.#directory, fileOfStream(stream))
    const saved: Saved = { stream, lsn: String(lsn), sha256: digest(stream, String(lsn)) }
    try {
      await replaceFile(file, `${JSON.stringify(saved)}\n`)
    } catch (cause) {
      throw new CdcError(
        'CHECKPOINT_IO',
        `${file} cannot be written: ${describeThrown(cause)}. Make room, or mend ` +
          'what keeps the file from being replaced; the checkpoint before it is still in place.',
        { cause },
      )
    }
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw new CdcError(
      'CHECKPOINT_IO',
      `${file} cannot be read: ${describeThrown(error)}. Mend what keeps it from being read.`,
      { cause: error },
    )
  }
}

function digest(stream: string, lsn: string): string {
  return createHash('sha256')
    .update(JSON.stringify([stream, lsn]))
    .digest('hex')
}

type Found = Partial<Record<keyof Saved, unknown>>

function parse(text: string, file: string): Found {
  try {
    return Object(JSON.parse(text)) as Found
  } catch (cause) {
    throw damaged(file, 'it is not JSON', cause)
  }
}

function lsnOf(saved: Found, stream: string, file: string): CdcLsn {
  if (saved.stream !== stream) throw damaged(file, `it does not belong to the stream ${show(stream)}`)
  if (typeof saved.lsn !== 'string' || !/^\d+$/.test(saved.lsn)) throw damaged(file, 'its lsn is not a decimal number')
  if (saved.sha256 !== digest(stream, saved.lsn)) throw damaged(file, 'its checksum does not match')
  return BigInt(saved.lsn)
}

function damaged(file: string, reason: string, cause?: unknown): CdcError {
  return new CdcError(
    'CHECKPOINT_STORE',
    `${file} holds no checkpoint that can be trusted: ${reason}. Restore it, or remove it to start the stream ` +
      'from the oldest retained LSN.',
    cause === undefined ? {} : { cause },
  )
}
