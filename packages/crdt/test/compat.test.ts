import { OldProviders, ReloadDispatcher } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { crdtHandoff, crdtKind, type CrdtKindProvider, type CrdtState } from '../src/index.js'
import { Deferred } from './fixtures/deferred.js'
import { counterKind, decode, GCounter } from './fixtures/g-counter.js'
import { registerKind } from './fixtures/lww-register.js'
import { pairsCounterKind } from './fixtures/pairs-counter.js'
import { Served, type ServedOptions } from './fixtures/served.js'
import { findingOf, verdictOn } from './fixtures/verdict.js'
import { notes, openYjs, readNotes, yjsKind } from './fixtures/yjs-kind.js'

function withoutSamples({ kind, empty, fromPersisted }: CrdtKindProvider): CrdtKindProvider {
  return { kind, empty, fromPersisted }
}

describe('X1 compatible versions', () => {
  it.each<[string, ServedOptions]>([
    ['a version of Yjs notes that changed nothing', { old: yjsKind(), next: yjsKind() }],
    ['the same, in both directions', { old: yjsKind(), next: yjsKind(), direction: 'full' }],
    ['a counter', { old: counterKind(), next: counterKind(), direction: 'full' }],
    ['a register', { old: registerKind(), next: registerKind(), direction: 'full' }],
  ])('I6 takes %s', async (_, options) => {
    expect(await verdictOn(options)).toEqual({ level: 'compatible' })
  })
})

describe('X27 what nothing was judged by is said', () => {
  const REASON =
    /^the old version has no samples that were looked at, and no document was open: only the empty document was compared/
  it.each<[string, ServedOptions]>([
    ['a kind without samples', { old: withoutSamples(yjsKind()), next: yjsKind() }],
    [
      'a kind whose samples are none',
      { old: yjsKind({ samples: () => [] }), next: yjsKind({ schemaCompatCheck: () => ({ level: 'compatible' }) }) },
    ],
    ['a host that looks at none', { old: yjsKind(), next: yjsKind(), sampleLimit: 0 }],
  ])('of %s', async (_, options) => {
    expect(await verdictOn(options)).toEqual({ level: 'unjudged', reason: expect.stringMatching(REASON) as string })
  })

  it('one live document is something to judge by, and what the new version says of itself is heard', async () => {
    await using outcome = await new Served({
      old: withoutSamples(yjsKind()),
      next: yjsKind(),
      docs: { doc: notes() },
    }).dispatch()
    expect(outcome.compat.entries).toMatchObject([{ verdict: { level: 'compatible' } }])
    const next = yjsKind({ schemaCompatCheck: () => ({ level: 'migrate', reason: 'rows are counted' }) })
    expect(await verdictOn({ old: withoutSamples(yjsKind()), next })).toEqual({
      level: 'migrate',
      reason: 'rows are counted',
    })
  })

  it('what is over a limit is listed', async () => {
    const docs = { a: notes(), b: notes(), c: notes() }
    await using outcome = await new Served({ old: yjsKind(), next: yjsKind(), docs, sampleLimit: 1 }).dispatch()
    expect(outcome.compat.entries[0]?.verdict).toEqual({
      level: 'compatible',
      unjudged: [
        { path: 'samples', reason: 'only the first 1 samples are looked at' },
        {
          path: 'live documents',
          reason: 'only the first 1 of 3 are looked at; the others are held to their values when they are handed over',
        },
      ],
    })
    const next = yjsKind({ schemaCompatCheck: () => ({ level: 'migrate', reason: 'rows are counted' }) })
    expect(await verdictOn({ old: yjsKind(), next, sampleLimit: 1 })).toEqual({
      level: 'migrate',
      reason: 'rows are counted',
      unjudged: [{ path: 'samples', reason: 'only the first 1 samples are looked at' }],
    })
    expect(await verdictOn({ old: yjsKind(), next: yjsKind(), sampleLimit: 1, direction: 'full' })).toEqual({
      level: 'compatible',
      unjudged: [
        { path: 'samples', reason: 'only the first 1 samples are looked at' },
        { path: 'samples', reason: 'only the first 1 samples of the new version are looked at' },
      ],
    })
  })
})

describe('X3 full: the old version reads what the new one writes', () => {
  it('I6 takes another encoding backward, and refuses it in full', async () => {
    const options = { old: counterKind(), next: pairsCounterKind() }
    expect((await verdictOn(options)).level).toBe('migrate')
    const verdict = await verdictOn({ ...options, direction: 'full' })
    expect(verdict.level).toBe('incompatible')
    expect(findingOf(verdict)).toBe(
      'the old version reads sample 1 differently once the new version has persisted it (direction "full"): value: 3 → "0a,2b,1"',
    )
  })

  it('I6 refuses what the old version cannot open', async () => {
    const old = counterKind({
      fromPersisted: (bytes) => {
        const counts = decode(bytes) as Record<string, number>
        if (Array.isArray(counts)) throw new Error('expected an object of counts')
        return new GCounter(counts)
      },
    })
    expect(findingOf(await verdictOn({ old, next: pairsCounterKind(), direction: 'full' }))).toBe(
      'opening the empty state, as the new version persisted it, with the old version (direction "full") failed: expected an object of counts',
    )
  })

  it('I6 refuses a new sample that the old version reads as something else', async () => {
    const next = yjsKind({
      read: (doc) => ({ ...readNotes(doc), ...(doc.share.has('tags') && { tags: doc.getArray('tags').toArray() }) }),
      *samples() {
        const doc = new Y.Doc()
        doc.getArray('tags').push(['urgent'])
        yield openYjs(Y.encodeStateAsUpdate(doc), (it) => ({ ...readNotes(it), tags: it.getArray('tags').toArray() }))
      },
    })
    const verdict = await verdictOn({ old: yjsKind(), next, direction: 'full' })
    expect(findingOf(verdict)).toBe(
      'the old version reads sample 1 of the new version differently (direction "full"): value.tags: ["urgent"] → nothing',
    )
    expect(verdict.details?.check).toBe('way-back')
  })
})

describe('X5 schemaCompatCheck', () => {
  it('declares a migration where the values agree', async () => {
    const next = yjsKind({
      schemaCompatCheck: () => ({ level: 'migrate', reason: 'rows become rich text as they are edited' }),
    })
    expect(await verdictOn({ old: yjsKind(), next })).toEqual({
      level: 'migrate',
      reason: 'rows become rich text as they are edited',
    })
  })

  it('refuses what values do not show', async () => {
    const next = yjsKind({
      schemaCompatCheck: (old) => ({ level: 'incompatible', reason: `${old.kind} needs 2.0 first` }),
    })
    expect(await verdictOn({ old: yjsKind(), next })).toEqual({
      level: 'incompatible',
      reason: 'notes needs 2.0 first',
    })
  })

  it('is asked of the version, whose state it may need', async () => {
    const next = Object.assign(yjsKind(), {
      needs: '2.0',
      schemaCompatCheck(this: { needs: string }) {
        return { level: 'incompatible' as const, reason: `needs ${this.needs}` }
      },
    })
    const { entries } = await new ReloadDispatcher([crdtHandoff()]).checkCompat(
      new OldProviders().add(crdtKind, yjsKind()),
      new OldProviders().add(crdtKind, next),
    )
    expect(entries[0]?.verdict).toEqual({ level: 'incompatible', reason: 'needs 2.0' })
  })

  it('I6 cannot overrule a value that differs', async () => {
    let asked = 0
    const next = yjsKind({
      read: (doc) => ({ ...readNotes(doc), title: '' }),
      schemaCompatCheck: () => {
        asked += 1
        return { level: 'compatible' }
      },
    })
    expect((await verdictOn({ old: yjsKind(), next })).reason).toContain('sample 1 reads differently')
    expect(asked).toBe(0)
  })

  it('is not taken for a yes where it says nothing', async () => {
    const next = yjsKind({ schemaCompatCheck: () => undefined as unknown as { level: 'compatible' } })
    await expect(new Served({ old: yjsKind(), next }).verdict()).rejects.toMatchObject({
      code: 'SCHEMA_INCOMPAT',
      message: expect.stringContaining('something that is not a verdict') as string,
    })
  })

  it('I8 has a deadline and a signal', async () => {
    const asked = new Deferred<AbortSignal>()
    const next = yjsKind({
      schemaCompatCheck: (_, { signal }) => {
        asked.resolve(signal)
        return new Promise(() => {})
      },
    })
    const served = new Served({ old: yjsKind(), next })
    const verdict = served.verdict()
    const signal = await asked.promise
    served.clock.advance(60_000)
    await expect(verdict).rejects.toMatchObject({ code: 'STEP_TIMEOUT', step: 'schemaCompatCheck' })
    expect(signal.aborted).toBe(true)
  })
})

describe('X6 bounds', () => {
  it('I8 ends an endless listing of samples at the limit, and closes the listing', async () => {
    let ended = false
    const old = counterKind({
      *samples() {
        try {
          for (let n = 0; ; n += 1) yield new GCounter({ n })
        } finally {
          ended = true
        }
      },
    })
    expect(await verdictOn({ old, next: counterKind(), sampleLimit: 3 })).toEqual({
      level: 'compatible',
      unjudged: [{ path: 'samples', reason: 'only the first 3 samples are looked at' }],
    })
    expect(ended).toBe(true)
  })

  it.each<[string, CrdtKindProvider, string]>([
    ['that is taken', counterKind(), 'compatible'],
    ['that is refused', counterKind({ empty: () => new GCounter({ a: 1 }) }), 'incompatible'],
  ])('X4 a listing that fails as it is ended says nothing of a new version %s', async (_, next, level) => {
    const fail = (): never => {
      throw new Error('no disk')
    }
    const old = counterKind({
      *samples() {
        try {
          for (let n = 1; ; n += 1) yield new GCounter({ n })
        } finally {
          fail()
        }
      },
    })
    expect(await verdictOn({ old, next, sampleLimit: 1 })).toMatchObject({ level })
  })

  it('I7 closes the samples of a list that are over the limit', async () => {
    const made: GCounter[] = []
    const closed: unknown[] = []
    const samples = (): CrdtState[] =>
      [1, 2, 3].map((a) => {
        const state = new GCounter({ a })
        made.push(state)
        return Object.assign(state, {
          close: () => {
            closed.push(state)
          },
        })
      })
    expect(await verdictOn({ old: counterKind({ samples }), next: counterKind(), sampleLimit: 1 })).toMatchObject({
      level: 'compatible',
    })
    expect(made).toHaveLength(3)
    expect(new Set(closed)).toEqual(new Set(made))
    expect(closed).toHaveLength(3)
  })

  it('reads no more live documents than the limit', async () => {
    const reads: string[] = []
    const doc = (name: string): CrdtState =>
      Object.assign(new GCounter({ a: 1 }), {
        value() {
          reads.push(name)
          return 1
        },
      })
    const served = new Served({
      old: counterKind(),
      next: counterKind(),
      sampleLimit: 2,
      docs: { a: doc('a'), b: doc('b'), c: doc('c') },
    })
    await using outcome = await served.dispatch({ dryRun: true })
    expect(outcome.compat.compatible).toBe(true)
    // `c` is held to its value by its handoff alone: at the snapshot, and after the replay.
    expect(reads.filter((name) => name === 'c')).toHaveLength(2)
    expect(reads.filter((name) => name === 'a')).toHaveLength(3)
  })

  it('I8 gives up on a provider that never opens, and the late state is closed', async () => {
    const called = new Deferred()
    const late = new Deferred<CrdtState>()
    let closes = 0
    const closed = new Deferred()
    const next = counterKind({
      fromPersisted: () => {
        called.resolve()
        return late.promise
      },
    })
    const served = new Served({ old: counterKind(), next })
    const verdict = served.verdict()
    await called.promise
    served.clock.advance(60_000)
    await expect(verdict).rejects.toMatchObject({
      code: 'STEP_TIMEOUT',
      surface: 'crdt-kind',
      key: 'counter',
      step: 'fromPersisted',
    })
    late.resolve(
      Object.assign(new GCounter(), {
        close() {
          closes += 1
          closed.resolve()
        },
      }),
    )
    await closed.promise
    expect(closes).toBe(1)
    expect(served.leaked).toBe(0)
    served.clock.advance(5)
    expect(served.clock.pending).toBe(0)
  })
})
