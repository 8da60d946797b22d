export type {
  CdcBatch,
  CdcGap,
  CdcLsn,
  CdcOutputProvider,
  CdcPrepareContext,
  CdcPrepared,
  CdcStartContext,
  CdcStream,
} from './contract.js'
export { CdcError, type CdcErrorCode, type CdcErrorInit } from './errors.js'
export { cdcOutput, type CdcHandoff } from './surface.js'
export { cdcHandoff, type CdcHandoffOptions } from './strategy.js'
export { startStream } from './start-stream.js'
export { expectedLsn } from './progress.js'

export type { CommitLog } from './log/commit-log.js'
export { MemoryCommitLog, type MemoryCommitLogOptions } from './log/memory-commit-log.js'
export { MemoryCheckpointStore, type CheckpointStore } from './checkpoints/checkpoint-store.js'

export { CdcPump, type CaughtUpOptions, type CdcPumpOptions, type StartOptions } from './pump/pump.js'
export type { ResumeOptions } from './pump/stream-loop.js'
export type { CdcHost, ReleasedPolicy } from './pump/attach-stream.js'
export type { PumpEvent, PumpState, PumpStatus, PumpStep } from './pump/events.js'
export type { RetryOptions } from './pump/retry.js'
