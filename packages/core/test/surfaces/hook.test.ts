import { PluginHost, type Plugin } from '@uni/reload-core'
import { hook, hookHandoff, runHooks, type HookProvider } from '@uni/reload-core/surfaces'
import { describe, expect, it } from 'vitest'
import { Deferred, standing, turn } from '../fixtures/deferred.js'

type Given = Omit<HookProvider<readonly never[]>, 'run'> & { run(...args: never[]): unknown }

const plugin = (id: string, version: string, ...hooks: Given[]): Plugin => ({
  manifest: { id, version },
  register: (registrar) => {
    for (const provider of hooks) registrar.provide(hook, provider)
  },
})
const on = (name: string, run: Given['run'], priority?: number): Given => ({
  hook: 'request',
  name,
  run,
  ...(priority !== undefined && { priority }),
})

async function hosted(...plugins: Plugin[]): Promise<PluginHost> {
  const host = new PluginHost({ strategies: [hookHandoff()] })
  await host.addAll(plugins)
  return host
}

describe('hooks', () => {
  it('are called by priority, and then in the order in which they were installed, with the arguments', async () => {
    const host = await hosted(
      plugin(
        'a',
        '1.0.0',
        on('late', (path: string) => `late ${path}`, -1),
        on('first', (path: string) => `a ${path}`),
      ),
      plugin(
        'b',
        '1.0.0',
        on('urgent', (path: string) => `urgent ${path}`, 10),
        on('second', (path: string) => `b ${path}`),
      ),
    )
    expect(runHooks(host, 'request', '/x')).toEqual(['urgent /x', 'a /x', 'b /x', 'late /x'])
    expect(runHooks(host, 'other', '/x')).toEqual([])
  })

  it('are put in order once, until hooks come or go', async () => {
    let asked = 0
    const counted = (name: string, priority: number): Given => ({
      ...on(name, () => name),
      get priority() {
        asked += 1
        return priority
      },
    })
    const host = await hosted(plugin('a', '1.0.0', counted('low', 1), counted('high', 2)))
    expect(runHooks(host, 'request')).toEqual(['high', 'low'])
    const once = asked
    expect(runHooks(host, 'request')).toEqual(['high', 'low'])
    expect(asked).toBe(once)
    await host.add(
      plugin(
        'b',
        '1.0.0',
        on('highest', () => 'highest', 3),
      ),
    )
    expect(runHooks(host, 'request')).toEqual(['highest', 'high', 'low'])
  })

  it('are each called when the one before is done, and give a promise where one of them does', async () => {
    const first = new Deferred<number>()
    const called: string[] = []
    const host = await hosted(
      plugin(
        'a',
        '1.0.0',
        on('a', () => first.promise),
        on('b', () => called.push('b')),
      ),
    )
    const running = runHooks(host, 'request')
    await turn()
    expect(called).toEqual([])
    first.resolve(1)
    expect(await running).toEqual([1, 1])
    expect(host.plugins()[0]?.heldBy).toEqual([])
  })

  it('stop at the first that throws, and let go of their lease', async () => {
    const called: string[] = []
    const broken = (): never => {
      throw new Error('broken')
    }
    const host = await hosted(
      plugin(
        'a',
        '1.0.0',
        on('a', broken),
        on('b', () => called.push('b')),
      ),
    )
    expect(() => runHooks(host, 'request')).toThrow('broken')
    expect({ called, heldBy: host.plugins()[0]?.heldBy }).toEqual({ called: [], heldBy: [] })
  })

  it('I1 I7 of one call are of one epoch, and hold their versions to its end', async () => {
    const slow = new Deferred()
    const versions = (version: string): Plugin =>
      plugin(
        'a',
        `${version}.0.0`,
        on('a', () => slow.promise),
        on('b', () => version),
      )
    const host = await hosted(versions('1'))
    const running = runHooks(host, 'request')
    const { finalized } = await host.reload(host.plugin('a')!, versions('2'))
    expect(await standing(finalized)).toBe('pending')
    slow.resolve()
    expect(await running).toEqual([undefined, '1'])
    await finalized
    expect(await runHooks(host, 'request')).toEqual([undefined, '2'])
  })
})
