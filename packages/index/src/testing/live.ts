import {
  OldProviders,
  ReloadDispatcher,
  ReloadError,
  ReloadKindHandlers,
  WriteGate,
  type Clock,
  type Cutover,
  type ReloadOutcome,
} from '@uni/reload-core'
import { attempt, type Expectation } from '@uni/reload-core/testing'
import type { RecordBatch } from 'apache-arrow'
import { indexKind, type IndexHandle, type IndexKindProvider } from '../contract.js'
import { indexHandoff } from '../strategy.js'
import type { Bench } from './bench.js'
import { WatchedProvider, type Interference } from './watch.js'

/**
 * How long `open` may take by the test's clock, in milliseconds: the meter of the event loop measures 200 times until
 * then.
 */
export const OPEN_MS = 1_000

export interface LiveOptions {
  readonly cutover?: Cutover
  readonly clock?: Clock
  /** What the test changes in the version that serves, and in the one that takes over. */
  readonly old?: Interference
  readonly next?: Interference
  readonly compare?: () => string | undefined
  readonly source?: RecordBatch
}

/**
 * One live index, served by the version before, and handed over to the version under test by the core's own dispatcher
 * and gate.
 */
export class Live {
  readonly old: WatchedProvider
  readonly next: WatchedProvider
  readonly gate: WriteGate<IndexHandle, RecordBatch>
  /** The numbers of the acknowledged changes, in order. */
  readonly log: number[] = []
  readonly #bench: Bench
  readonly #options: LiveOptions
  readonly #first: IndexHandle
  /** The versions without the test's changes, to rebuild with. */
  readonly #bare: { readonly old: IndexKindProvider; readonly next: IndexKindProvider }

  private constructor(
    bench: Bench,
    options: LiveOptions,
    parts: Pick<Live, 'old' | 'next'> & {
      first: IndexHandle
      bare: { old: IndexKindProvider; next: IndexKindProvider }
    },
  ) {
    this.#bench = bench
    this.#options = options
    this.old = parts.old
    this.next = parts.next
    this.#first = parts.first
    this.#bare = parts.bare
    this.gate = new WriteGate(indexKind, 'live', parts.first, options.clock ? { clock: options.clock } : {})
    bench.later(() => this.#close())
  }

  static async start(bench: Bench, options: LiveOptions = {}): Promise<Live> {
    const bare = { old: await bench.previous(), next: bench.provider }
    const old = new WatchedProvider(bare.old, options.old)
    const next = new WatchedProvider(bare.next, options.next)
    const build = await bench.expect.works('build()', () => old.build(options.source ?? bench.fixture.source))
    const first = await bench.expect.works('finalize()', () => build.finalize())
    return new Live(bench, options, { old, next, first, bare })
  }

  /** Dispatches a reload from the version that serves. */
  dispatch(more: { signal?: AbortSignal; dryRun?: boolean } = {}): Promise<ReloadOutcome> {
    const { spool } = this.#bench.fixture
    const { cutover = 'overlap', clock, compare } = this.#options
    const { queries, k, compare: same } = this.#bench.questions
    const dispatcher = new ReloadDispatcher(
      [indexHandoff({ canary: { queries, k, compare: compare ?? same }, ...(spool && { spool }) })],
      clock ? { clock, timeouts: { prepare: OPEN_MS } } : {},
    )
    return dispatcher.dispatch({
      old: new OldProviders().add(indexKind, this.old),
      next: new OldProviders().add(indexKind, this.next),
      cutover,
      ...more,
      handlers: new ReloadKindHandlers().add(indexKind, {
        name: 'live',
        key: this.old.kind,
        resource: this.#first,
        gate: this.gate,
      }),
    })
  }

  /** Dispatches, commits and finalizes. */
  async reload(): Promise<void> {
    const outcome = await this.#bench.expect.works('the reload', () => this.dispatch())
    outcome.commit()
    await this.#bench.expect.works('closing what was replaced', () => outcome.finalize())
  }

  /** The error of a reload that has to fail with a typed one. */
  async failure(dispatched: Promise<ReloadOutcome>): Promise<ReloadError> {
    const error = await this.#bench.expect.refused('the reload', () => dispatched)
    if (!ReloadError.is(error)) this.#bench.expect.fail('the reload failed with what is no ReloadError', error)
    this.#bench.expect.that(
      error.rollbackErrors.length === 0,
      `undoing the reload failed: ${error.rollbackErrors.map(String).join('; ')}`,
    )
    return error
  }

  async write(nth: number): Promise<void> {
    await this.gate.write(this.#bench.change(nth))
    this.log.push(nth)
  }

  /** Writes the changes, if the kind takes writes. */
  async writes(...changes: readonly number[]): Promise<void> {
    if (this.#bench.capabilities.writes) for (const nth of changes) await this.write(nth)
  }

  /** Fails unless the index that serves answers like one to which the log was applied, and no other handle is open. */
  async expectServes(by: 'old' | 'next'): Promise<void> {
    const expect: Expectation = this.#bench.expect
    const serving = this.gate.resource
    const handles = [...this.old.handles, ...this.next.handles]
    expect.that(
      this[by].handles.some(({ handle }) => handle === serving),
      `the ${by === 'old' ? 'version before' : 'version under test'} has to serve`,
    )
    expect.that(this.gate.state === 'open', `writes have to go on, and the gate is ${this.gate.state}`)
    for (const { handle, closes } of handles) {
      const wanted = handle === serving ? 0 : 1
      expect.that(
        closes === wanted,
        `a handle that ${wanted === 0 ? 'serves' : 'serves no more'} was closed ${closes} times`,
      )
    }
    const rebuilt = await this.#bench.rebuilt(this.#bare[by], this.log)
    await this.#bench.expectMeaning(
      serving,
      await this.#bench.meaning(rebuilt),
      'the index that serves, beside one rebuilt from the log,',
    )
  }

  async #close(): Promise<void> {
    const closings = [...this.old.handles, ...this.next.handles].filter(({ closes }) => closes === 0)
    for (const { handle } of closings) await attempt(() => handle.close?.())
  }
}
