import { OldProviders, ReloadDispatcher } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { crdtHandoff, crdtKind, type CrdtKindProvider, type CrdtState } from '../src/index.js'
import { Deferred } from './fixtures/deferred.js'
import { counterKind, decode, encode, GCounter } from './fixtures/g-counter.js'
import { registerKind } from './fixtures/lww-register.js'
import { pairsCounterKind } from './fixtures/pairs-counter.js'
import { Served, type ServedOptions } from './fixtures/served.js'
import { findingOf, verdictOn } from './fixtures/verdict.js'
import { notes, openYjs, readNotes, yjsKind } from './fixtures/yjs-kind.js'

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

describe('X2 a value that differs is refused, whatever was opened without an error', () => {
  it('I6 refuses a version that opens old bytes and loses their content', async () => {
    const next = yjsKind({ fromPersisted: () => openYjs(Y.encodeStateAsUpdate(new Y.Doc())) })
    const { level, reason, details } = await verdictOn({ old: yjsKind(), next })
    expect(level).toBe('incompatible')
    expect(reason).toBe(
      'sample 1 reads differently with the new version: value.title: "Minutes" → ""; open what the old version wrote as it did, or provide the new meaning as another kind',
    )
    expect(details).toEqual({
      state: 'sample 1',
      check: 'read',
      difference: { path: 'value.title', before: '"Minutes"', after: '""' },
    })
  })

  it('I6 refuses a version that reads one field under another name', async () => {
    const next = yjsKind({ read: (doc) => ({ ...readNotes(doc), meta: doc.getMap('metadata').toJSON() }) })
    expect(findingOf(await verdictOn({ old: yjsKind(), next }))).toBe(
      'sample 1 reads differently with the new version: value.meta.by: "left" → nothing',
    )
  })

  it('I6 refuses a version whose own encoding loses what it had read', async () => {
    const next = counterKind({ fromPersisted: (bytes) => forgetful(decode(bytes) as Record<string, number>) })
    expect(findingOf(await verdictOn({ old: counterKind(), next }))).toBe(
      'sample 1 reads differently once the new version has persisted it: value: 3 → 2',
    )
  })

  it('I6 refuses a version in which merging a document with its copy changes it', async () => {
    const next = counterKind({ rules: { join: (mine, theirs) => mine + theirs } })
    expect(findingOf(await verdictOn({ old: counterKind(), next }))).toBe(
      'merging sample 1 with a copy of itself changes it with the new version: value: 3 → 6',
    )
  })

  it('I6 refuses a version whose values agree but whose merges differ', async () => {
    const earlierWins = registerKind((theirs, mine) => theirs.at < mine.at)
    const verdict = await verdictOn({ old: registerKind(), next: earlierWins })
    expect(findingOf(verdict)).toBe(
      'the empty state and sample 1 merge differently with the new version: value: "a" → ""',
    )
    expect(verdict.details).toMatchObject({ state: 'the empty state and sample 1', check: 'merge' })
  })

  it.each([
    [
      'where its own side loses',
      ['a', 'b'],
      'sample 1 and sample 2 merge differently with the new version: value: "b" → "a"',
    ],
    [
      'where its own side wins',
      ['b', 'a'],
      'sample 1 and sample 2 merge differently with the new version: value: "b" → "a"',
    ],
    [
      'between samples far apart',
      ['a', 'later', 'latest', 'b'],
      'sample 1 and sample 4 merge differently with the new version: value: "b" → "a"',
    ],
    [
      'between two of many samples',
      [...'123456', 'a', 'b'],
      'sample 7 and sample 8 merge differently with the new version: value: "b" → "a"',
    ],
  ])('I6 refuses a merge that favours its own side where the old one settled a tie, %s', async (_, texts, reason) => {
    // Only `a` and `b` were written at the same time.
    const samples = texts.map((text, i) => ({ text, at: text === 'a' || text === 'b' ? 10 : 20 + i }))
    const ownSideWins = registerKind((theirs, mine) => theirs.at > mine.at, samples)
    expect(findingOf(await verdictOn({ old: registerKind(undefined, samples), next: ownSideWins }))).toBe(reason)
  })

  it('I6 refuses a version whose empty document means something else', async () => {
    const next = counterKind({ empty: () => new GCounter({ bonus: 5 }) })
    expect(findingOf(await verdictOn({ old: counterKind(), next }))).toBe(
      'the empty state of the new version differs from that of the old version: value: 0 → 5',
    )
  })

  it('I6 names the live document that a new version would read differently, and leaves it as it was', async () => {
    const next = yjsKind({
      read: (doc) => ({ ...readNotes(doc), rows: readNotes(doc).rows.filter((row) => row !== 'secret') }),
    })
    const served = new Served({
      old: yjsKind(),
      next,
      docs: {
        plain: notes(),
        agenda: notes((doc) => {
          doc.getArray('rows').push(['a', 'secret'])
        }),
      },
    })
    const before = served.gate('agenda').resource.persist()
    await expect(served.dispatch()).rejects.toMatchObject({
      code: 'SCHEMA_INCOMPAT',
      message: expect.stringContaining(
        'live document "agenda" reads differently with the new version: value.rows[1]: "secret" → nothing',
      ),
    })
    expect(served.gate('agenda').resource.persist()).toEqual(before)
    expect(served.gate('agenda').state).toBe('open')
    expect(served.leaked).toBe(0)
  })

  it('does not take a live document that was closed meanwhile for an incompatible one', async () => {
    const served = new Served({ old: yjsKind(), next: yjsKind(), docs: { doc: notes() } })
    await served.gate().close()
    await expect(served.dispatch()).rejects.toMatchObject({ code: 'RESOURCE_CLOSED', resource: 'doc' })
    expect(served.leaked).toBe(0)
  })

  it('does not hold against the new version what the old one cannot merge', async () => {
    const old = counterKind({
      rules: {
        join: () => {
          throw new Error('cannot merge')
        },
      },
    })
    expect(await verdictOn({ old, next: counterKind() })).toEqual({ level: 'compatible' })
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

describe('X4 a version that fails to answer is refused, and says which state it failed on', () => {
  it.each<[string, ServedOptions, string]>([
    [
      'throws in fromPersisted',
      failing(() => {
        throw new Error('unknown version 7')
      }),
      'opening the empty state with the new version failed: unknown version 7',
    ],
    [
      'rejects',
      failing(() => Promise.reject(new Error('no'))),
      'opening the empty state with the new version failed: no',
    ],
    [
      'throws what is no Error',
      failing(() => {
        throw 'gone'
      }),
      'opening the empty state with the new version failed: gone',
    ],
    [
      'throws undefined',
      failing(() => {
        throw undefined
      }),
      'failed: a thrown undefined: undefined',
    ],
    [
      'gives nothing',
      failing(() => undefined as unknown as CrdtState),
      'fromPersisted() gave undefined; expected a state with the methods apply, merge, value, persist',
    ],
    [
      'gives a state that lacks methods',
      failing(() => ({ apply() {}, value() {} }) as unknown as CrdtState),
      'fromPersisted() gave an object without merge, persist; expected',
    ],
    [
      'persists text',
      failing((bytes) => withMethod(bytes, 'persist', () => 'text')),
      'persisting the empty state with the new version failed: persist() returned a string; expected a Uint8Array',
    ],
    [
      'persists later',
      failing((bytes) => withMethod(bytes, 'persist', () => Promise.reject(new Error('late')))),
      'persist() returned a promise; expected its value: a CRDT state answers synchronously',
    ],
    [
      'answers its value later',
      failing((bytes) => withMethod(bytes, 'value', () => Promise.reject(new Error('late')))),
      'value() returned a promise',
    ],
    [
      'merges later',
      failing((bytes) => withMethod(bytes, 'merge', () => Promise.reject(new Error('late')))),
      'merge() returned a promise',
    ],
    [
      'throws in merge',
      failing((bytes) =>
        withMethod(bytes, 'merge', () => {
          throw new Error('schema')
        }),
      ),
      'merging the empty state with a copy of itself with the new version failed: schema',
    ],
    [
      'throws in empty',
      {
        old: yjsKind(),
        next: yjsKind({
          empty: () => {
            throw new Error('no default')
          },
        }),
      },
      'recording the empty state of the new version failed: no default',
    ],
    [
      'throws in a sample of the old',
      {
        old: yjsKind({
          samples: () => ({
            [Symbol.iterator]: () => ({
              next() {
                throw new Error('fixture lost')
              },
            }),
          }),
        }),
        next: yjsKind(),
      },
      'making sample 1 failed: fixture lost',
    ],
    [
      'lists samples that are none',
      { old: yjsKind({ samples: () => 7 as unknown as CrdtState[] }), next: yjsKind() },
      'samples() gave a number; expected an iterable of states',
    ],
    [
      'lists promises',
      { old: yjsKind({ samples: () => [Promise.reject(new Error('heard'))] as never }), next: yjsKind() },
      'samples() returned a promise; expected its value: it lists what it has',
    ],
    [
      'gives a toJSON() that answers later',
      failing((bytes) => withMethod(bytes, 'value', () => ({ title: new Later() }))),
      'value.title is an instance of Later whose toJSON() gives a Promise, which cannot be compared',
    ],
    [
      'is unsure of its values',
      failing((bytes) => Object.assign(openYjs(bytes), { values: 'isolate' as never })),
      'fromPersisted() gave a state whose values are "isolate"; expected "isolated", or nothing',
    ],
    [
      'has a value nobody can compare',
      failing((bytes) => withMethod(bytes, 'value', () => ({ title: () => 'x' }))),
      'value.title is a function, which cannot be compared',
    ],
  ])('I8 refuses one that %s', async (_, options, reason) => {
    const verdict = await verdictOn(options)
    expect(verdict.level).toBe('incompatible')
    expect(verdict.reason).toContain(reason)
  })

  it.each<[string, Uint8Array]>([
    [
      'truncated',
      notes((doc) => {
        doc.getText('title').insert(0, 'Minutes')
      })
        .persist()
        .slice(0, -3),
    ],
    ['no', new Uint8Array()],
    ['random', Uint8Array.from({ length: 64 }, (_, i) => (i * 151 + 7) % 256)],
  ])('I6 refuses to read %s bytes as a document', async (_, bytes) => {
    const next = yjsKind({ fromPersisted: () => openYjs(bytes) })
    const { level, reason } = await verdictOn({ old: yjsKind(), next })
    expect(level).toBe('incompatible')
    expect(reason).toMatch(/the empty state with the new version failed|sample 1 reads differently/)
  })

  it('I8 a deadline that the old version passes while it merges is no verdict', async () => {
    let opened = 0
    let hangs: (() => void) | undefined
    const hanging = new Promise<void>((resolve) => {
      hangs = resolve
    })
    // Nothing but merges has the old version open what it wrote itself.
    const old = counterKind({
      fromPersisted: () => {
        opened += 1
        hangs?.()
        return new Promise(() => {})
      },
    })
    const served = new Served({ old, next: counterKind() })
    const verdict = served.verdict()
    await hanging
    served.clock.advance(60_000)
    await expect(verdict).rejects.toMatchObject({ code: 'STEP_TIMEOUT', step: 'fromPersisted' })
    expect(opened).toBe(1)
  })

  it("closes what has no state's shape but can be closed", async () => {
    let closes = 0
    const served = new Served({
      old: yjsKind(),
      next: yjsKind({
        fromPersisted: () =>
          ({
            close() {
              closes += 1
            },
          }) as unknown as CrdtState,
      }),
    })
    expect((await served.verdict()).level).toBe('incompatible')
    expect(closes).toBe(1)
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

/** Answers later, and then fails. */
class Later {
  toJSON(): Promise<never> {
    return Promise.reject(new Error('heard'))
  }
}

function failing(fromPersisted: CrdtKindProvider['fromPersisted']): ServedOptions {
  return { old: yjsKind(), next: yjsKind({ fromPersisted }) }
}

/** Forgets a replica when it persists. */
function forgetful(counts: Record<string, number>): CrdtState {
  return Object.assign(new GCounter(counts), {
    persist: () => encode(Object.fromEntries(Object.entries(counts).slice(0, 1))),
  })
}

function withMethod(bytes: Uint8Array, name: keyof CrdtState, method: () => unknown): CrdtState {
  return Object.assign(openYjs(bytes), { [name]: method })
}

function withoutSamples({ kind, empty, fromPersisted }: CrdtKindProvider): CrdtKindProvider {
  return { kind, empty, fromPersisted }
}
