import { describe, expect, it } from 'vitest'
import type { CrdtCheck, CrdtKindProvider, CrdtState } from '../src/index.js'
import { Entries, entriesKind, persistedOf } from './fixtures/entries-kind.js'
import { counterKind, decode, encode, GCounter } from './fixtures/g-counter.js'
import { registerKind } from './fixtures/lww-register.js'
import { pairsCounterKind } from './fixtures/pairs-counter.js'
import { verdictOn } from './fixtures/verdict.js'

/** A version of the counter that makes something else of the bytes it reads. */
function reading(read: (counts: Record<string, number>) => GCounter): CrdtKindProvider {
  return counterKind({ fromPersisted: (bytes) => read(decode(bytes) as Record<string, number>) })
}

/** Writes what was deleted as if it had never been there. */
class Forgets extends Entries {
  override merge(other: CrdtState): void {
    for (const [key, entry] of (other as Entries).entries) this.join(key, entry)
  }

  override persist(): Uint8Array {
    const { entries, seen } = persistedOf(super.persist())
    return encode({ entries: entries.filter(([, { text }]) => text !== null), seen })
  }
}

/** Its sample is merged with nothing that it could conflict with. */
const deleting = entriesKind(Entries, { samples: () => [...(entriesKind().samples?.() ?? [])].slice(2) })
const kept = new Entries({ entries: [['a', { text: 'kept', at: 1, by: 1 }]], seen: [] })
const deleted = new Entries({ entries: [['a', { text: null, at: 2, by: 2 }]], seen: [] })

describe('X26 a refusal says what to do about it', () => {
  it.each<[CrdtCheck, CrdtKindProvider, CrdtKindProvider, RegExp]>([
    [
      'read',
      counterKind(),
      reading((counts) => new GCounter({ ...counts, b: 0 })),
      /provide the new meaning as another kind$/,
    ],
    [
      'rewrite',
      counterKind(),
      reading((counts) => Object.assign(new GCounter(counts), { persist: () => encode({ a: counts.a }) })),
      /persist all that was read$/,
    ],
    [
      'idempotence',
      counterKind(),
      counterKind({ rules: { join: (mine, theirs) => mine + theirs } }),
      /keep their identifiers$/,
    ],
    [
      'merge',
      registerKind(),
      registerKind((theirs, mine) => theirs.at > mine.at),
      /settle conflicts as the old version does, or provide another kind$/,
    ],
    // Whichever of the two the new version has written.
    [
      'mixed-merge',
      entriesKind(Entries, { samples: () => [kept, deleted] }),
      entriesKind(Forgets),
      /persist the identifiers, deletions and history that were read$/,
    ],
    [
      'mixed-merge',
      entriesKind(Entries, { samples: () => [deleted, kept] }),
      entriesKind(Forgets),
      /persist the identifiers, deletions and history that were read$/,
    ],
    ['late', deleting, entriesKind(Forgets), /persist the identifiers, deletions and history that it may refer to$/],
    [
      'empty',
      counterKind(),
      counterKind({ empty: () => new GCounter({ bonus: 5 }) }),
      /start documents as the old version does, or provide another kind$/,
    ],
    [
      'way-back',
      counterKind(),
      pairsCounterKind(),
      /persist what the old version reads, or take this version with direction "backward"$/,
    ],
  ])('%s', async (check, old, next, advice) => {
    const { level, reason, details } = await verdictOn({
      old,
      next,
      direction: check === 'way-back' ? 'full' : 'backward',
    })
    expect(level).toBe('incompatible')
    expect(details).toMatchObject({ check, difference: { path: expect.stringContaining('value') as string } })
    expect(reason).toMatch(advice)
  })
})
