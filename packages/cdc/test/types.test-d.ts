import {
  ReloadKindHandlers,
  type HandoffStrategy,
  type KindHandoff,
  type LiveResource,
  type PluginHost,
  type Surface,
} from '@uni/reload-core'
import type { RecordBatch } from 'apache-arrow'
import { describe, expectTypeOf, it } from 'vitest'
import {
  CdcPump,
  MemoryCommitLog,
  cdcHandoff,
  cdcOutput,
  startStream,
  type CdcBatch,
  type CdcHandoff,
  type CdcHost,
  type CdcLsn,
  type CdcOutputProvider,
  type CdcStream,
  type CheckpointStore,
  type CommitLog,
  type MemoryCheckpointStore,
  type PumpEvent,
} from '../src/index.js'
import type { FileCheckpointStore } from '../src/node/index.js'

declare const stream: CdcStream
declare const host: PluginHost

describe('the contract', () => {
  it('is one surface, whose writes are batches', () => {
    expectTypeOf(cdcOutput).toEqualTypeOf<Surface<CdcOutputProvider, CdcStream, CdcBatch>>()
    expectTypeOf(cdcHandoff()).toEqualTypeOf<HandoffStrategy<CdcOutputProvider, CdcStream, CdcBatch>>()
    expectTypeOf<CdcHandoff>().toEqualTypeOf<KindHandoff<CdcOutputProvider, CdcStream, CdcBatch>>()
    expectTypeOf<CdcLsn>().toEqualTypeOf<bigint>()
    expectTypeOf<CdcBatch['mutations']>().toEqualTypeOf<RecordBatch>()
  })

  it('lets providers answer at once or later', () => {
    const now: CdcOutputProvider = {
      name: 'now',
      start: () => ({ deliver: () => {}, checkpoint: () => 0n, shutdown: () => {} }),
    }
    const later: CdcOutputProvider = {
      name: 'later',
      start: async () => ({ deliver: async () => {}, checkpoint: async () => 0n, shutdown: async () => {} }),
    }
    expectTypeOf(startStream(now, { signal: new AbortController().signal })).resolves.toEqualTypeOf<CdcStream>()
    expectTypeOf(later.start).returns.toExtend<CdcStream | Promise<CdcStream>>()
  })

  it('counts LSNs in bigints', () => {
    // @ts-expect-error a checkpoint is a bigint
    const numbers: CdcStream = { deliver: () => {}, checkpoint: () => 3, shutdown: () => {} }
    // @ts-expect-error a stream can be shut down
    const halfAStream: CdcStream = { deliver: () => {}, checkpoint: () => 3n }
    expectTypeOf(numbers).toEqualTypeOf(halfAStream)
  })

  it('is handed over by a host with a registry of its own', () => {
    const handlers = new ReloadKindHandlers()
    expectTypeOf(
      handlers.add(cdcOutput, { name: 'orders', key: 'warehouse', resource: stream }),
    ).toEqualTypeOf<ReloadKindHandlers>()
    // @ts-expect-error not a stream
    handlers.add(cdcOutput, { name: 'orders', key: 'warehouse', resource: 'stream' })
  })
})

describe('the pump', () => {
  it('takes a PluginHost for its host', () => {
    expectTypeOf<PluginHost>().toExtend<CdcHost>()
    expectTypeOf(
      host.attach(cdcOutput, { name: 'orders', key: 'warehouse', open: () => stream }),
    ).resolves.toEqualTypeOf<LiveResource<CdcStream, CdcBatch>>()
  })

  it('takes these logs and stores', () => {
    expectTypeOf<MemoryCommitLog>().toExtend<CommitLog>()
    expectTypeOf<MemoryCheckpointStore>().toExtend<CheckpointStore>()
    expectTypeOf<FileCheckpointStore>().toExtend<CheckpointStore>()
    // @ts-expect-error a pump needs somewhere to keep checkpoints
    expectTypeOf(CdcPump).toBeConstructibleWith({ host, log: new MemoryCommitLog() })
  })

  it('tells events by their type', () => {
    const gap = (event: PumpEvent): bigint | undefined => (event.type === 'gap' ? event.to - event.from : undefined)
    expectTypeOf(gap).returns.toEqualTypeOf<bigint | undefined>()
    // @ts-expect-error only a gap has both ends
    const any = (event: PumpEvent): bigint => event.to
    expectTypeOf(any).returns.toEqualTypeOf<bigint>()
  })
})
