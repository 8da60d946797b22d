import { buildIndex } from '@uni/reload-index'
import MiniSearch from 'minisearch'
import { describe, expect, test } from 'vitest'
import { doc, docs, query, rowsOf } from './fixtures/batches.js'
import { idsIn } from './fixtures/full-text-handle.js'
import { FullTextV1 } from './fixtures/full-text-v1.js'
import { FullTextV2 } from './fixtures/full-text-v2.js'
import { Reload } from './fixtures/reload.js'
import { WorkClock } from './fixtures/work-clock.js'

const COUNT = 50_000
/** Milliseconds that the event loop may stand still. */
const LIMIT = 10

const DOCS = Array.from({ length: COUNT }, (_, nth) =>
  doc(`d${nth}`, `w${nth % 997} x${nth % 4999} of y${(nth * 7) % 9973}`),
)

describe('a text index of 50,000 documents', () => {
  test('I8: is built, persisted and opened in slices: the event loop turns every few milliseconds of work', async () => {
    const source = rowsOf(DOCS)
    const stretches: { readonly worked: number; readonly longest: number }[] = []
    const measured = async <T>(run: () => Promise<T>): Promise<T> => {
      using clock = new WorkClock()
      const value = await run()
      stretches.push({ worked: clock.worked, longest: await clock.longest() })
      return value
    }

    const first = new FullTextV1()
    let serving = await measured(() => buildIndex(first, source))
    // Version 2 opens what version 1 persisted just as version 1 does.
    for (const next of [new FullTextV2(), new FullTextV2({ readAs: 'stream' })]) {
      const reload = new Reload({ old: first, next }, serving)
      await measured(() => reload.run())
      serving = reload.gate.resource
    }
    expect((await idsIn(serving, query('*'))).length).toBe(COUNT)
    for (const { worked, longest } of stretches) {
      expect(worked).toBeGreaterThan(20 * LIMIT)
      expect(longest).toBeLessThan(LIMIT)
    }
  })

  test('would block the event loop for longer in one go, so the clock does measure', async () => {
    using clock = new WorkClock()
    const search = new MiniSearch({ fields: ['title', 'text'] })
    search.addAll(docs(12_000))
    MiniSearch.loadJSON(JSON.stringify(search), { fields: ['title', 'text'] })
    expect(await clock.longest()).toBeGreaterThan(LIMIT)
  })
})
