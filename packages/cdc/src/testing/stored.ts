import type { Expectation } from '@uni/reload-core/testing'
import type { CdcLsn } from '../contract.js'
import type { History } from './history.js'
import type { CdcCapabilities } from './options.js'

export interface StoredExpectation {
  /** The batches that were delivered. */
  readonly history: History
  /** All rows below this LSN have to be there. */
  readonly durable: CdcLsn
  readonly guarantee: CdcCapabilities['guarantee']
}

/**
 * Fails unless the rows in a sink are those that were committed: in order, without a gap, and as often as is allowed.
 */
export function expectStored(
  expect: Expectation,
  found: readonly number[],
  { history, durable, guarantee }: StoredExpectation,
): void {
  const allowed = history.idsBelow(history.head)
  const required = history.idsBelow(durable).length
  const place = new Map(allowed.map((id, at) => [id, at]))
  // How many of `allowed` have been found so far.
  let reached = 0
  found.forEach((id, at) => {
    const known = place.get(id)
    const where = `the sink has ${describe(found)}, of ${allowed.length} that were delivered`
    expect.that(known !== undefined, `the sink has a row that was not delivered: ${id}, as its row ${at}; ${where}`)
    expect.that(
      known <= reached,
      `rows are stored in order without a gap; after row ${reached - 1} comes ${id} instead of ` +
        `${allowed[reached]}; ${where}`,
    )
    if (guarantee === 'exactly-once')
      expect.that(known === reached, `each row is stored once, and ${id} is there again; ${where}`)
    if (known === reached) reached += 1
  })
  expect.that(
    reached >= required,
    `${required} rows below LSN ${durable} have to be in the sink, and ${reached} are; it has ${describe(found)}`,
  )
}

function describe(found: readonly number[]): string {
  const shown =
    found.length <= 24 ? found.join(', ') : `${found.slice(0, 12).join(', ')}, …, ${found.slice(-12).join(', ')}`
  return found.length === 0 ? 'no rows' : `${found.length} rows (${shown})`
}
