import { Slices } from '@uni/reload-core'
import type { IndexImage } from '../contract.js'
import type { ImageSpool } from '../spool.js'
import { isBytes } from '../shape.js'
import { BytesImage } from './bytes-image.js'
import { ChunkReader } from './chunk-reader.js'
import { emptyImageError } from './errors.js'
import { StreamImage } from './stream-image.js'

/**
 * An image of bytes or chunks that the caller has, such as those it stored when it shut down. Chunks can be read once.
 * For a file, see `fileImage` of `@uni/reload-index/node`.
 */
export function imageOf(persisted: Uint8Array | AsyncIterable<Uint8Array>, spool?: ImageSpool): IndexImage {
  if (!isBytes(persisted)) return new StreamImage(new ChunkReader(persisted, new Slices()), spool)
  if (persisted.byteLength === 0) throw emptyImageError('the image')
  return new BytesImage(persisted, { spool })
}
