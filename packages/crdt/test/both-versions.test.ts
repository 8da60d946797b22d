import * as A from '@automerge/automerge'
import { describe, expect, it } from 'vitest'
import type { CrdtKindProvider, CrdtState } from '../src/index.js'
import { Entries, entriesKind, persistedOf, type Entry } from './fixtures/entries-kind.js'
import { encode } from './fixtures/g-counter.js'
import { AutomergeBoard, automergeBoardKind } from './fixtures/libraries/automerge.js'
import { libraries } from './fixtures/libraries/index.js'
import { registerKind } from './fixtures/lww-register.js'
import { Served } from './fixtures/served.js'
import { verdictOn } from './fixtures/verdict.js'

/** The samples, without what is late for them. */
function withoutLate(kind: CrdtKindProvider): CrdtKindProvider {
  const samples = (): CrdtState[] =>
    Array.from(kind.samples?.() ?? [], (sample) => {
      delete (sample as { late?: unknown }).late
      return sample
    })
  return { ...kind, samples }
}

/** Writes a document of the same value that has no past. */
class DropsHistory extends AutomergeBoard {
  override persist(): Uint8Array {
    const anew = A.change(A.init<Record<string, unknown>>({ actor: 'ff' }), { time: 0 }, (it) => {
      Object.assign(it, this.value())
    })
    return A.save(anew)
  }
}

/** Keeps times in a place of its own; an earlier version reads the entries as if all had been made at once. */
class MovesTimes extends Entries {
  constructor(persisted?: ConstructorParameters<typeof Entries>[0]) {
    const { times } = (persisted ?? {}) as { times?: Record<string, Entry> }
    super(persisted && times ? { ...persisted, entries: Object.entries(times) } : persisted)
  }

  override persist(): Uint8Array {
    const { entries, seen } = persistedOf(super.persist())
    return encode({
      entries: entries.map(([key, entry]) => [key, { ...entry, at: 0 }]),
      seen,
      times: Object.fromEntries(entries),
    })
  }

  override merge(other: CrdtState): void {
    super.merge(new Entries(persistedOf(new MovesTimes(persistedOf(other.persist())).entriesOnly())))
  }

  entriesOnly(): Uint8Array {
    return super.persist()
  }
}

describe('X24 replicas on both versions agree', () => {
  it.each(libraries)('takes two encodings of $name, one for the other', async (library) => {
    expect(await verdictOn({ old: library.earlier(), next: library.kind(), direction: 'full' })).toEqual({
      level: 'compatible',
    })
    expect(await verdictOn({ old: library.kind(), next: library.earlier(), direction: 'full' })).toEqual({
      level: 'compatible',
    })
  })

  it('I6 refuses a version whose documents merge with those of its own and not with those of the old one', async () => {
    // It opens what it writes, merges it with itself and with what the old one wrote, and shows the same.
    const old = withoutLate(automergeBoardKind())
    const { level, reason, details } = await verdictOn({ old, next: withoutLate(automergeBoardKind({}, DropsHistory)) })
    expect(level).toBe('incompatible')
    expect(reason).toMatch(/\(as the new version persists it\).* merge differently with the new version: value/)
    expect(reason).toContain('replicas on the two versions would drift apart')
    expect(details?.check).toBe('mixed-merge')
  })

  it.each(['backward', 'full'] as const)(
    'I6 refuses a version whose documents the old one reads and merges otherwise, %s',
    async (direction) => {
      const old = withoutLate(entriesKind())
      const { level, reason, details } = await verdictOn({ old, next: withoutLate(entriesKind(MovesTimes)), direction })
      expect(level).toBe('incompatible')
      expect(reason).toMatch(
        /merge differently with the old version: value\.\w: .* → .*; replicas on the two versions would drift apart/,
      )
      expect(details?.check).toBe('mixed-merge')
    },
  )

  it('I6 refuses a version in whose documents late operations do something else with the old version', async () => {
    const old = entriesKind(Entries, { samples: () => [...(entriesKind().samples?.() ?? [])].slice(2) })
    const { level, reason } = await verdictOn({ old, next: entriesKind(MovesTimes) })
    expect(level).toBe('incompatible')
    expect(reason).toContain(
      'applying the late operations of sample 1 (as the new version persists it) with the old version gives another value',
    )
  })
})

const open = (...entries: [string, Entry][]): Entries => new Entries({ entries, seen: [] })

/** Moves times only in documents of more than three entries, which no sample has. */
class MovesTimesOfMany extends MovesTimes {
  override persist(): Uint8Array {
    return this.entries.size > 3 ? super.persist() : this.entriesOnly()
  }
}

describe('X24 live documents are merged too', () => {
  it('I6 refuses a version that merges two of them otherwise, in a way that no sample shows', async () => {
    const samples = [
      { text: 'a', at: 1 },
      { text: 'b', at: 2 },
    ]
    const [old, ownSideWins] = [
      registerKind(undefined, samples),
      registerKind((theirs, mine) => theirs.at > mine.at, samples),
    ]
    expect(await verdictOn({ old, next: ownSideWins })).toEqual({ level: 'compatible' })
    const docs = Object.fromEntries(
      await Promise.all(
        ['x', 'y'].map(async (text) => [text, await old.fromPersisted(encode({ text, at: 9 }))] as const),
      ),
    )
    await expect(new Served({ old, next: ownSideWins, docs }).dispatch()).rejects.toMatchObject({
      code: 'SCHEMA_INCOMPAT',
      message: expect.stringContaining(
        'live document "y" and live document "x" merge differently with the new version: value: "y" → "x"',
      ) as string,
    })
  })

  it('I6 refuses a version whose bytes a replica on the old version merges otherwise', async () => {
    const [old, next] = [entriesKind(), entriesKind(MovesTimesOfMany)]
    expect(await verdictOn({ old, next })).toEqual({ level: 'compatible' })
    // The last sample has deleted `d`, at 5.
    const doc = open(...['d', 'p', 'q', 'r'].map((key): [string, Entry] => [key, { text: 'kept', at: 7, by: 1 }]))
    await expect(new Served({ old, next, docs: { doc } }).dispatch()).rejects.toMatchObject({
      code: 'SCHEMA_INCOMPAT',
      message: expect.stringContaining(
        'live document "doc" (as the new version persists it) and sample 3 with its late operations merge differently with the old version: value.d: "kept" → nothing',
      ) as string,
    })
  })

  it('I6 refuses the same where there are no samples, by two of them', async () => {
    const { samples: _, ...old } = entriesKind()
    const docs = {
      mine: open(['d', { text: 'mine', at: 5, by: 1 }]),
      theirs: open(['d', { text: 'theirs', at: 7, by: 2 }]),
    }
    await expect(new Served({ old, next: entriesKind(MovesTimes), docs }).dispatch()).rejects.toMatchObject({
      code: 'SCHEMA_INCOMPAT',
      message: expect.stringContaining(
        'live document "theirs" (as the new version persists it) and live document "mine" merge differently with the old version: value.d: "theirs" → "mine"',
      ) as string,
    })
  })
})
