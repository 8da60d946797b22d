import {
  CdcError,
  startStream,
  type CdcBatch,
  type CdcLsn,
  type CdcOutputProvider,
  type CdcStartContext,
  type CdcStream,
} from '@uni/reload-cdc'
import type { StrategySubject } from '@uni/reload-core/testing'
import { batchOfOne, numbersIn } from '../batch.js'

/** What the streams of one name write to: the rows, with the LSN that they reach in one transaction. */
class Sink {
  readonly rows: number[] = []
  readonly breaches: string[] = []
  lsn: CdcLsn = 0n
  /** Who may write: each stream that is started fences off the one before. */
  epoch = 0
}

class SinkStream implements CdcStream {
  readonly sink: Sink
  readonly #epoch: number
  #taken: CdcLsn
  #open = true

  constructor(sink: Sink, fromLsn: CdcLsn) {
    this.sink = sink
    this.#taken = fromLsn
    sink.epoch += 1
    this.#epoch = sink.epoch
    // What lies between would never be delivered again (I5).
    if (fromLsn > sink.lsn) sink.breaches.push(`a stream starts at ${fromLsn}, and the sink ends at ${sink.lsn}`)
  }

  async deliver({ lsnStart, lsnEnd, mutations }: CdcBatch): Promise<void> {
    const { sink } = this
    // The host gave up on this call, which began before the shutdown: the matrix finds calls that begin after it.
    if (!this.#open || this.#epoch !== sink.epoch) throw new Error('the stream has ended')
    if (lsnStart > sink.lsn) sink.breaches.push(`batch ${lsnStart} is delivered where the sink ends at ${sink.lsn}`)
    if (lsnEnd > sink.lsn) {
      sink.rows.push(...numbersIn(mutations))
      sink.lsn = lsnEnd
    }
    this.#taken = lsnEnd
  }

  async checkpoint(): Promise<CdcLsn> {
    return this.#taken
  }

  async shutdown(): Promise<void> {
    this.#open = false
  }
}

/** Streams into sinks that keep their LSN: exactly once. */
export const cdcOutputSubject: StrategySubject<CdcOutputProvider, CdcStream, CdcBatch> = {
  tolerates: ['checkpoint', 'shutdown'].map((call) => ({
    call: `converge: old stream.${call}`,
    reported: true,
    because: 'a stream that fails at it is replaced at its last checkpoint',
  })),
  gives: { stream: { methods: ['deliver', 'checkpoint', 'shutdown'], ends: 'shutdown' } },
  inOrder: true,
  recovers: true,
  scene() {
    const sinks = new Map<string, Sink>()
    return {
      provider: (name) => ({
        name,
        async start({ stream = '', fromLsn = 0n, signal }: CdcStartContext) {
          // One that is given up on must not fence off whoever writes by now.
          signal.throwIfAborted()
          const sink = sinks.get(stream) ?? new Sink()
          sinks.set(stream, sink)
          return new SinkStream(sink, fromLsn)
        },
      }),
      resources: {
        open: (provider, name) =>
          startStream(provider, { stream: name, fromLsn: 0n, signal: new AbortController().signal }),
        write: (_name, nth) => ({
          lsnStart: BigInt(nth),
          lsnEnd: BigInt(nth + 1),
          mutations: batchOfOne(nth),
          commitTimestamp: new Date(0),
        }),
        entries: (stream) => (stream as SinkStream).sink.rows,
        continuesAt: (refusal) =>
          CdcError.is(refusal) && refusal.code === 'OUT_OF_ORDER' ? Number(refusal.expected) : undefined,
      },
      breaches: () => [...sinks].flatMap(([name, { breaches }]) => breaches.map((breach) => `${name}: ${breach}`)),
    }
  },
}
