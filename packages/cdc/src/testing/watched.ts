import type { MaybePromise } from '@uni/reload-core'
import type { CdcBatch, CdcLsn, CdcOutputProvider, CdcStartContext, CdcStream } from '../contract.js'

/** What a test does in the calls of a provider. Each may throw. */
export interface Interference {
  /** Called before the stream is started. A result other than `undefined` is returned in place of a stream. */
  start?(ctx: CdcStartContext): unknown
  /** Called before a batch is delivered. */
  deliver?(batch: CdcBatch): MaybePromise<void>
  /** Called after a batch was accepted, so that its acknowledgement can be lost. */
  delivered?(batch: CdcBatch): MaybePromise<void>
  /** Returns the answer in place of the stream's own. */
  checkpoint?(own: CdcLsn): unknown
  /** Called after the stream was shut down. */
  shutDown?(): MaybePromise<void>
}

export interface WatchedStream {
  readonly fromLsn: CdcLsn | undefined
  shutdowns: number
}

/** A provider whose calls are recorded. */
export class Watched implements CdcOutputProvider {
  readonly name: string
  readonly calls: string[] = []
  readonly streams: WatchedStream[] = []
  readonly #provider: CdcOutputProvider
  readonly #interference: Interference

  constructor(provider: CdcOutputProvider, interference: Interference = {}) {
    this.name = provider.name
    this.#provider = provider
    this.#interference = interference
  }

  /** How many streams were started and not shut down. */
  openStreams(): number {
    return this.streams.filter(({ shutdowns }) => shutdowns === 0).length
  }

  /** Whether each stream that was started was shut down once. */
  isClosed(): boolean {
    return this.streams.every(({ shutdowns }) => shutdowns === 1)
  }

  async start(ctx: CdcStartContext): Promise<CdcStream> {
    const { calls } = this
    const { start, deliver, delivered, checkpoint, shutDown } = this.#interference
    calls.push(`start ${ctx.fromLsn}`)
    const instead = await start?.(ctx)
    if (instead !== undefined) return instead as CdcStream
    const stream = await this.#provider.start(ctx)
    const record: WatchedStream = { fromLsn: ctx.fromLsn, shutdowns: 0 }
    this.streams.push(record)
    return {
      async deliver(batch) {
        calls.push(`deliver ${batch.lsnStart}`)
        await deliver?.(batch)
        await stream.deliver(batch)
        await delivered?.(batch)
      },
      async checkpoint() {
        calls.push('checkpoint')
        const own = await stream.checkpoint()
        return (checkpoint ? await checkpoint(own) : own) as CdcLsn
      },
      async shutdown() {
        calls.push('shutdown')
        record.shutdowns += 1
        await stream.shutdown()
        await shutDown?.()
      },
    }
  }
}
