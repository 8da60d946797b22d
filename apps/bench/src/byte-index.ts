import type { Plugin } from '@uni/reload-core'
import { indexKind, type IndexHandle, type IndexImage, type PersistedIndex } from '@uni/reload-index'
import { Schema, type RecordBatch } from 'apache-arrow'

/** How an image gets from the old side to the new one. */
export type Form = 'memory' | 'streamed' | 'file'

export const CHUNK_BYTES = 1 << 20

/** An index that is nothing but its image, so that moving it is all there is to measure. */
export class ByteIndex implements IndexHandle {
  /**
   * What is isolated goes straight to its reader; what is not is kept until it is complete, in a file where there is a
   * spool.
   */
  declare readonly snapshot?: 'isolated'
  readonly bytes: Uint8Array
  readonly #form: Form
  readonly #sample: (() => void) | undefined

  /** @param sample is called as each chunk is handed over. */
  constructor(bytes: Uint8Array, form: Form, sample?: () => void) {
    this.bytes = bytes
    this.#form = form
    this.#sample = sample
    if (form !== 'file') this.snapshot = 'isolated'
  }

  probe(query: RecordBatch): RecordBatch {
    return query
  }

  schema(): Schema {
    return new Schema([])
  }

  persist(): PersistedIndex {
    return this.#form === 'memory' ? this.bytes : this.#chunks()
  }

  async *#chunks(): AsyncGenerator<Uint8Array> {
    for (const chunk of chunksOf(this.bytes)) {
      this.#sample?.()
      yield chunk
    }
  }
}

/** A plugin that opens an image as it is, or reads it into `target`. */
export function byteIndexes(form: Form, target: Uint8Array, sample?: () => void): Plugin {
  const open = async (image: IndexImage): Promise<ByteIndex> => {
    const bytes = form === 'memory' ? await image.bytes() : await readInto(target, image, sample)
    sample?.()
    return new ByteIndex(bytes, form, sample)
  }
  return {
    manifest: { id: 'bytes', version: '1.0.0' },
    register: (registrar) => {
      registrar.provide(indexKind, {
        kind: 'bytes',
        build: () => {
          throw new Error('it is only opened')
        },
        open,
      })
    },
  }
}

export function* chunksOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES)
}

async function readInto(target: Uint8Array, image: IndexImage, sample: (() => void) | undefined): Promise<Uint8Array> {
  let at = 0
  for await (const chunk of image.stream()) {
    target.set(chunk, at)
    at += chunk.byteLength
    sample?.()
  }
  return target
}
