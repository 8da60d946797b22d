import { WriteGate } from '@uni/reload-core'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { STORES, StoreProvider, type Store } from '../fixtures/store.js'

/** `refused`: by the resource, synchronously or later. */
const write = fc.record({ kind: fc.constantFrom('sync', 'async', 'refused', 'refused late'), gap: fc.boolean() })
const handoff = fc.record({
  rounds: fc.nat({ max: 4 }),
  ending: fc.constantFrom('switch', 'release'),
  releasedEarly: fc.boolean(),
})
const { signal } = new AbortController()

async function attempt(legal: boolean, move: () => unknown): Promise<void> {
  try {
    await move()
  } catch (error) {
    if (legal) throw error
    return
  }
  if (!legal) throw new Error('an illegal move was made')
}

describe('a gate under any interleaving', () => {
  it('G5 I4 each acknowledged write is in the resource that serves, once and in order', async () => {
    const inputs = [
      fc.scheduler(),
      fc.array(write, { maxLength: 24 }),
      fc.array(handoff, { maxLength: 3 }),
      fc.integer({ min: 1, max: 6 }),
    ] as const
    await fc.assert(
      fc.asyncProperty(...inputs, async (s, writes, handoffs, maxRecorded) => {
        const provider = new StoreProvider('only', '1')
        const kinds = new Map<number, string>()
        const gate = new WriteGate<Store, number>(
          {
            ...STORES['pre-copy'],
            apply(store, n) {
              const kind = kinds.get(n)
              if (kind === 'sync') {
                store.entries.push(n)
                return
              }
              if (kind === 'refused') throw new RangeError('refused')
              return s.schedule(Promise.resolve(), `apply ${n}`).then(() => {
                if (kind === 'refused late') throw new RangeError('refused')
                store.entries.push(n)
              })
            },
          },
          'only',
          provider.make([]),
          { maxRecorded },
        )

        // The model: what was submitted, in order, less what is refused. It knows nothing of holds, records and copies.
        const expected: number[] = []
        const acknowledged: number[] = []
        const refused: number[] = []

        async function writer(): Promise<void> {
          const answers: Promise<void>[] = []
          for (const [n, { kind, gap }] of writes.entries()) {
            if (gap) await s.schedule(Promise.resolve(), 'gap')
            kinds.set(n, kind)
            if (!kind.startsWith('refused')) expected.push(n)
            answers.push(
              gate.write(n).then(
                () => {
                  acknowledged.push(n)
                  expect(gate.resource.entries).toContain(n)
                },
                () => {
                  refused.push(n)
                },
              ),
            )
          }
          await Promise.all(answers)
        }

        async function mover(): Promise<void> {
          for (const { rounds, ending, releasedEarly } of handoffs) {
            await s.schedule(Promise.resolve(), 'hold')
            await gate.hold()
            const copy = provider.make([...gate.resource.entries])
            gate.record()
            await s.schedule(Promise.resolve(), 'restore')
            if (releasedEarly) {
              gate.release()
              continue
            }
            for (let round = 0; round < rounds; round += 1) {
              await gate.replay(copy, signal)
              await s.schedule(Promise.resolve(), 'round')
            }
            await gate.hold()
            await s.schedule(Promise.resolve(), 'held')
            while (gate.recorded > 0) await gate.replay(copy, signal)
            expect(copy.entries).toEqual(gate.resource.entries)
            if (ending === 'switch') gate.switchTo(copy)
            else gate.release()
          }
        }

        await s.waitFor(Promise.all([writer(), mover()]))
        expect(gate.resource.entries).toEqual(expected)
        expect(acknowledged).toEqual(expected)
        expect([...acknowledged, ...refused].sort((a, b) => a - b)).toEqual(writes.map((_, n) => n))
        expect(gate.state).toBe('open')
        expect(gate.recorded).toBe(0)
      }),
      { numRuns: 300 },
    )
  })

  it('I4 no sequence of moves, legal or not, loses or repeats a write', async () => {
    const input = fc.array(
      fc.constantFrom('hold', 'record', 'release', 'switch', 'replace', 'write', 'refused', 'replay'),
      { maxLength: 60 },
    )
    await fc.assert(
      fc.asyncProperty(input, async (moves) => {
        const provider = new StoreProvider('only', '1')
        const gate = new WriteGate(STORES['pre-copy'], 'only', provider.make([]))
        let state: 'open' | 'recording' | 'held' = 'open'
        /** What the copy has of the writes since the mark; `undefined` without a copy under way. */
        let copy: Store | undefined
        let submitted = 0
        const settled: Promise<unknown>[] = []
        for (const move of moves) {
          switch (move) {
            case 'write':
              settled.push(gate.write(submitted))
              submitted += 1
              break
            case 'refused': {
              settled.push(gate.write(-1).catch(() => {}))
              break
            }
            case 'hold':
              await gate.hold()
              state = 'held'
              break
            case 'record':
              if (state === 'held') copy ??= provider.make([...gate.resource.entries])
              await attempt(state === 'held', () => gate.record())
              if (state === 'held') state = 'recording'
              break
            case 'replay':
              if (copy) await gate.replay(copy, signal)
              break
            case 'release':
              gate.release()
              state = 'open'
              copy = undefined
              break
            case 'switch': {
              if (copy && state === 'held') await gate.replay(copy, signal)
              const successor: Store = copy ?? gate.resource
              await attempt(state === 'held', () => gate.switchTo(successor))
              if (state === 'held') {
                state = 'open'
                copy = undefined
              }
              break
            }
            case 'replace': {
              // The old provider's own successor, as after a failed stop: it starts with what the stopped one had.
              const successor = provider.make([...gate.resource.entries])
              await attempt(state === 'held', () => gate.replace(successor))
              break
            }
          }
          expect(gate.state).toBe(state)
        }
        gate.release()
        await Promise.all(settled)
        expect(gate.resource.entries).toEqual(Array.from({ length: submitted }, (_, n) => n))
      }),
      { numRuns: 300 },
    )
  })
})
