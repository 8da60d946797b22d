import { describe, expect, it } from 'vitest'
import type { CrdtKindProvider } from '../src/index.js'
import { AutomergeBoard, automergeBoardKind } from './fixtures/libraries/automerge.js'
import { automerge, loro, yjs, type Library } from './fixtures/libraries/index.js'
import { LoroBoard, loroBoardKind } from './fixtures/libraries/loro.js'
import { YjsBoard, yjsBoardKind } from './fixtures/libraries/yjs.js'
import { verdictOn } from './fixtures/verdict.js'

describe('X2 bytes that parse and mean something else', () => {
  it.each<[string, Library, CrdtKindProvider]>([
    [
      'Yjs, where a root is read under another name',
      yjs,
      yjsBoardKind(
        {},
        class extends YjsBoard {
          override value(): ReturnType<YjsBoard['value']> {
            return { ...super.value(), rows: this.doc.getArray<string>('lines').toArray() }
          }
        },
      ),
    ],
    [
      'Yjs, where an array is read as a text',
      yjs,
      yjsBoardKind(
        {},
        class extends YjsBoard {
          override value(): ReturnType<YjsBoard['value']> {
            return { ...super.value(), rows: [...this.doc.getText('rows').toJSON()] }
          }
        },
      ),
    ],
    [
      'Yjs, where one encoding is taken for the other',
      yjs,
      yjsBoardKind({ fromPersisted: ([, ...update]) => new YjsBoard().load(Uint8Array.of(1, ...update)) }),
    ],
    [
      'Automerge, where every document is opened as an empty one',
      automerge,
      automergeBoardKind({ fromPersisted: () => new AutomergeBoard() }),
    ],
    [
      'Loro, where the list is read as a movable one',
      loro,
      loroBoardKind(
        {},
        class extends LoroBoard {
          override value(): ReturnType<LoroBoard['value']> {
            return { ...super.value(), rows: this.doc.getMovableList('rows').toJSON() as string[] }
          }
        },
      ),
    ],
  ])('I6 refuses %s', async (_, library, next) => {
    const { level, reason } = await verdictOn({ old: library.kind(), next })
    expect(level).toBe('incompatible')
    expect(reason).toMatch(
      /^(sample 1 reads differently with the new version: value\.\w+.* → |(opening|reading the value of) .* failed: )/,
    )
  })
})
