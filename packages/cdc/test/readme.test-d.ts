import type { RecordBatch } from 'apache-arrow'
import { expectTypeOf, it } from 'vitest'
import type * as contract from '../src/index.js'

interface CdcOutputProvider {
  name: string
  start(ctx: CdcStartContext): CdcStream | Promise<CdcStream>
  prepare?(ctx: { stream?: string | undefined; signal: AbortSignal }): CdcPrepared | Promise<CdcPrepared>
}
interface CdcPrepared { start(ctx: CdcStartContext): CdcStream | Promise<CdcStream>; abandon?(): void | Promise<void> }
interface CdcStartContext {
  stream?: string | undefined
  fromLsn?: bigint | undefined
  gap?: { from: bigint; to: bigint } | undefined
  signal: AbortSignal
}
interface CdcStream {
  deliver(batch: CdcBatch): void | Promise<void>
  checkpoint(): bigint | Promise<bigint>
  shutdown(): void | Promise<void>
  activate?(): void
}
interface CdcBatch { lsnStart: bigint; lsnEnd: bigint; mutations: RecordBatch; commitTimestamp: Date }

it('the README prints the contract as it is', () => {
  expectTypeOf<CdcOutputProvider>().toExtend<contract.CdcOutputProvider>()
  expectTypeOf<contract.CdcOutputProvider>().toExtend<CdcOutputProvider>()
  expectTypeOf<contract.CdcStartContext>().toExtend<CdcStartContext>()
  expectTypeOf<contract.CdcBatch>().toExtend<CdcBatch>()
})
