import type { Acceptance } from '../../dispatch/judging.js'
import type { ReloadKindHandlers } from '../../dispatch/request.js'
import type { Cutover } from '../../strategy.js'
import type { Direction } from '../../take-back/direction.js'
import type { DrainPolicy } from '../lease/drain.js'
import type { BakeOptions } from '../permanence/bake.js'
import type { ReloadSource } from '../resource/reload-source.js'

export interface OperationOptions {
  readonly cutover: Cutover
  readonly dryRun: boolean
  readonly onOrphan: 'reject' | 'close'
  readonly signal: AbortSignal | undefined
  readonly handlers: ReloadKindHandlers | undefined
  readonly drain: DrainPolicy
  readonly accept: readonly Acceptance[]
  readonly bake?: BakeOptions
  readonly from?: ReloadSource
  /** Default: forward. */
  readonly direction?: Direction
}
