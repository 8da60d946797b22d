import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { Entries, entriesKind, persistedOf } from './fixtures/entries-kind.js'
import { encode } from './fixtures/g-counter.js'
import { LoroBoard, loroBoardKind } from './fixtures/libraries/loro.js'
import { YjsBoard, yjsBoardKind } from './fixtures/libraries/yjs.js'
import { verdictOn } from './fixtures/verdict.js'

/** Forgets what was deleted as soon as it persists. */
class CollectsTombstones extends Entries {
  override persist(): Uint8Array {
    const { entries, seen } = persistedOf(super.persist())
    return encode({ entries: entries.filter(([, { text }]) => text !== null), seen })
  }
}

describe('X23 what arrives late must find what it refers to', () => {
  it('I6 refuses a version that collects tombstones, which no value and no merge of equals shows', async () => {
    const { level, reason, details } = await verdictOn({ old: entriesKind(), next: entriesKind(CollectsTombstones) })
    expect(level).toBe('incompatible')
    expect(reason).toBe(
      'applying the late operations of sample 3 (as the new version persists it) with the new version gives another value: ' +
        'value.d: nothing → "too late"; an operation that arrives late would do something else: persist the identifiers, deletions and history that it may refer to',
    )
    expect(details).toMatchObject({
      state: 'sample 3 (as the new version persists it)',
      check: 'late',
      difference: { path: 'value.d' },
    })
  })

  it('I6 refuses a Loro version that trims the history of what it persists', async () => {
    class Trims extends LoroBoard {
      protected override snapshot(): Uint8Array {
        return this.doc.export({ mode: 'shallow-snapshot', frontiers: this.doc.frontiers() })
      }
    }
    const old = loroBoardKind({ samples: () => [...(loroBoardKind().samples?.() ?? [])].slice(1) })
    const { level, reason } = await verdictOn({ old, next: loroBoardKind({}, Trims) })
    expect(level).toBe('incompatible')
    expect(reason).toMatch(
      /^applying the late operations of sample 1 \(as the new version persists it\) with the new version (failed|gives another value)/,
    )
    expect(reason).toMatch(
      /an operation that arrives late would do something else: persist the identifiers, deletions and history/,
    )
  })

  it('I6 refuses a Yjs version that writes documents anew, with identifiers of its own', async () => {
    class Anew extends YjsBoard {
      override persist(): Uint8Array {
        const { title, rows, meta } = this.value()
        const doc = new Y.Doc()
        doc.clientID = 1
        doc.transact(() => {
          doc.getText('title').insert(0, title)
          doc.getArray('rows').push([...rows])
          for (const [key, text] of Object.entries(meta)) doc.getMap('meta').set(key, text)
        })
        return Uint8Array.of(2, ...Y.encodeStateAsUpdateV2(doc))
      }
    }
    const { level, reason, details } = await verdictOn({ old: yjsBoardKind(), next: yjsBoardKind({}, Anew) })
    expect(level).toBe('incompatible')
    expect(reason).toContain('merging sample 1 with a copy of itself changes it')
    expect(details?.check).toBe('idempotence')
  })

  it('X4 gives each document operations of its own, whatever it does to them', async () => {
    class Spoils extends Entries {
      override apply(op: Uint8Array): void {
        super.apply(op)
        op.fill(0)
      }
    }
    expect(await verdictOn({ old: entriesKind(Spoils), next: entriesKind(Spoils), direction: 'full' })).toEqual({
      level: 'compatible',
    })
  })

  it.each([
    ['is no list', 7, 'late is a number; expected an array of operations'],
    ['is a list of something else', ['text'], 'late is an array; expected an array of operations, each a Uint8Array'],
    ['is refused by its own version', [Uint8Array.of(1)], 'recording sample 1 failed'],
  ])('X4 refuses samples whose late operations are what %s', async (_, late, reason) => {
    const old = entriesKind(Entries, { samples: () => [Object.assign(new Entries(), { late: late as Uint8Array[] })] })
    expect(await verdictOn({ old, next: entriesKind() })).toMatchObject({
      level: 'incompatible',
      reason: expect.stringContaining(reason) as string,
    })
  })
})
