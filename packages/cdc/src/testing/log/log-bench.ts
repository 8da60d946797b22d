import { Slices, type MaybePromise } from '@uni/reload-core'
import { attempt, type Expectation } from '@uni/reload-core/testing'
import type { CdcBatch, CdcLsn } from '../../contract.js'
import { CdcError, show, type CdcErrorCode } from '../../errors.js'
import type { CommitLog } from '../../log/commit-log.js'

/** One log that is empty and used by nobody else. */
export interface CommitLogFixture {
  readonly log: CommitLog
  /** Commits one batch of `rows` rows, 1 or more, and resolves once the head has moved. */
  commit(rows: number): MaybePromise<void>
  /** The same log, as the program finds it when it is started again. For the capability `durable`. */
  reopen?(): MaybePromise<CommitLog>
  dispose?(): MaybePromise<void>
}

/** How many LSNs are tried one by one. */
const MOST_LSNS = 1000n

/** One log, and what tests do with it. */
export class LogBench {
  readonly fixture: CommitLogFixture
  readonly expect: Expectation
  readonly #log: CommitLog

  constructor(fixture: CommitLogFixture, expect: Expectation, log: CommitLog = fixture.log) {
    this.fixture = fixture
    this.expect = expect
    this.#log = log
  }

  get log(): CommitLog {
    return this.#log
  }

  check(holds: boolean, message: string): void {
    if (!holds) this.expect.fail(message)
  }

  /** The same log after a restart. */
  async reopened(): Promise<LogBench> {
    if (this.fixture.reopen === undefined) {
      throw new Error('the fixture has no reopen(), which a declared capability needs')
    }
    return new LogBench(this.fixture, this.expect, await this.fixture.reopen())
  }

  async commit(...rows: readonly number[]): Promise<void> {
    for (const count of rows) await this.expect.works(`a commit of ${count} rows`, () => this.fixture.commit(count))
  }

  /** The batches that `read` gives, after a check of what a pump relies on. */
  async read(from: CdcLsn): Promise<CdcBatch[]> {
    const { expect, log } = this
    const batches: CdcBatch[] = []
    await expect.works(`read(${from})`, async () => {
      for await (const batch of log.read(from)) batches.push(batch)
    })
    let next = from
    for (const { lsnStart, lsnEnd, mutations } of batches) {
      this.check(
        typeof lsnStart === 'bigint' && typeof lsnEnd === 'bigint',
        `LSNs are bigints, and a batch says ${show(lsnStart)} to ${show(lsnEnd)}`,
      )
      this.check(lsnStart === next, `read(${from}) goes on at ${next}, and gave a batch that starts at ${lsnStart}`)
      this.check(lsnEnd > lsnStart, `a batch ends above its start, and this one covers ${lsnStart} to ${lsnEnd}`)
      this.check(
        typeof mutations === 'object' && mutations !== null,
        `a batch has mutations, and the one at ${lsnStart} has none`,
      )
      next = lsnEnd
    }
    this.check(next === log.head, `read(${from}) ends at the head, ${log.head}, and ended at ${next}`)
    return batches
  }

  /** All boundaries of batches, from the oldest to the head. */
  async boundaries(): Promise<CdcLsn[]> {
    const { oldest } = this.log
    return [oldest, ...(await this.read(oldest)).map(({ lsnEnd }) => lsnEnd)]
  }

  /**
   * LSNs to try, in their order: all from just below the first of `boundaries` to just above the last; where that are
   * many, those at each boundary, beside it, and half-way to the next.
   */
  around(boundaries: readonly CdcLsn[]): CdcLsn[] {
    const [first, last] = [boundaries[0] ?? 0n, boundaries.at(-1) ?? 0n]
    const lsns =
      last - first <= MOST_LSNS
        ? Array.from({ length: Number(last - first) + 3 }, (_, at) => first - 1n + BigInt(at))
        : boundaries.flatMap((lsn, at) => [lsn - 1n, lsn, lsn + 1n, (lsn + (boundaries[at + 1] ?? lsn)) / 2n])
    return [...new Set(lsns)].filter((lsn) => lsn >= 0n).sort((one, other) => Number(one - other))
  }

  /** Fails unless the first step of a read fails with `code`. */
  async refusesToRead(from: CdcLsn, code: CdcErrorCode): Promise<CdcError> {
    const outcome = await attempt(() => this.log.read(from)[Symbol.asyncIterator]().next())
    if ('value' in outcome) return this.expect.fail(`read(${from}) is refused on the first step, with ${code}`)
    if (!CdcError.is(outcome.error) || outcome.error.code !== code) {
      return this.expect.fail(`read(${from}) is refused with ${code}`, outcome.error)
    }
    return outcome.error
  }

  /** Begins to wait; tells the state of that after everything has happened that can without further calls. */
  waiting(
    lsn: CdcLsn,
    signal: AbortSignal = new AbortController().signal,
  ): { stands(): Promise<'pending' | 'resolved' | { readonly rejected: unknown }> } {
    let state: 'pending' | 'resolved' | { readonly rejected: unknown } = 'pending'
    this.log.waitFor(lsn, signal).then(
      () => {
        state = 'resolved'
      },
      (rejected: unknown) => {
        state = { rejected }
      },
    )
    return {
      async stands() {
        const slices = new Slices()
        for (let turns = 0; turns < 20; turns += 1) await slices.pause()
        return state
      },
    }
  }
}
