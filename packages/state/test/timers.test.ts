import { PluginHost, type Plugin, type PluginHandle } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Deferred, turn } from '../../core/test/fixtures/deferred.js'
import { openTimers, timers, timersHandoff, type Timers, type TimersProvider } from '../src/index.js'

const reminders = timers<string>('reminders')

interface Scene {
  readonly clock: ManualClock
  readonly host: PluginHost
  readonly handle: PluginHandle
  readonly timers: Timers<string>
  /** `version payload`, in the order in which they fired. */
  readonly fired: string[]
  readonly errors: [error: unknown, id: string][]
  plugin(version: string, provider?: Partial<TimersProvider<string>>): Plugin
  /** Lets time pass, and what is due then fire. */
  pass(ms: number): Promise<void>
}

async function scene(provider: Partial<TimersProvider<string>> = {}): Promise<Scene> {
  const clock = new ManualClock()
  const fired: string[] = []
  const errors: [unknown, string][] = []
  const host = new PluginHost({ strategies: [timersHandoff(reminders)], clock })
  const plugin: Scene['plugin'] = (version, given = {}) => ({
    manifest: { id: 'reminders', version: `${version}.0.0` },
    register: (registrar) =>
      void registrar.provide(reminders, {
        name: 'mail',
        fire: ({ payload }) => void fired.push(`${version} ${payload}`),
        ...given,
      }),
  })
  const handle = await host.add(plugin('1', provider))
  const opened = await openTimers(host, reminders, {
    name: 'main',
    key: 'mail',
    clock,
    onError: (error, id) => void errors.push([error, id]),
  })
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms)
    await turn()
  }
  return { clock, host, handle, timers: opened, fired, errors, plugin, pass }
}

describe('timers', () => {
  it('T1 fire once, when they are due, in order', async () => {
    const { timers: own, fired, pass } = await scene()
    own.set('b', 'second', { afterMs: 20 })
    own.set('a', 'first', { afterMs: 10 })
    await pass(9)
    expect(fired).toEqual([])
    await pass(1)
    expect(fired).toEqual(['1 first'])
    await pass(100)
    expect({ fired, pending: own.pending() }).toEqual({ fired: ['1 first', '1 second'], pending: [] })
  })

  it('T1 are set anew under their id, and cleared', async () => {
    const { timers: own, fired, pass } = await scene()
    own.set('a', 'old', { afterMs: 10 })
    own.set('a', 'new', { afterMs: 20 })
    own.set('b', 'gone', { afterMs: 10 })
    expect({ first: own.clear('b'), again: own.clear('b') }).toEqual({ first: true, again: false })
    await pass(20)
    expect(fired).toEqual(['1 new'])
  })

  it('T2 repeat, without making up for what they missed', async () => {
    const { timers: own, fired, pass } = await scene()
    own.set('a', 'tick', { afterMs: 10, everyMs: 10 })
    await pass(10)
    await pass(10)
    expect(fired).toHaveLength(2)
    await pass(35)
    expect(fired).toHaveLength(3)
    expect(own.pending()).toMatchObject([{ id: 'a', dueAt: 60 }])
    own.clear('a')
    await pass(100)
    expect(fired).toHaveLength(3)
  })

  it('T2 that repeat are not fired while they fire', async () => {
    const slow = new Deferred()
    let calls = 0
    const { timers: own, pass } = await scene({
      fire: () => {
        calls += 1
        return slow.promise
      },
    })
    own.set('a', 'tick', { afterMs: 10, everyMs: 10 })
    await pass(10)
    await pass(30)
    expect(calls).toBe(1)
    slow.resolve()
    await turn()
    await pass(10)
    expect(calls).toBe(2)
  })

  it('T3 I1 are fired by the version that serves when they are due', async () => {
    const { host, handle, timers: own, fired, plugin, pass } = await scene()
    own.set('a', 'before', { afterMs: 10 })
    own.set('b', 'after', { afterMs: 20 })
    await pass(10)
    await host.reload(handle, plugin('2'))
    await pass(10)
    expect(fired).toEqual(['1 before', '2 after'])
  })

  it('T3 a firing that has begun ends with the version it began with, which is not shut down under it', async () => {
    const slow = new Deferred()
    const shut: string[] = []
    const { host, handle, timers: own, plugin, pass } = await scene({ fire: () => slow.promise })
    own.set('a', 'long', { afterMs: 1 })
    await pass(1)
    const { finalized } = await host.reload(handle, plugin('2'))
    void finalized.then(() => shut.push('1'))
    await turn()
    expect(shut).toEqual([])
    slow.resolve()
    await finalized
  })

  it('T3 I4 fire once each through fifty reloads under load, some taken back, some refused', async () => {
    const { clock, host, handle, timers: own, fired, plugin, pass } = await scene()
    const count = 500
    for (let at = 0; at < count; at += 1) own.set(String(at), String(at), { afterMs: 1 + at })
    let current = handle
    for (let reload = 0; reload < 50; reload += 1) {
      const kind = reload % 5
      const cutover = reload % 2 === 0 ? 'overlap' : 'exclusive'
      const next = plugin(String(reload + 2), kind === 4 ? { schema: z.string().regex(/^x/) } : {})
      const bake = kind === 3 ? { bake: { ms: 5, healthy: () => false } } : {}
      const reloading = host.reload(current, next, { cutover, ...bake }).then(
        async ({ handle: newer, finalized }) => {
          current = newer
          const outcome = (await Promise.all([finalized, pass(kind === 3 ? 5 : 0)]))[0].bake
          if (outcome?.outcome === 'taken-back') current = outcome.results[0]?.handle ?? current
        },
        () => {},
      )
      await Promise.all([reloading, pass(7)])
    }
    await pass(count)
    expect(fired.map((line) => Number(line.split(' ')[1])).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: count }, (_, at) => at),
    )
    expect(new Set(fired.map((line) => line.split(' ')[0])).size).toBeGreaterThan(10)
    expect(own.pending()).toEqual([])
    await own.close()
    expect(clock.pending).toBe(0)
  })

  it('T4 I6 of which the new version refuses a payload refuse the reload, and fire as before', async () => {
    const { host, handle, timers: own, fired, plugin, pass } = await scene()
    own.set('a', 'text', { afterMs: 10 })
    const next = plugin('2', { schema: z.string().max(2) })
    await expect(host.reload(handle, next)).rejects.toMatchObject({
      code: 'SCHEMA_INCOMPAT',
      message: expect.stringContaining('timer "a": the schema refuses the value'),
    })
    await pass(10)
    expect(fired).toEqual(['1 text'])
  })

  it('T4 are given what the schema makes of their payload', async () => {
    const {
      timers: own,
      fired,
      pass,
    } = await scene({
      schema: z.string().transform((text) => text.toUpperCase()),
    })
    own.set('a', 'text', { afterMs: 10 })
    await pass(10)
    expect(fired).toEqual(['1 TEXT'])
  })

  it('T5 whose firing throws have fired; the error is told, and the others fire', async () => {
    const broken = new Error('no mail')
    const {
      timers: own,
      errors,
      pass,
    } = await scene({
      fire: ({ id }) => {
        if (id === 'a') throw broken
      },
    })
    own.set('a', 'x', { afterMs: 1 })
    own.set('b', 'x', { afterMs: 1 })
    await pass(10)
    expect({ errors, pending: own.pending() }).toEqual({ errors: [[broken, 'a']], pending: [] })
  })

  it('T6 fire no more once they are closed, or their plugin was removed, and leave no timer behind', async () => {
    const closed = await scene()
    closed.timers.set('a', 'x', { afterMs: 10 })
    await closed.timers.close()
    const removed = await scene()
    removed.timers.set('a', 'x', { afterMs: 10 })
    const { finalized } = await removed.host.remove(removed.handle, { onOrphan: 'close' })
    await finalized
    for (const { clock, fired, pass } of [closed, removed]) {
      await pass(100)
      expect({ fired, pending: clock.pending }).toEqual({ fired: [], pending: 0 })
    }
  })
})
