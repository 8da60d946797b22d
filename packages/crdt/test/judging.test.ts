import { describe, expect, it } from 'vitest'
import type { CrdtKindProvider, CrdtState } from '../src/index.js'
import { seeded } from '../src/testing/random.js'
import { earlierYjsBoardKind, yjsBoardKind, YjsReplica } from './fixtures/libraries/yjs.js'
import { Served } from './fixtures/served.js'

/** Sees each call of a provider and of its states. */
function seeing(kind: CrdtKindProvider, see: (method: string, bytes?: Uint8Array) => void): CrdtKindProvider {
  const seen = <T extends CrdtState>(state: T): T => {
    for (const method of ['apply', 'merge', 'value', 'persist', 'close'] as const) {
      const call = state[method]?.bind(state) as ((...given: unknown[]) => unknown) | undefined
      if (call)
        Object.assign(state, {
          [method]: (...given: unknown[]) => {
            see(method)
            return call(...given)
          },
        })
    }
    return state
  }
  return {
    kind: kind.kind,
    empty: () => {
      see('empty')
      return seen(kind.empty())
    },
    async fromPersisted(bytes) {
      see('fromPersisted', bytes)
      return seen(await kind.fromPersisted(bytes))
    },
    *samples() {
      for (const sample of kind.samples?.() ?? []) {
        see('samples')
        yield seen(sample)
      }
    },
  }
}

/** More bytes than a sample has. */
const LONG = 1_000

function longBoard(kind = earlierYjsBoardKind()): CrdtState {
  const state = kind.empty()
  const author = new YjsReplica(1)
  const random = seeded(1)
  for (let edits = 0; edits < 400; edits += 1) state.apply(author.edit(random))
  return state
}

/** The samples of `kind`, over and over. */
function withSamples(kind: CrdtKindProvider, count: number): CrdtKindProvider {
  return {
    ...kind,
    *samples() {
      for (let n = 0; n < count; n += 2) yield* kind.samples?.() ?? []
    },
  }
}

describe('X6 what judging costs', () => {
  it.each([2, 20])(
    'a live document is opened five times to be judged, with %d samples, and once to be handed over',
    async (samples) => {
      const opened: Record<string, number> = { old: 0, next: 0 }
      const counting = (which: string, kind: CrdtKindProvider): CrdtKindProvider =>
        seeing(withSamples(kind, samples), (_, bytes) => {
          if (bytes !== undefined && bytes.length > LONG) opened[which] = (opened[which] ?? 0) + 1
        })
      const served = new Served({
        old: counting('old', earlierYjsBoardKind()),
        next: counting('next', yjsBoardKind()),
        docs: { doc: longBoard() },
        direction: 'full',
      })
      await using outcome = await served.dispatch()
      expect(outcome.compat.compatible).toBe(true)
      expect(opened).toEqual({ old: 2, next: 3 + 1 })
    },
  )

  it('only the first two live documents are opened twice more, to be merged with one another', async () => {
    const opened = async (documents: number): Promise<number> => {
      let count = 0
      const counting = (kind: CrdtKindProvider): CrdtKindProvider =>
        seeing(kind, (_, bytes) => {
          if (bytes !== undefined && bytes.length > LONG) count += 1
        })
      const docs = Object.fromEntries(Array.from({ length: documents }, (_, i) => [`doc ${i}`, longBoard()]))
      await using outcome = await new Served({
        old: counting(earlierYjsBoardKind()),
        next: counting(yjsBoardKind()),
        docs,
      }).dispatch()
      expect(outcome.compat.compatible).toBe(true)
      return count
    }
    const [one, two, three] = [await opened(1), await opened(2), await opened(3)]
    expect([two - one, three - two]).toEqual([6 + 2 * 2, 6])
  })

  it.each(['backward', 'full'] as const)(
    'a live document that the new version persists as it is is opened three times, and once more (direction "%s")',
    async (direction) => {
      const opened: Record<string, number> = { old: 0, next: 0 }
      const counting = (which: string): CrdtKindProvider =>
        seeing(yjsBoardKind(), (_, bytes) => {
          if (bytes !== undefined && bytes.length > LONG) opened[which] = (opened[which] ?? 0) + 1
        })
      const served = new Served({
        old: counting('old'),
        next: counting('next'),
        docs: { doc: longBoard(yjsBoardKind()) },
        direction,
      })
      await using outcome = await served.dispatch()
      expect(outcome.compat.compatible).toBe(true)
      expect(opened).toEqual({ old: 1, next: 2 + 1 })
    },
  )

  it('a document that the new version persists as it is needs no way back: the old version opens nothing', async () => {
    let opened = 0
    const old = seeing(yjsBoardKind(), (method) => {
      if (method === 'fromPersisted') opened += 1
    })
    expect((await new Served({ old, next: yjsBoardKind(), sampleLimit: 0 }).verdict()).level).toBe('unjudged')
    expect(opened).toBe(0)
  })

  it('I10 the event loop turns between two calls that take long', async () => {
    let turns = 0
    let turning: NodeJS.Immediate | undefined
    const turn = (): void => {
      turns += 1
      turning = setImmediate(turn)
    }
    turn()
    const calls: { method: string; turn: number }[] = []
    const slow = (kind: CrdtKindProvider): CrdtKindProvider =>
      seeing({ ...kind, samples: () => [...(kind.samples?.() ?? [])].slice(1) }, (method) => {
        calls.push({ method, turn: turns })
        for (const end = performance.now() + 5; performance.now() < end;);
      })
    try {
      expect(
        await new Served({
          old: slow(earlierYjsBoardKind()),
          next: slow(yjsBoardKind()),
          direction: 'full',
          sampleLimit: 1,
        }).verdict(),
      ).toEqual({ level: 'compatible' })
    } finally {
      clearImmediate(turning)
    }
    expect(new Set(calls.map(({ method }) => method))).toEqual(
      new Set(['empty', 'fromPersisted', 'samples', 'apply', 'merge', 'value', 'persist', 'close']),
    )
    const together = calls.flatMap(({ method, turn: at }, i) =>
      at === calls[i - 1]?.turn ? [`${calls[i - 1]?.method} and ${method}`] : [],
    )
    expect(together).toEqual([])
  })
})
