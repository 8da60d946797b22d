export { runCdcConformance } from './conformance.js'
export { writeCdcGolden, type WriteCdcGoldenOptions } from './golden.js'
export type { CdcCapabilities, CdcConformanceOptions, CdcFixture, CdcGoldenFile } from './options.js'
export {
  runCommitLogConformance,
  type CommitLogCapabilities,
  type CommitLogConformanceOptions,
} from './log/commit-log-conformance.js'
export type { CommitLogFixture } from './log/log-bench.js'
export {
  runCheckpointStoreConformance,
  type CheckpointStoreCapabilities,
  type CheckpointStoreConformanceOptions,
  type CheckpointStoreFixture,
} from './store/checkpoint-store-conformance.js'
