import {
  OldProviders,
  PluginHost,
  ReloadDispatcher,
  ReloadKindHandlers,
  WriteGate,
  type HandoffStrategy,
} from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { openStore, StorePlugin } from '../fixtures/store-plugin.js'
import { STORES, StoreProvider, storeStrategy, type Store, type StoreDiscipline } from '../fixtures/store.js'

/** A strategy that notes the state of the gate after its own rollback, ahead of what a dispatcher does about it. */
function noting(discipline: StoreDiscipline, states: string[]): HandoffStrategy<StoreProvider, Store, number> {
  const strategy = storeStrategy(discipline)
  return {
    ...strategy,
    handoff(job, ctx) {
      const move = strategy.handoff?.(job, ctx)
      if (move === undefined) throw new Error('the strategy hands nothing over')
      const rollback = async (): Promise<void> => {
        await move.rollback()
        states.push(job.gate instanceof WriteGate ? job.gate.state : 'unknown')
      }
      return { ...move, rollback }
    },
  }
}

describe('a rollback lets the gate go by itself', () => {
  it.each(['clean', 'pre-copy', 'stop-and-copy'] as const)('I3 of %s', async (discipline) => {
    const states: string[] = []
    const surface = STORES[discipline]
    const [before, after] = [new StoreProvider('only', '1'), new StoreProvider('only', '2')]
    const outcome = await new ReloadDispatcher([noting(discipline, states)]).dispatch({
      old: new OldProviders().add(surface, before),
      next: new OldProviders().add(surface, after),
      handlers: new ReloadKindHandlers().add(surface, { name: 'a', key: 'only', resource: before.make([1]) }),
    })
    await outcome.rollback()
    expect(states).toEqual(['open'])
  })

  it.each(['clean', 'pre-copy'] as const)('I3 of the take-back to a standby, %s', async (discipline) => {
    const clock = new ManualClock()
    const states: string[] = []
    const strategy = noting(discipline, states)
    // Writes are held by the time it fails.
    const failing: HandoffStrategy<StoreProvider, Store, number> = {
      ...strategy,
      handoff(job, ctx) {
        const move = strategy.handoff?.(job, ctx)
        if (move === undefined) throw new Error('the strategy hands nothing over')
        return job.standby === undefined ? move : { ...move, converge: () => Promise.reject(new Error('no way back')) }
      },
    }
    const host = new PluginHost({ clock, strategies: [failing] })
    const handle = await host.add(new StorePlugin('1.0.0', { discipline }))
    const store = await host.attach(STORES[discipline], openStore('main'))
    const { finalized } = await host.reload(handle, new StorePlugin('2.0.0', { discipline }), {
      bake: { ms: 10, healthy: () => false },
    })
    clock.advance(10)
    expect((await finalized).bake).toMatchObject({
      outcome: 'stranded',
      error: { message: expect.stringContaining('no way back') as string },
    })
    await store.write(2)
    expect(states).toEqual(['open'])
  })

  it('I4 the take-back catches up with what was written while it was prepared, ahead of the hold', async () => {
    const clock = new ManualClock()
    const states: string[] = []
    const writes: Promise<void>[] = []
    const strategy = storeStrategy('pre-copy')
    const host = new PluginHost({
      clock,
      strategies: [
        {
          ...strategy,
          handoff(job, ctx) {
            const move = strategy.handoff?.(job, ctx)
            if (move?.prepare === undefined || job.standby === undefined) return move
            const prepare = async (): Promise<void> => {
              await move.prepare?.()
              for (let entry = 0; entry < 40; entry += 1) writes.push(store.write(entry))
            }
            const converge = (): Promise<Store> => {
              states.push(`${job.gate.recorded} left under the hold`)
              return move.converge()
            }
            return { ...move, prepare, converge }
          },
        } as HandoffStrategy<StoreProvider, Store, number>,
      ],
    })
    const handle = await host.add(new StorePlugin('1.0.0'))
    const store = await host.attach(STORES['pre-copy'], {
      name: 'main',
      key: 'stores',
      open: (provider) => provider.make([]),
    })
    const { finalized } = await host.reload(handle, new StorePlugin('2.0.0'), {
      bake: { ms: 10, healthy: () => false },
    })
    clock.advance(10)
    expect((await finalized).bake).toMatchObject({ outcome: 'taken-back' })
    await Promise.all(writes)
    expect(states).toEqual(['0 left under the hold'])
    using lease = host.capture()
    expect(lease.resource(STORES['pre-copy'], 'main').entries).toHaveLength(40)
  })
})
