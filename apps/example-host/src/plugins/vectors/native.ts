import { randomUUID } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Index, MetricKind, ScalarKind } from 'usearch'
import { DIMENSIONS } from './embed.js'
import type { Vectors } from './vector-shard.js'

/** How an index of vectors is searched. */
export interface SearchOptions {
  /** How many candidates a search keeps at least: more of them find better, and take longer. */
  readonly candidates: number
}

/** An empty index. Its memory is freed when it is garbage: USearch has no way to do it earlier. */
export function emptyVectors({ candidates }: SearchOptions): Index {
  // 0: what USearch takes by default.
  return new Index({
    dimensions: DIMENSIONS,
    metric: MetricKind.Cos,
    quantization: ScalarKind.F32,
    multi: false,
    connectivity: 0,
    expansion_add: 0,
    expansion_search: candidates,
  })
}

/** The vectors in a file, read into memory. */
export function loadVectors(path: string, options: SearchOptions): Index {
  const index = emptyVectors(options)
  index.load(path)
  return index
}

/**
 * The vectors in a file, mapped into memory, and not read before they are needed. The file may be removed: its content
 * is there as long as the index is. Thawed by way of another file in `directory`, as the mapped one may be gone.
 */
export function mapVectors(path: string, options: SearchOptions, directory: string): Vectors {
  const mapped = emptyVectors(options)
  mapped.view(path)
  // There is nothing to map.
  if (mapped.size() === 0) return { native: emptyVectors(options) }
  return {
    native: mapped,
    thaw() {
      const copy = newFile(directory)
      try {
        mapped.save(copy)
        return loadVectors(copy, options)
      } finally {
        rmSync(copy, { force: true })
      }
    },
  }
}

/** The path of a file that is not there yet. */
export function newFile(directory: string): string {
  mkdirSync(directory, { recursive: true })
  return join(directory, `${randomUUID()}.vectors`)
}
