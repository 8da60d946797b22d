import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import type { CrdtState } from '../src/index.js'
import { counterKind, decode, encode, GCounter } from './fixtures/g-counter.js'
import { registerKind } from './fixtures/lww-register.js'
import { Served } from './fixtures/served.js'
import { findingOf, verdictOn } from './fixtures/verdict.js'
import { notes, openYjs, readNotes, yjsKind } from './fixtures/yjs-kind.js'

/** Forgets a replica when it persists. */
function forgetful(counts: Record<string, number>): CrdtState {
  return Object.assign(new GCounter(counts), {
    persist: () => encode(Object.fromEntries(Object.entries(counts).slice(0, 1))),
  })
}

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
