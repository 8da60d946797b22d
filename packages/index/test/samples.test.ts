import { OldProviders, ReloadDispatcher } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import {
  indexHandoff,
  indexKind,
  type IndexHandle,
  type IndexHandoffOptions,
  type IndexImage,
  type IndexKindProvider,
  type IndexSample,
} from '@uni/reload-index'
import type { RecordBatch } from 'apache-arrow'
import { describe, expect, onTestFinished, test } from 'vitest'
import { answer, docs, query, rowsOf } from './fixtures/batches.js'
import { deferred } from './fixtures/deferred.js'
import { FullTextV1 } from './fixtures/full-text-v1.js'
import { FullTextV2 } from './fixtures/full-text-v2.js'
import { plainHandle } from './fixtures/plain-index.js'
import { failureOf, reloadOf } from './fixtures/reload.js'

/** Version 1 with samples of its own. */
class Sampled extends FullTextV1 {
  constructor(readonly given: () => Iterable<IndexSample>) {
    super()
  }

  samples(): Iterable<IndexSample> {
    return this.given()
  }
}

const sample = { source: rowsOf(docs(5)), queries: [query('d1'), query('*')] }
const live = { docs: docs(2) }
/** A canary that finds something in the live index. */
const canary = { canary: { queries: [query('*')] } }
const NOTHING_FOUND = expect.stringMatching(/^no sample of the old version finds anything, and /) as string

async function verdictOf(
  old: IndexKindProvider,
  next: IndexKindProvider,
  handoff: IndexHandoffOptions = {},
): Promise<unknown> {
  const { dispatcher } = await reloadOf({ old, next, handoff, ...live })
  const report = await dispatcher.checkCompat(
    new OldProviders().add(indexKind, old),
    new OldProviders().add(indexKind, next),
  )
  return report.entries[0]?.verdict
}

const broken = (open: (image: IndexImage) => unknown): IndexKindProvider => ({
  kind: 'fulltext',
  build: () => ({ finalize: () => plainHandle() }),
  open: open as IndexKindProvider['open'],
})

describe('X13: the samples of the old provider', () => {
  test('are opened by the new one, with and without their rows, and everything is closed again', async () => {
    const old = new Sampled(() => [sample])
    const next = new FullTextV2()
    expect(await verdictOf(old, next)).toEqual({ level: 'compatible' })
    // The first is the live index of the test.
    expect(old.handles.map(({ closes }) => closes)).toEqual([0, 1, 1])
    expect(next.handles.map(({ docs }) => docs.size)).toEqual([5, 0])
    expect(next.handles.map(({ closes }) => closes)).toEqual([1, 1])
  })

  test('that the new one cannot open make it incompatible, before anything live is touched', async () => {
    const old = new Sampled(() => [sample])
    const reload = await reloadOf({
      old,
      next: broken(() => {
        throw new Error('bad magic')
      }),
      ...live,
    })
    const persisted: unknown[] = []
    const { persist } = reload.handle
    reload.handle.persist = (ctx) => {
      persisted.push(ctx)
      return persist.call(reload.handle, ctx)
    }
    const error = await failureOf(reload.dispatch())
    expect(error).toMatchObject({ code: 'SCHEMA_INCOMPAT', phase: 'preflight' })
    expect(error.message).toMatch(/sample 0: the new version cannot open it: bad magic/)
    expect(persisted).toEqual([])
    expect(await reload.ids()).toEqual(['d0', 'd1'])
  })

  test('that the new one opens and answers otherwise make it incompatible (I6)', async () => {
    const empty = plainHandle({ schema: () => old.handles[0]?.schema() })
    const old = new Sampled(() => [sample])
    expect(
      await verdictOf(
        old,
        broken(() => empty),
      ),
    ).toMatchObject({
      level: 'incompatible',
      reason: expect.stringMatching(/^sample 0: .* query 0 otherwise: 1 rows → 0 rows$/) as string,
    })
    expect(empty.closes).toBe(1)
  })

  test('are not quoted where the host says so', async () => {
    const renaming = new FullTextV2()
    const reading = renaming.open.bind(renaming)
    renaming.open = async (image, ctx) => {
      const handle = await reading(image, ctx)
      return Object.assign(handle, { probe: () => answer([{ id: 'public', score: 1 }]) })
    }
    const old = new Sampled(() => [{ source: rowsOf(docs(1)), queries: [query('d0')] }])
    const verdict = await verdictOf(old, renaming, { redact: true, checkSchema: false })
    expect(verdict).toMatchObject({
      level: 'incompatible',
      reason: expect.stringMatching(
        /row 0, column "id": a string of 2 characters → a string of 6 characters$/,
      ) as string,
    })
    expect(JSON.stringify(verdict)).not.toContain('public')
  })

  test('the empty state that the new one cannot open makes it incompatible (I6)', async () => {
    const old = new Sampled(() => [sample])
    const next = new FullTextV2()
    const reading = next.open.bind(next)
    next.open = async (image, ctx) => {
      const handle = (await reading(image, ctx)) as IndexHandle & { docs: Map<string, unknown> }
      if (handle.docs.size > 0) return handle
      await handle.close?.()
      throw new Error('division by zero')
    }
    expect(await verdictOf(old, next)).toMatchObject({
      level: 'incompatible',
      reason: expect.stringMatching(/^sample 0 without rows: .*division by zero/) as string,
    })
    expect(next.handles.map(({ closes }) => closes)).toEqual([1, 1])
  })

  test('whose schema the new one changes make it incompatible, unless the host says otherwise', async () => {
    const old = new Sampled(() => [{ ...sample, queries: [] }])
    const next = broken(() => plainHandle())
    expect(await verdictOf(old, next)).toMatchObject({
      level: 'incompatible',
      reason: expect.stringContaining("the new handle's schema differs from the old one's") as string,
    })
    expect(await verdictOf(old, next, { checkSchema: false })).toMatchObject({ level: 'unjudged' })
  })

  test('that the old one cannot handle itself say nothing about the new one, and are reported', async () => {
    const old = new Sampled(() => [{ source: rowsOf(docs(1)), queries: ['no batch' as unknown as RecordBatch] }])
    expect(await verdictOf(old, new FullTextV2())).toEqual({
      level: 'unjudged',
      reason: NOTHING_FOUND,
      unjudged: [
        {
          path: 'samples[0]',
          reason: 'query 0 is a string. Expected an Arrow RecordBatch',
        },
      ],
    })
  })

  test.for<[what: string, given: () => Iterable<IndexSample>]>([
    ['there are none', () => []],
    ['they ask nothing', () => [{ ...sample, queries: [] }]],
    ['they find nothing', () => [{ ...sample, queries: [query('nothing')] }]],
  ])('I6, X18: the key is not judged where %s', async ([, given]) => {
    expect(await verdictOf(new Sampled(given), new FullTextV2())).toEqual({ level: 'unjudged', reason: NOTHING_FOUND })
  })

  test.for<[what: string, handoff: IndexHandoffOptions, samples: readonly IndexSample[], verdicts: readonly object[]]>([
    [
      'neither canary nor samples',
      {},
      [],
      [
        {
          level: 'unjudged',
          reason: expect.stringContaining('there is no canary: of live indexes only the schema is compared') as string,
        },
      ],
    ],
    ['a canary that finds something', canary, [], [{ level: 'compatible' }]],
    [
      'a canary that finds nothing',
      { canary: { queries: [query('nothing')] } },
      [],
      [
        { level: 'compatible' },
        { level: 'unjudged', reason: expect.stringContaining('the canary finds nothing in this index') as string },
      ],
    ],
    [
      'a canary without queries',
      { canary: { queries: () => [] } },
      [],
      [{ level: 'compatible' }, { level: 'unjudged' }],
    ],
    [
      'samples, and a canary that finds nothing',
      { canary: { queries: [query('nothing')] } },
      [sample],
      [{ level: 'compatible' }],
    ],
  ])('I6, X18: a live index is judged by what finds something: %s', async ([, handoff, samples, verdicts]) => {
    await using outcome = await (
      await reloadOf({ old: new Sampled(() => samples), next: new FullTextV2(), handoff, ...live })
    ).dispatch()
    expect(outcome.compat.entries.map(({ verdict }) => verdict)).toMatchObject(verdicts)
    expect(outcome.compat.entries).toHaveLength(verdicts.length)
  })

  test('of the version that is taken back are not put to the one before it', async () => {
    const strategy = indexHandoff()
    const next = new FullTextV2()
    const back = {
      ...strategy,
      checkCompat: (pair: never, ctx: never) =>
        strategy.checkCompat?.({ ...(pair as object), transition: { direction: 'back' } } as never, ctx) as never,
    }
    const { entries } = await new ReloadDispatcher([back]).checkCompat(
      new OldProviders().add(indexKind, new Sampled(() => [sample])),
      new OldProviders().add(indexKind, next),
    )
    expect(entries[0]?.verdict).toMatchObject({ level: 'unjudged', unjudged: [{ path: 'samples' }] })
    expect(next.handles).toEqual([])
  })

  test('I8: a hang is a timeout, not a verdict, and what comes late is closed', async () => {
    const clock = new ManualClock()
    const reached = deferred()
    const late = deferred<IndexHandle>()
    const closed = deferred()
    const old = new Sampled(() => [sample])
    const reload = await reloadOf({
      old,
      clock,
      ...live,
      next: broken(() => {
        reached.resolve()
        return late.promise
      }),
    })
    const failure = failureOf(reload.dispatch())
    await reached.promise
    clock.advance(60_000)
    expect(await failure).toMatchObject({ code: 'STEP_TIMEOUT', phase: 'preflight', step: 'open sample 0' })
    const handle = plainHandle({ close: () => closed.resolve() })
    late.resolve(handle)
    await closed.promise
    expect(old.handles.map(({ closes }) => closes)).toEqual([0, 1])
    expect(await reload.ids()).toEqual(['d0', 'd1'])
  })

  test.for([
    [
      'listing them',
      () => {
        throw new Error('no disk')
      },
      'samples',
      'the old version fails to list its samples: no disk',
    ],
    [
      'what is no list',
      () => 7 as unknown as Iterable<IndexSample>,
      'samples',
      'the old version fails to list its samples: samples() gave a number. Expected an iterable of samples',
    ],
    [
      'the second of them',
      function* () {
        yield sample
        throw new Error('no disk')
      },
      'samples[1]',
      'the old version fails to list its samples: no disk',
    ],
    [
      'a sample that is a promise',
      () => [Promise.reject(new Error('heard')) as never, sample],
      'samples[0]',
      'samples[0] returned a promise; expected its value: samples are made by then',
    ],
    [
      'a sample without queries',
      () => [{ source: sample.source } as IndexSample],
      'samples[0]',
      'the queries of samples[0] gave no array, but undefined. Expected an array of Arrow RecordBatches',
    ],
  ] as const)(
    'that the old version fails to give say nothing about the new one, and are told: %s',
    async ([, given, path, reason]) => {
      const old = new Sampled(given)
      expect(await verdictOf(old, new FullTextV2())).toMatchObject({ unjudged: [{ path, reason }] })
      expect(old.handles.slice(1).every(({ closes }) => closes === 1)).toBe(true)
    },
  )

  test('I8: of an endless list as many are judged as the host says; the list is ended, and told of', async () => {
    let ended = false
    const old = new Sampled(function* () {
      try {
        for (;;) yield sample
      } finally {
        ended = true
      }
    })
    const unjudged = [{ path: 'samples[3]', reason: 'only the first 3 samples are judged' }]
    expect(await verdictOf(old, new FullTextV2(), { sampleLimit: 3 })).toEqual({ level: 'compatible', unjudged })
    expect(ended).toBe(true)
    // The first is the live index of the test; each sample is built with and without its rows.
    expect(old.handles).toHaveLength(1 + 6)
    expect(await verdictOf(old, new FullTextV2())).toMatchObject({ unjudged: [{ path: 'samples[64]' }] })
    expect(await verdictOf(new Sampled(() => [sample, sample, sample]), new FullTextV2(), { sampleLimit: 3 })).toEqual({
      level: 'compatible',
    })
  })

  const fail = (): never => {
    throw new Error('no disk')
  }

  test.for<[what: string, next: () => IndexKindProvider, code: string]>([
    [
      'the verdict',
      () =>
        broken(() => {
          throw new Error('bad magic')
        }),
      'SCHEMA_INCOMPAT',
    ],
    ['an abort', () => broken(() => new Promise(() => {})), 'ABORTED'],
  ])(
    'I7: a list that is left for %s is ended, and its failure to end says nothing about the new version',
    async ([, next, code]) => {
      const [opened, ended] = [deferred(), deferred()]
      const old = new Sampled(function* () {
        try {
          for (;;) {
            opened.resolve()
            yield sample
          }
        } finally {
          ended.resolve()
          fail()
        }
      })
      const abort = new AbortController()
      const failure = failureOf((await reloadOf({ old, next: next(), ...live })).dispatch({ signal: abort.signal }))
      await opened.promise
      if (code === 'ABORTED') abort.abort()
      expect(await failure).toMatchObject({ code, phase: 'preflight' })
      await ended.promise
    },
  )

  test('I7: a list beyond the limit that fails to end says nothing about the new version', async () => {
    const old = new Sampled(function* () {
      try {
        for (;;) yield sample
      } finally {
        fail()
      }
    })
    expect(await verdictOf(old, new FullTextV2(), { sampleLimit: 1 })).toMatchObject({ level: 'compatible' })
  })

  test('I8: the event loop turns between samples, and between queries, though all answer at once', async () => {
    const turns = { samples: new Set<number>(), queries: new Set<number>() }
    let turn = 0
    let next: NodeJS.Immediate | undefined
    const beat = (): void => {
      turn += 1
      next = setImmediate(beat)
    }
    beat()
    onTestFinished(() => {
      clearImmediate(next)
    })
    const busy = (seen: Set<number>) => (): RecordBatch => {
      for (const until = performance.now() + 3; performance.now() < until;);
      seen.add(turn)
      return answer([])
    }
    const asking = (seen: Set<number>): IndexKindProvider => ({
      kind: 'fulltext',
      build: () => ({ finalize: () => plainHandle({ probe: busy(seen) }) }),
      open: () => plainHandle(),
      samples: () =>
        seen === turns.samples
          ? Array.from({ length: 12 }, () => ({ ...sample, queries: [query('d1')] }))
          : [{ source: rowsOf([]), queries: Array.from({ length: 12 }, () => query('d1')) }],
    })
    for (const seen of [turns.samples, turns.queries]) {
      expect(
        await verdictOf(
          asking(seen),
          broken(() => plainHandle()),
        ),
      ).toMatchObject({ level: 'unjudged' })
      expect(seen.size).toBeGreaterThan(3)
    }
  })
})
