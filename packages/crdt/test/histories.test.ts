import { describe, expect, it } from 'vitest'
import type { CrdtKindProvider, CrdtState } from '../src/index.js'
import { historyOf, mixedUp } from './fixtures/histories.js'
import { HostedBoard } from './fixtures/hosted-board.js'
import { libraries } from './fixtures/libraries/index.js'

const EDITS = 2_000
/** Whatever order: no library is asked to hold back more than this many operations at a time. */
const STRETCH = 100

describe.each(libraries)('a board in $name with a history of thousands of edits', (library) => {
  it('I4 X8 has every edit once, however it was delivered, from one version to the next and back', async () => {
    const { ops, value } = historyOf(library, { edits: EDITS, replicas: 4, seed: 7 })
    const arriving = mixedUp(ops, STRETCH, 7)
    await using board = await HostedBoard.of(library, { direction: 'full', sampleLimit: 1 })
    const write = async (count: number): Promise<void> => {
      for (const op of arriving.splice(0, count)) await board.write(op)
    }

    // In the middle of a stretch, so that operations wait for others when the document is handed over.
    await write(STRETCH * 10 + 30)
    for (let reload = 1; reload <= 2; reload += 1) {
      await board.begin()
      await write(STRETCH * 2)
      const { report } = await board.finish()
      expect(report).toMatchObject({ replayedWrites: STRETCH * 2, compat: [{ verdict: { level: 'compatible' } }] })
    }
    await write(EDITS)

    expect(await board.use((state) => state.value())).toEqual(value)
    expect(value.rows.length).toBeGreaterThan(100)
  })

  it('X24 replicas on the old and on the new version merge one another to the same value', async () => {
    const { ops, value } = historyOf(library, { edits: 400, replicas: 3, seed: 11 })
    const [earlier, present] = [library.earlier(), library.kind()]
    const have = (kind: CrdtKindProvider, part: (i: number) => boolean): CrdtState => {
      const state = kind.empty()
      for (const op of mixedUp(
        ops.filter((_, i) => part(i)),
        STRETCH,
        3,
      ))
        state.apply(op)
      return state
    }
    // The halves overlap, and neither makes sense without the other: each has operations that wait for the other's.
    const [onOld, onNew] = [have(earlier, (i) => i % 3 !== 0), have(present, (i) => i % 3 !== 1)]
    const [oldBytes, newBytes] = [onOld.persist(), onNew.persist()]
    onNew.merge(await present.fromPersisted(oldBytes))
    onOld.merge(await earlier.fromPersisted(newBytes))
    expect(onNew.value()).toEqual(value)
    expect(onOld.value()).toEqual(value)
  })
})
