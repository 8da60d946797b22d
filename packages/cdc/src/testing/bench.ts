import type { HandoffStrategy } from '@uni/reload-core'
import type { Expectation } from '@uni/reload-core/testing'
import type { CdcBatch, CdcGap, CdcLsn, CdcOutputProvider, CdcStream } from '../contract.js'
import { show } from '../errors.js'
import { startStream } from '../start-stream.js'
import type { CdcHandoffOptions } from '../strategy.js'
import { History } from './history.js'
import { ORIGIN, type CdcCapabilities, type CdcFixture } from './options.js'
import { expectStored } from './stored.js'

type Hook = 'older' | 'crash' | 'outage' | 'tear' | 'save' | 'restore'

export type MakeStrategy = (options: CdcHandoffOptions) => HandoffStrategy<CdcOutputProvider, CdcStream, CdcBatch>

/** One sink, and what tests do with it. */
export class Bench {
  readonly fixture: CdcFixture
  readonly capabilities: CdcCapabilities
  readonly expect: Expectation
  readonly strategy: MakeStrategy
  readonly stream = 'orders'
  readonly history: History

  constructor(
    fixture: CdcFixture,
    capabilities: CdcCapabilities,
    expect: Expectation,
    strategy: MakeStrategy,
    origin: CdcLsn = ORIGIN,
  ) {
    this.fixture = fixture
    this.capabilities = capabilities
    this.expect = expect
    this.strategy = strategy
    this.history = this.newHistory(origin)
  }

  /** The same sink with a history that begins elsewhere. */
  from(origin: CdcLsn): Bench {
    return new Bench(this.fixture, this.capabilities, this.expect, this.strategy, origin)
  }

  newHistory(origin: CdcLsn, firstId = 0): History {
    return new History(origin, this.fixture.mutations?.bind(this.fixture), firstId)
  }

  /** A part of the fixture that a declared capability needs. */
  hook<H extends Hook>(name: H): NonNullable<CdcFixture[H]> {
    const found = this.fixture[name]
    if (found === undefined) throw new Error(`the fixture has no ${name}(), which a declared capability needs`)
    return found.bind(this.fixture) as NonNullable<CdcFixture[H]>
  }

  /** Starts a stream, which may fail. By default from the origin. */
  start({
    fromLsn = this.history.origin,
    provider = this.fixture.provider(),
    stream = this.stream,
    gap,
  }: {
    fromLsn?: CdcLsn
    provider?: CdcOutputProvider
    stream?: string
    gap?: CdcGap
  } = {}): Promise<CdcStream> {
    return startStream(provider, { stream, fromLsn, signal: new AbortController().signal, ...(gap && { gap }) })
  }

  /** Starts a stream that has to start. */
  open(options: Parameters<Bench['start']>[0] = {}): Promise<CdcStream> {
    return this.expect.works(`start({ fromLsn: ${options.fromLsn ?? this.history.origin} })`, () => this.start(options))
  }

  async deliver(stream: CdcStream, ...batches: readonly CdcBatch[]): Promise<void> {
    for (const batch of batches) {
      await this.expect.works(`deliver() of the batch from ${batch.lsnStart} to ${batch.lsnEnd}`, () =>
        stream.deliver(batch),
      )
    }
  }

  async checkpoint(stream: CdcStream): Promise<CdcLsn> {
    const lsn: unknown = await this.expect.works('checkpoint()', () => stream.checkpoint())
    return typeof lsn === 'bigint' ? lsn : this.expect.fail(`checkpoint() returns a bigint, and returned ${show(lsn)}`)
  }

  shutdown(stream: CdcStream): Promise<void> {
    return this.expect.works('shutdown()', () => stream.shutdown())
  }

  /** One orderly life of a stream: delivers, checkpoints, and shuts down. Returns its checkpoint. */
  async visit(batches: readonly CdcBatch[], from?: CdcLsn, provider?: CdcOutputProvider): Promise<CdcLsn> {
    const stream = await this.open({ ...(from !== undefined && { fromLsn: from }), ...(provider && { provider }) })
    await this.deliver(stream, ...batches)
    const lsn = await this.checkpoint(stream)
    await this.shutdown(stream)
    return lsn
  }

  /** Opens the stream at `from`, delivers up to the head, and fails unless the sink has everything. */
  async finish(from: CdcLsn, provider?: CdcOutputProvider): Promise<void> {
    await this.expectStored(await this.visit(this.history.from(from), from, provider))
  }

  /** Fails unless everything below `durable` is in the sink, and nothing that was not delivered. */
  async expectStored(
    durable: CdcLsn,
    { history = this.history, stream = this.stream }: { history?: History; stream?: string } = {},
  ): Promise<void> {
    const {
      expect,
      capabilities: { guarantee },
    } = this
    if (durable > history.head)
      expect.fail(`nothing beyond ${history.head} was delivered, and the checkpoint is ${durable}`)
    expectStored(expect, await this.stored(stream), { history, durable, guarantee })
  }

  /**
   * Fails unless everything that was committed is in the sink; up to `checkpoint`, where the sink cannot be made to
   * flush.
   */
  async expectAllStored(checkpoint: CdcLsn): Promise<void> {
    const { flushes = true } = this.capabilities
    await this.expectStored(flushes ? this.history.head : checkpoint)
  }

  /** Fails if a row below `durable` is missing, whatever the order and whatever else is there. */
  async expectNoneMissing(durable: CdcLsn, when: string): Promise<void> {
    const stored = new Set(await this.stored())
    const missing = this.history.idsBelow(durable).filter((id) => !stored.has(id))
    if (missing.length > 0)
      this.expect.fail(
        `${when} all rows below the checkpoint ${durable} are in the sink; missing are ${missing.join(', ')}`,
      )
  }

  async stored(stream: string = this.stream): Promise<readonly number[]> {
    // Copied, as a fixture may return the very array that its sink writes to.
    return [...(await this.fixture.stored(stream))]
  }

  /** Crashes the sink if the suite may do that, and shuts its streams down otherwise. */
  async end(...streams: readonly CdcStream[]): Promise<void> {
    if (this.capabilities.crash) return await this.hook('crash')()
    for (const stream of streams) await this.shutdown(stream)
  }
}
