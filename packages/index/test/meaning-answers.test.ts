import type { RecordBatch } from 'apache-arrow'
import type { CanaryTarget, IndexHandle } from '@uni/reload-index'
import { Slices, type Transition } from '@uni/reload-core'
import { describe, expect, test, vi } from 'vitest'
import { questionsOf } from '../src/canary.js'
import { differenceIn, meaningOf } from '../src/meaning.js'
import { answer, changes, doc, query } from './fixtures/batches.js'
import { FullTextV1 } from './fixtures/full-text-v1.js'
import { FullTextV2 } from './fixtures/full-text-v2.js'
import { plainHandle } from './fixtures/plain-index.js'
import { failureOf, reloadOf, type Reload } from './fixtures/reload.js'
import { from } from './fixtures/meaning.js'

const answering = (...answers: unknown[]): ReturnType<typeof plainHandle> =>
  plainHandle({ probe: () => answers.shift() })

describe('X12: the new handle answers as the old one did', () => {
  const hits = [
    { id: 'a', score: 2.5 },
    { id: 'b', score: 1.25 },
  ]
  const canary = { queries: [query('x')] }

  test.for([
    ['fewer rows', answer(hits.slice(1)), /query 0 otherwise: 2 rows → 1 rows/],
    ['another order', answer(hits.toReversed()), /row 0, column "id": "a" → "b"/],
    [
      'another score',
      answer([
        { id: 'a', score: 2.5001 },
        { id: 'b', score: 1.25 },
      ]),
      /column "score": 2\.5 → 2\.5001/,
    ],
    ['no batch', 'hits', /what probe\(\) resolved with for query 0 is a string\. Expected an Arrow RecordBatch/],
    ['nothing', undefined, /is undefined\. Expected an Arrow RecordBatch/],
  ] as const)('%s: refused, and the old index serves', async ([, given, message]) => {
    const old = answering(answer(hits))
    const next = answering(given)
    const reload = from(old, next, { canary })
    const error = await failureOf(reload.dispatch())
    expect(error).toMatchObject({ code: 'HANDOFF', phase: 'prepare', step: 'verify' })
    expect(error.message).toMatch(message)
    expect(reload.gate.resource).toBe(old)
    expect({ old: old.closes, next: next.closes }).toEqual({ old: 0, next: 1 })
  })

  test('which of the queries, and in what its answers differ, is in the details', async () => {
    const error = await failureOf(
      from(answering(answer(hits), answer(hits)), answering(answer(hits), answer([])), {
        canary: { queries: [query('x'), query('y')] },
      }).dispatch(),
    )
    expect(error.details).toEqual({ query: 1, difference: '2 rows → 0 rows' })
  })

  test('a score that was only rounded otherwise is the same', async () => {
    const next = answering(
      answer([
        { id: 'a', score: Math.fround(2.5) + 1e-7 },
        { id: 'b', score: 1.25 - 1e-7 },
      ]),
    )
    const reload = from(answering(answer(hits)), next, { canary })
    await reload.run()
    expect(reload.gate.resource).toBe(next)
  })

  test('a new version that reads the bytes but finds nothing in them is refused, on the real index', async () => {
    const old = new FullTextV1()
    const next = new FullTextV2()
    const reading = next.open.bind(next)
    next.open = async (image, ctx) => {
      const handle = await reading(image, ctx)
      await handle.apply?.(changes({ remove: ['d1'] }))
      return handle
    }
    const reload = await reloadOf({ old, next, handoff: { canary: { queries: [query('d1')] } } })
    expect((await failureOf(reload.dispatch())).message).toMatch(/answers query 0 otherwise/)
    expect(await reload.ids()).toEqual(['d0', 'd1', 'd2'])
    expect([...old.handles, ...next.handles].map(({ closes }) => closes)).toEqual([0, 1])
  })

  describe('a canary query with a filter', () => {
    const filtered = { queries: [{ query: query('title'), filter: { ids: ['d1', 'd2'] } }] }

    test('is put to probeFiltered, of either', async () => {
      const next = new FullTextV2()
      const reload = await reloadOf({ old: new FullTextV1(), next, handoff: { canary: filtered } })
      await reload.run()
      expect(reload.gate.resource).toBe(next.handles[0])
    })

    test('finds a new version that filters otherwise, though it answers plain queries alike', async () => {
      const next = new FullTextV2()
      const reading = next.open.bind(next)
      next.open = async (image, ctx) => {
        const handle = await reading(image, ctx)
        return Object.assign(handle, { probeFiltered: (asked: RecordBatch, k: number) => handle.probe(asked, k) })
      }
      const reload = await reloadOf({
        old: new FullTextV1(),
        next,
        handoff: { canary: { queries: [query('title'), ...filtered.queries] } },
      })
      expect((await failureOf(reload.dispatch())).message).toMatch(/answers query 1 otherwise: 2 rows → 3 rows/)
      expect(await reload.ids()).toEqual(['d0', 'd1', 'd2'])
    })

    test('is answered with a batch', async () => {
      const next = plainHandle({ probeFiltered: () => 'hits' })
      expect((await failureOf(from(plainHandle(), next, { canary: filtered }).dispatch())).message).toMatch(
        /what probeFiltered\(\) resolved with for query 0 is a string\. Expected an Arrow RecordBatch/,
      )
    })

    test('is refused where the old index takes none', async () => {
      const old = plainHandle({ supportsFilter: undefined })
      expect((await failureOf(from(old, plainHandle(), { canary: filtered }).dispatch())).message).toMatch(
        /query 0 has a filter, and the index takes none: its supportsFilter is undefined/,
      )
    })
  })

  test('I4: the old index is asked at the snapshot, so a later write is no difference', async () => {
    const old = new FullTextV1()
    const opened = vi.fn<() => Promise<void>>()
    const next = new FullTextV2({ onOpen: opened })
    const reload = await reloadOf({ old, next, handoff: { canary: { queries: [query('d1'), query('fresh')], k: 1 } } })
    opened.mockImplementation(() => reload.gate.write(changes({ upsert: [doc('fresh')], remove: ['d1'] })))
    await reload.run()
    expect(await reload.ids()).toEqual(['d0', 'd2', 'fresh'])
  })

  test('the host chooses its queries by resource, while writes go on', async () => {
    const asked: CanaryTarget[] = []
    const old = plainHandle({ probe: vi.fn<() => unknown>(() => answer(hits)) })
    const next = plainHandle({ probe: vi.fn<() => unknown>(() => answer(hits)) })
    const reload: Reload = from(old, next, {
      canary: {
        k: 7,
        queries: async (target: CanaryTarget) => {
          asked.push(target)
          expect(reload.gate.state).toBe('open')
          return [query('x'), query('y')]
        },
      },
    })
    await reload.run()
    expect(asked).toEqual([{ key: 'plain', name: 'articles' }])
    expect(vi.mocked(next.probe).mock.calls.map(([, k]) => k)).toEqual([7, 7])
  })

  test('the host compares as it sees fit', async () => {
    const compare = vi.fn<(old: unknown, next: unknown) => string | undefined>(() => undefined)
    const next = plainHandle({ probe: vi.fn<() => unknown>(() => answer([])) })
    const reload = from(answering(answer(hits)), next, { canary: { ...canary, k: 7, compare } })
    await reload.run()
    expect(compare).toHaveBeenCalledOnce()
    expect(next.probe).toHaveBeenCalledWith(canary.queries[0], 7)
    const strict = from(answering(answer(hits)), answering(answer(hits)), {
      canary: { ...canary, compare: () => 'too dear' },
    })
    expect((await failureOf(strict.dispatch())).message).toMatch(/otherwise: too dear/)
  })

  test.for([
    [
      'compare gives no text',
      { ...canary, compare: (): boolean => false },
      /compare\(\) returned a boolean\. Expected a text that says what differs, or undefined/,
    ],
    [
      'compare is asynchronous, and its failure heard',
      { ...canary, compare: (): Promise<never> => Promise.reject(new Error('nobody waits')) },
      /compare\(\) returned a promise; expected its value: it says what differs/,
    ],
    ['queries gives no array', { queries: () => query('x') }, /canary\.queries gave no array/],
    ['queries gives what is no batch', { queries: ['x'] }, /canary query 0 is a string/],
    [
      'queries throws',
      {
        queries: () => {
          throw new Error('no queries today')
        },
      },
      /no queries today/,
    ],
  ] as const)('a canary that is wrong itself is said to be: %s', async ([, wrong, message]) => {
    const old = plainHandle({ probe: () => answer(hits) })
    const reload = from(old, plainHandle({ probe: () => answer(hits) }), { canary: wrong })
    expect((await failureOf(reload.dispatch())).message).toMatch(message)
    expect(reload.gate.resource).toBe(old)
  })

  test('X12: what was taken for the same on the way there is taken for it on the way back', async () => {
    // Version 2 finds more, as a prefix search does.
    const compare = vi.fn<(old: RecordBatch, next: RecordBatch, transition: Transition) => string | undefined>(
      (old, next) => (next.numRows < old.numRows ? 'rows are gone' : undefined),
    )
    const [few, many] = [
      answer([{ id: 'a', score: 1 }]),
      answer([
        { id: 'a', score: 1 },
        { id: 'b', score: 2 },
      ]),
    ]
    const way = async (was: RecordBatch, is: RecordBatch, transition: Transition): Promise<string | undefined> => {
      const questions = await questionsOf(
        { queries: [query('x')], compare },
        { key: 'plain', name: 'articles' },
        transition,
      )
      const asking = { signal: AbortSignal.any([]), slices: new Slices() }
      const meant = await meaningOf(plainHandle({ probe: () => was }) as IndexHandle, questions, false, asking)
      return (await differenceIn(plainHandle({ probe: () => is }) as IndexHandle, meant, asking))?.reason
    }
    const versions = { from: { id: 'p', version: '1.0.0' }, to: { id: 'p', version: '2.0.0' } }
    expect(await way(few, many, { direction: 'forward', ...versions })).toBeUndefined()
    expect(await way(many, few, { direction: 'back', from: versions.to, to: versions.from })).toBeUndefined()
    expect(await way(few, many, { direction: 'back', from: versions.to, to: versions.from })).toMatch(/rows are gone/)
    expect(compare).toHaveBeenLastCalledWith(many, few, { direction: 'back', from: versions.to, to: versions.from })
  })

  test('X12: rows are not quoted where the host says so', async () => {
    const error = await failureOf(
      from(answering(answer([{ id: 'a', score: 1 }])), answering(answer([{ id: 'bcd', score: 1 }])), {
        canary,
        redact: true,
      }).dispatch(),
    )
    expect(error.message).toMatch(/row 0, column "\w+": a string of 1 characters → a string of 3 characters/)
    expect(JSON.stringify(error.details)).not.toContain('bcd')
  })

  test('I8: answers that have no end are compared in slices, and no longer than anybody waits', async () => {
    let given = 0
    const endless = {
      schema: { fields: [{ name: 'id' }] },
      numRows: Infinity,
      getChildAt: () => ({
        get: (): number => {
          given += 1
          return 1
        },
      }),
    }
    const reload = from(plainHandle({ probe: () => endless }), plainHandle({ probe: () => endless }), {
      canary,
      checkSchema: false,
    })
    const abort = new AbortController()
    setImmediate(() => {
      abort.abort()
    })
    expect(await failureOf(reload.dispatch({ signal: abort.signal }))).toMatchObject({ code: 'ABORTED' })
    const before = given
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
    expect(given).toBe(before)
  })

  test('I10: it is said where they could not be chosen', async () => {
    const reload = from(plainHandle(), plainHandle(), {
      canary: {
        queries: () => {
          throw new Error('no queries today')
        },
      },
    })
    expect(await failureOf(reload.dispatch())).toMatchObject({
      code: 'HANDOFF',
      phase: 'prepare',
      step: 'canary queries',
    })
  })

  test('a query that the old index refuses fails the handoff before anything was persisted', async () => {
    const persist = vi.fn<() => Uint8Array>(() => new Uint8Array(1))
    const old = plainHandle({
      probe: () => {
        throw new Error('no such column')
      },
      persist,
    })
    const error = await failureOf(from(old, plainHandle(), { canary }).dispatch())
    expect(error).toMatchObject({ step: 'observe', code: 'HANDOFF' })
    expect(persist).not.toHaveBeenCalled()
  })
})
