import type { MaybePromise } from '@uni/reload-core'
import type { CdcBatch, CdcGap, CdcLsn, CdcOutputProvider, CdcStartContext, CdcStream } from '../../src/index.js'

/** What the streams of a test do besides working. */
export interface Faults {
  /** Before a stream is made. What it returns other than `undefined` is returned instead of a stream. */
  start?(ctx: CdcStartContext): unknown
  /** Before the batch is stored; what it throws keeps it from being stored. */
  deliver?(batch: CdcBatch): MaybePromise<void>
  /** After the batch is stored: a lost acknowledgement. */
  delivered?(batch: CdcBatch): MaybePromise<void>
  /** Instead of the honest answer. */
  checkpoint?(honest: CdcLsn): unknown
  shutdown?(): MaybePromise<void>
}

export interface Opened {
  readonly provider: string
  readonly stream: string | undefined
  readonly fromLsn: CdcLsn | undefined
  readonly gap: CdcGap | undefined
  readonly signal: AbortSignal
  shutdowns: number
}

/** The world outside: what was stored, and who came by, in the order it happened. */
export class Sink {
  readonly stored: CdcBatch[] = []
  readonly opened: Opened[] = []
  readonly calls: string[] = []
  readonly #waiting: { call: string; resolve: () => void }[] = []
  /** How far a sink that keeps the LSN with its data has come. */
  lsn = 0n

  note(call: string): void {
    this.calls.push(call)
    for (const waiting of this.#waiting) if (waiting.call === call) waiting.resolve()
  }

  /** Resolves once `call` has been made. */
  called(call: string): Promise<void> {
    if (this.calls.includes(call)) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push({ call, resolve }))
  }

  /** The LSN of every row, in the order they were stored. */
  get lsns(): CdcLsn[] {
    return this.stored.flatMap(({ lsnStart, lsnEnd }) =>
      Array.from({ length: Number(lsnEnd - lsnStart) }, (_, row) => lsnStart + BigInt(row)),
    )
  }

  /** Streams that are open: started, and not shut down. */
  get open(): Opened[] {
    return this.opened.filter(({ shutdowns }) => shutdowns === 0)
  }
}

export interface ProviderOptions {
  readonly name?: string
  readonly version?: string
  readonly faults?: Faults
  /** `exactly-once` keeps the LSN with the data, and leaves out what it has. Default `exactly-once`. */
  readonly guarantee?: 'exactly-once' | 'at-least-once'
}

export function provider(
  sink: Sink,
  { name = 'warehouse', version = 'v1', faults = {}, guarantee = 'exactly-once' }: ProviderOptions = {},
): CdcOutputProvider {
  return {
    name,
    async start(ctx) {
      sink.note(`${version}.start ${ctx.fromLsn}`)
      const instead = await faults.start?.(ctx)
      const record: Opened = {
        provider: version,
        stream: ctx.stream,
        fromLsn: ctx.fromLsn,
        gap: ctx.gap,
        signal: ctx.signal,
        shutdowns: 0,
      }
      if (instead !== undefined) return instead as CdcStream
      sink.opened.push(record)
      return new SinkStream(sink, version, record, faults, guarantee)
    },
  }
}

class SinkStream implements CdcStream {
  #taken: CdcLsn

  constructor(
    readonly sink: Sink,
    readonly version: string,
    readonly record: Opened,
    readonly faults: Faults,
    readonly guarantee: string,
  ) {
    this.#taken = record.fromLsn ?? 0n
  }

  async deliver(batch: CdcBatch): Promise<void> {
    this.sink.note(`${this.version}.deliver ${batch.lsnStart}`)
    if (this.record.shutdowns > 0) throw new Error('deliver after shutdown')
    await this.faults.deliver?.(batch)
    if (this.guarantee === 'at-least-once' || batch.lsnStart >= this.sink.lsn) {
      this.sink.stored.push(batch)
      this.sink.lsn = batch.lsnEnd
    }
    this.#taken = batch.lsnEnd
    await this.faults.delivered?.(batch)
  }

  async checkpoint(): Promise<CdcLsn> {
    this.sink.note(`${this.version}.checkpoint`)
    if (this.faults.checkpoint) return (await this.faults.checkpoint(this.#taken)) as CdcLsn
    return this.#taken
  }

  async shutdown(): Promise<void> {
    this.sink.note(`${this.version}.shutdown`)
    this.record.shutdowns += 1
    await this.faults.shutdown?.()
  }
}

export class Point {
  readonly reached: Promise<void>
  #reach: () => void = () => {}

  constructor() {
    this.reached = new Promise((resolve) => {
      this.#reach = resolve
    })
  }

  reach(): void {
    this.#reach()
  }
}

/** A call that never answers, until it is released; `reached` resolves when it was made. */
export class Hang extends Point {
  #release: () => void = () => {}
  readonly #released = new Promise<void>((resolve) => {
    this.#release = resolve
  })

  readonly call = (): Promise<void> => {
    this.reach()
    return this.#released
  }

  release(): void {
    this.#release()
  }
}
