import { expectTypeOf, test } from 'vitest'
import type {
  CaughtUpOptions,
  CdcErrorInit,
  CdcHandoffOptions,
  CdcPumpOptions,
  MemoryCommitLogOptions,
  ResumeOptions,
  RetryOptions,
  StartOptions,
} from '@uni/reload-cdc'
import type {
  CdcCapabilities,
  CdcConformanceOptions,
  CheckpointStoreCapabilities,
  CheckpointStoreConformanceOptions,
  CommitLogCapabilities,
  CommitLogConformanceOptions,
  WriteCdcGoldenOptions,
} from '@uni/reload-cdc/testing'
import type { RefusesUndefined } from '../../core/test/types/refuses-undefined.js'

test('an option that is undefined is one that is not given', () => {
  expectTypeOf<RefusesUndefined<CaughtUpOptions>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<CdcErrorInit>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<CdcHandoffOptions>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<CdcPumpOptions>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<MemoryCommitLogOptions>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<ResumeOptions>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<RetryOptions>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<StartOptions>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<CdcCapabilities>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<CdcConformanceOptions>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<CheckpointStoreCapabilities>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<CheckpointStoreConformanceOptions>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<CommitLogCapabilities>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<CommitLogConformanceOptions>>().toEqualTypeOf<never>()
  expectTypeOf<RefusesUndefined<WriteCdcGoldenOptions>>().toEqualTypeOf<never>()
})
