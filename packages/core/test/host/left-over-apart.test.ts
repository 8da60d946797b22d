import { PluginHost, type BakeOptions, type PluginHandle, type ReloadEvent, type ReloadResult } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { Deferred, standing, turn } from '../fixtures/deferred.js'
import { StorePlugin } from '../fixtures/store-plugin.js'
import { STORES, storeStrategy, type Fault } from '../fixtures/store.js'
import { TestPlugin } from '../fixtures/test-plugin.js'

const NOT_WELL: BakeOptions = { ms: 10, healthy: () => false }
const FINALIZE_MS = 200

/**
 * Two plugins that were reloaded together to versions without a provider, and taken back: each serves again, and has
 * left over the store that was its own. A lease holds that of `b`, and nothing of `a`.
 */
async function takenBackTogether(closing: { a?: Fault; b?: Fault } = {}) {
  const clock = new ManualClock()
  const finalized: (readonly unknown[])[] = []
  const host = new PluginHost({
    strategies: [storeStrategy('pre-copy')],
    clock,
    drain: { deadlineMs: 50 },
    timeouts: { finalize: FINALIZE_MS },
    observer: (event: ReloadEvent) => {
      if (event.type === 'finalized' && event.errors.length > 0) finalized.push(event.errors)
    },
  })
  const [a, b] = [new StorePlugin('1.0.0', { id: 'a' }), new StorePlugin('1.0.0', { id: 'b' })]
  const handle = (id: string): PluginHandle => host.plugin(id) ?? { id, generation: 0 }
  await host.addAll([new StorePlugin('0.9.0', { id: 'a' }), b])
  const attach = (key: string) =>
    host.attach(STORES['pre-copy'], { name: key, key, open: (provider) => provider.make([]) })
  await attach('b')
  const early = host.capture({ label: 'early' })
  await host.reload(handle('a'), a)
  await attach('a')
  for (const [plugin, fault] of [
    [a, closing.a],
    [b, closing.b],
  ] as const) {
    if (fault) plugin.provider.breakNext('close', fault)
  }
  const held = host.capture({ label: 'of both' })
  const [together] = await host.reloadAll(
    ['a', 'b'].map((id) => ({ handle: handle(id), plugin: new TestPlugin(id, '2.0.0') })),
    { bake: NOT_WELL, onOrphan: 'close' },
  )
  clock.advance(NOT_WELL.ms)
  await turn()
  clock.advance(50)
  expect(await together?.finalized).toMatchObject({ status: 'taken-back' })
  const leave = (id: string): Promise<ReloadResult> => host.reload(handle(id), new TestPlugin(id, '3.0.0'))
  /** How often the stores of `a`, and of `b`, were closed. */
  const closes = (): number[][] => [a, b].map(({ provider }) => provider.made.map(({ closed }) => closed))
  expect(closes()).toEqual([[0], [0]])
  held[Symbol.dispose]()
  await turn()
  return { clock, host, a, b, early, leave, closes, finalized }
}

describe('what is left of each of the plugins that were taken back together', () => {
  it('I7 T7 is closed when no lease reaches it, whatever reaches the others', async () => {
    const { early, closes, a, b } = await takenBackTogether()
    expect({ closes: closes(), aborted: early.signal.aborted }).toEqual({ closes: [[1], [0]], aborted: false })
    early[Symbol.dispose]()
    await turn()
    expect({ closes: closes(), aShutdown: a.calls.shutdown, bShutdown: b.calls.shutdown }).toEqual({
      closes: [[1], [1]],
      aShutdown: 0,
      bShutdown: 0,
    })
  })

  it('I7 T7 is closed once, before its plugin is shut down, and not under a lease of another', async () => {
    const closing = new Deferred()
    const { early, leave, closes, a, b } = await takenBackTogether({
      a: async (run) => {
        await closing.promise
        run()
      },
    })
    const leaving = await leave('a')
    await turn()
    expect({ closes: closes(), shutdown: a.calls.shutdown }).toEqual({ closes: [[0], [0]], shutdown: 0 })
    closing.resolve()
    expect(await leaving.finalized).toMatchObject({ status: 'finalized', errors: [] })
    expect({ closes: closes(), aShutdown: a.calls.shutdown, bShutdown: b.calls.shutdown }).toEqual({
      closes: [[1], [0]],
      aShutdown: 1,
      bShutdown: 0,
    })
    const leftB = (await leave('b')).finalized
    expect(await standing(leftB)).toBe('pending')
    early[Symbol.dispose]()
    expect(await leftB).toMatchObject({ status: 'finalized', errors: [] })
    expect({ closes: closes(), shutdown: b.calls.shutdown }).toEqual({ closes: [[1], [1]], shutdown: 1 })
  })

  it('I7 I8 is closed although the closing of another one hangs, which delays only its own plugin', async () => {
    const { clock, early, leave, closes, a, b, finalized } = await takenBackTogether({ a: () => new Promise(() => {}) })
    early[Symbol.dispose]()
    await turn()
    expect(closes()).toEqual([[0], [1]])
    expect(await (await leave('b')).finalized).toMatchObject({ status: 'finalized', errors: [] })
    const leftA = (await leave('a')).finalized
    expect({ leftA: await standing(leftA), aShutdown: a.calls.shutdown, bShutdown: b.calls.shutdown }).toEqual({
      leftA: 'pending',
      aShutdown: 0,
      bShutdown: 1,
    })
    clock.advance(FINALIZE_MS)
    expect(await leftA).toMatchObject({ status: 'finalized' })
    await turn()
    expect({ closes: closes(), shutdown: a.calls.shutdown }).toEqual({ closes: [[0], [1]], shutdown: 1 })
    expect(finalized).toMatchObject([[{ code: 'STEP_TIMEOUT', resource: 'a', step: 'close' }]])
  })

  it('I7 I10 is told where it could not be closed, of each of them', async () => {
    const fails =
      (why: string): Fault =>
      () => {
        throw new Error(why)
      }
    const { early, closes, finalized, host } = await takenBackTogether({ a: fails('no a'), b: fails('no b') })
    expect(finalized).toEqual([])
    early[Symbol.dispose]()
    await turn()
    expect(closes()).toEqual([[0], [0]])
    const [errors] = finalized
    expect(errors?.map((error) => (error as { resource: string }).resource).toSorted()).toEqual(['a', 'b'])
    await host[Symbol.asyncDispose]()
    expect(finalized).toHaveLength(1)
  })
})
