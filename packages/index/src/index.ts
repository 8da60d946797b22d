import type { KindHandoff } from '@uni/reload-core'
import type { RecordBatch } from 'apache-arrow'
import type { IndexHandle, IndexKindProvider } from './contract.js'

export {
  indexKind,
  type FilteredQuery,
  type IndexBuild,
  type IndexContext,
  type IndexHandle,
  type IndexImage,
  type IndexKindProvider,
  type IndexKindSurface,
  type IndexQuery,
  type IndexSample,
  type PersistedFile,
  type PersistedIndex,
} from './contract.js'
export { indexHandoff, type IndexHandoffOptions } from './strategy.js'
export { type IndexVerdict } from './samples.js'
export { type Unjudged } from './sample-list.js'
export { type CanaryOptions, type CanaryTarget } from './canary.js'
export { buildIndex } from './build-index.js'
export { indexContext, type IndexContextInit } from './index-context.js'
export { imageOf } from './image/image-of.js'
export { type OwnedImage } from './image/owned-image.js'
export { type ImageSpool } from './spool.js'
export { type SchemaDifference } from './schema/diff.js'

/** One live index that a host with its own registry asks to have handed over. */
export type IndexHandoff = KindHandoff<IndexKindProvider, IndexHandle, RecordBatch>
