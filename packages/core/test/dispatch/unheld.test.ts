import { AsyncLocalStorage } from 'node:async_hooks'
import type { WriteGate } from '@uni/reload-core'
import { describe, expect, it, vi } from 'vitest'
import { Deferred, standing, turn } from '../fixtures/deferred.js'
import { handoffsOf, notesStrategy, type Note } from '../fixtures/handoffs-of.js'

const names = (count: number): string[] => Array.from({ length: count }, (_, nth) => `n${nth}`)

/** Prepares all of them, and converges. */
async function converged(made: ReturnType<typeof handoffsOf>): Promise<void> {
  await made.handoffs.prepare()
  await made.handoffs.converge()
}

describe('resources that are in step', () => {
  it('N1 N2 are not held one by one, but all together at the end, and only those that were written to converge', async () => {
    const made = handoffsOf(names(50))
    const { handoffs, gates, gateOf } = made
    const holds = gates.map((gate) => vi.spyOn(gate, 'hold'))
    await handoffs.prepare()
    await gateOf('n7').write('a')
    await handoffs.converge()
    // One for each snapshot; what was written to was caught up with under load.
    expect(holds.map(({ mock }) => mock.calls.length)).toEqual(gates.map(() => 1))
    expect(new Set(gates.map(({ state }) => state))).toEqual(new Set(['held']))
    const write = gateOf('n8').write('b')
    expect(await standing(write)).toBe('pending')
    handoffs.commit()
    await write
    expect(['n7', 'n8', 'n9'].map((name) => gateOf(name).resource.text)).toEqual(['n7:a', 'n8:b', 'n9:'])
  })

  it('N2 a write to any of them at any moment up to the commit is in the resource that serves', async () => {
    for (let moment = 0; moment < 200; moment += 1) {
      const made = handoffsOf(names(3))
      const { handoffs, gates } = made
      const converging = converged(made)
      for (let passed = 0; passed < moment; passed += 1) await undefined
      const writes = gates.map((gate) => gate.write(String(moment)))
      await converging
      handoffs.commit()
      await Promise.all(writes)
      expect(gates.map(({ resource }) => resource.text)).toEqual(['n0', 'n1', 'n2'].map((name) => `${name}:${moment}`))
    }
  })

  it('N3 one that is in use keeps no writer of another waiting, for as long as it is', async () => {
    const made = handoffsOf(names(4))
    const { handoffs, gateOf } = made
    await handoffs.prepare()
    const using = new Deferred()
    const use = gateOf('n1').use(() => using.promise)
    const converging = handoffs.converge()
    for (let turns = 0; turns < 5; turns += 1) {
      await turn()
      await gateOf('n0').write('.')
    }
    expect(await standing(converging)).toBe('pending')
    using.resolve()
    await Promise.all([use, converging])
    handoffs.commit()
    expect(gateOf('n0').resource.text).toBe('n0:.....')
  })

  it('N2 I4 one that is held has the write that was waited for, also where others are caught up with once more then', async () => {
    const made = handoffsOf(names(2))
    const { clock, handoffs, gateOf } = made
    const slow = new Deferred()
    gateOf('n0').resource.pace = slow.promise
    await handoffs.prepare()
    const write = gateOf('n0').write('slow')
    const converging = handoffs.converge()
    while (gateOf('n0').state !== 'held') await turn()
    // It took longer than others may be held for, so they are caught up with under load again.
    clock.advance(6)
    await gateOf('n1').write('other')
    slow.resolve()
    await Promise.all([write, converging])
    handoffs.commit()
    expect(['n0', 'n1'].map((name) => gateOf(name).resource.text)).toEqual(['n0:slow', 'n1:other'])
  })

  it('N1 N2 one whose successor is not named any more once it is written to converges under a hold, once', async () => {
    const strategy = notesStrategy()
    let [asked, converges] = [0, 0]
    const made = handoffsOf(['n0'], {
      strategy: {
        ...strategy,
        handoff(job, ctx) {
          const move = strategy.handoff?.(job, ctx)
          if (move === undefined) throw new Error('nothing to wrap')
          const successor = () => ((asked += 1) === 1 ? move.successor?.() : undefined)
          return {
            ...move,
            successor,
            async converge() {
              converges += 1
              return move.converge()
            },
          }
        },
      },
    })
    await made.handoffs.prepare()
    await made.gateOf('n0').write('a')
    await made.handoffs.converge()
    made.handoffs.commit()
    expect({ converges, text: made.gateOf('n0').resource.text }).toEqual({ converges: 1, text: 'n0:a' })
  })

  it('N4 those that are to be deactivated are held for that, and converge', async () => {
    const deactivated: string[] = []
    const made = handoffsOf(names(3), {
      strategy: {
        ...notesStrategy(),
        activate: () => {},
        deactivate: ({ text }) => {
          deactivated.push(text)
        },
      },
    })
    await converged(made)
    expect(deactivated).toEqual(['n0:', 'n1:', 'n2:'])
  })

  it('N1 a handoff that wraps another one with a converge of its own has that called', async () => {
    const strategy = notesStrategy()
    let converges = 0
    const made = handoffsOf(names(3), {
      strategy: {
        ...strategy,
        handoff(job, ctx) {
          const move = strategy.handoff?.(job, ctx)
          if (move === undefined) throw new Error('nothing to wrap')
          return {
            ...move,
            async converge() {
              converges += 1
              return move.converge()
            },
          }
        },
      },
    })
    await converged(made)
    expect(converges).toBe(3)
  })

  it('G11 I12 a commit and a rollback touch none but those at which somebody waits, and each lets go at the end', async () => {
    for (const ending of ['commit', 'rollback'] as const) {
      const made = handoffsOf(names(20))
      const { handoffs, gates } = made
      await converged(made)
      const settled = gates.map((gate) => vi.spyOn(gate as WriteGate<Note, string>, 'settle'))
      const write = gates[3]?.write('w')
      const ended = ending === 'commit' ? handoffs.commit() : handoffs.rollback()
      const touched = settled.flatMap(({ mock }, nth) => (mock.calls.length > 0 ? [nth] : []))
      if (ending === 'commit') expect(touched).toEqual([3])
      else expect(touched[0]).toBe(3)
      expect(new Set(gates.map(({ state }) => state))).toEqual(new Set(['open']))
      await Promise.all([write, ended])
      if (ending === 'commit') expect(await handoffs.finalize()).toEqual([])
      expect(settled.every(({ mock }) => mock.calls.length > 0)).toBe(true)
    }
  })
})

describe('S7 what ten thousand handoffs set in motion', () => {
  it('is one timer at most, and no signal', async () => {
    const made = handoffsOf(names(200))
    // Whatever else runs in this process may read signals too: counted are those that are read on behalf of this test.
    const mine = new AsyncLocalStorage<true>()
    const signals = vi.fn<() => void>()
    const { signal } = Object.getOwnPropertyDescriptors(AbortController.prototype)
    const read = vi.spyOn(AbortController.prototype, 'signal', 'get').mockImplementation(function (
      this: AbortController,
    ) {
      if (mine.getStore()) signals()
      return signal.get?.call(this) as AbortSignal
    })
    let most = 0
    const after = made.clock.after.bind(made.clock)
    const timers = vi.spyOn(made.clock, 'after').mockImplementation((ms, callback) => {
      const cancel = after(ms, callback)
      most = Math.max(most, made.clock.pending)
      return cancel
    })
    await mine.run(true, async () => {
      await converged(made)
      made.handoffs.commit()
      await made.handoffs.finalize()
    })
    // The drive's own, which is that of the reload.
    expect(signals.mock.calls.length).toBeLessThanOrEqual(1)
    // That of the earliest deadline, and the heartbeat.
    expect(most).toBeLessThanOrEqual(2)
    expect(timers.mock.calls.length).toBeLessThan(200)
    read.mockRestore()
    expect(made.clock.pending).toBe(0)
  })
})
