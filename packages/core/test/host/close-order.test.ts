import { PluginHost, type PluginDependency, type PluginHostOptions } from '@uni/reload-core'
import { npmRanges } from '@uni/reload-core/ranges'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { standing, turn } from '../fixtures/deferred.js'
import { refusalOf } from '../fixtures/refusal.js'
import { cleanStores, openStore } from '../fixtures/store-plugin.js'
import { STORES, storeStrategy } from '../fixtures/store.js'
import { TestPlugin } from '../fixtures/test-plugin.js'

const never = (): Promise<void> => new Promise(() => {})
const on = (...ids: string[]): PluginDependency[] => ids.map((id) => ({ id, range: '*' }))

/** A host of plugins that log when they are shut down, and of which some never end with that. */
function closing(options: Partial<PluginHostOptions> = {}) {
  const clock = new ManualClock()
  const log: string[] = []
  const host = new PluginHost({
    ranges: npmRanges,
    clock,
    strategies: [],
    timeouts: { finalize: 100, rollback: 100 },
    ...options,
  })
  const plugin = (
    id: string,
    version: string,
    { hangs = false, dependsOn = [] }: { hangs?: boolean; dependsOn?: PluginDependency[] } = {},
  ) =>
    new TestPlugin(id, version, {
      dependsOn,
      shutdown: () => {
        log.push(`${id}@${version}`)
        return hangs ? never() : undefined
      },
    })
  return { clock, log, host, plugin }
}

describe('plugins that are closed together', () => {
  it('O12 I8 are shut down beside one another: however many hang, it takes one deadline, and nobody waits for them', async () => {
    const { clock, log, host, plugin } = closing()
    const changes = []
    for (const [id, hangs] of [
      ['healthy', false],
      ['a', true],
      ['b', true],
      ['c', true],
    ] as const) {
      changes.push({ handle: await host.add(plugin(id, '1.0.0', { hangs })), plugin: plugin(id, '2.0.0', { hangs }) })
    }
    const [result] = await host.reloadAll(changes)
    await turn()
    expect(log.toSorted()).toEqual(['a@1.0.0', 'b@1.0.0', 'c@1.0.0', 'healthy@1.0.0'])
    clock.advance(100)
    expect((await result?.finalized)?.errors).toMatchObject(
      ['a', 'b', 'c'].toReversed().map((id) => ({ code: 'STEP_TIMEOUT', plugin: `${id}@1.0.0` })),
    )
    const disposing = host[Symbol.asyncDispose]()
    await turn()
    clock.advance(100)
    await disposing
    expect(log).toHaveLength(8)
  })

  it('O12 I7 none before those that depend on it are closed', async () => {
    const { clock, log, host, plugin } = closing()
    await host.addAll([
      plugin('base', '1.0.0'),
      plugin('left', '1.0.0', { dependsOn: on('base'), hangs: true }),
      plugin('right', '1.0.0', { dependsOn: on('base') }),
      plugin('top', '1.0.0', { dependsOn: on('left', 'right') }),
      plugin('alone', '1.0.0'),
    ])
    const disposing = host[Symbol.asyncDispose]()
    await turn()
    expect(log.slice(0, 2).toSorted()).toEqual(['alone@1.0.0', 'top@1.0.0'])
    expect(log.slice(2).toSorted()).toEqual(['left@1.0.0', 'right@1.0.0'])
    expect(await standing(disposing)).toBe('pending')
    clock.advance(100)
    await disposing
    expect(log.at(-1)).toBe('base@1.0.0')
  })

  it('I7 of those that need one another, each is closed once', async () => {
    const { log, host, plugin } = closing()
    await host.addAll([
      plugin('a', '1.0.0', { dependsOn: on('b') }),
      plugin('b', '1.0.0', { dependsOn: on('a') }),
      plugin('c', '1.0.0', { dependsOn: on('a', 'c') }),
    ])
    await host[Symbol.asyncDispose]()
    expect(log[0]).toBe('c@1.0.0')
    expect(log.toSorted()).toEqual(['a@1.0.0', 'b@1.0.0', 'c@1.0.0'])
  })

  it('I8 at most as many at a time as concurrency says', async () => {
    const { clock, log, host, plugin } = closing({ concurrency: 2 })
    for (const id of ['a', 'b', 'c']) await host.add(plugin(id, '1.0.0', { hangs: true }))
    const disposing = host[Symbol.asyncDispose]()
    await turn()
    expect(log).toEqual(['c@1.0.0', 'b@1.0.0'])
    clock.advance(100)
    await turn()
    expect(log).toEqual(['c@1.0.0', 'b@1.0.0', 'a@1.0.0'])
    clock.advance(100)
    await disposing
  })

  it('I8 likewise where new versions are shut down as they were rolled back', async () => {
    const { clock, log, host, plugin } = closing()
    const plugins = ['a', 'b', 'c'].map((id) => plugin(id, '1.0.0', { hangs: true }))
    const broken = new TestPlugin('d', '1.0.0', {
      init: () => {
        throw new Error('no')
      },
    })
    const adding = refusalOf(host.addAll([...plugins, broken]))
    await turn()
    expect(log).toEqual(['c@1.0.0', 'b@1.0.0', 'a@1.0.0'])
    clock.advance(100)
    expect((await adding).rollbackErrors).toMatchObject([
      { plugin: 'c@1.0.0' },
      { plugin: 'b@1.0.0' },
      { plugin: 'a@1.0.0' },
    ])
  })

  it('O12 I8 and so are resources that leave without a successor, all of them before their plugin', async () => {
    const clock = new ManualClock()
    const log: string[] = []
    const host = new PluginHost({
      ranges: npmRanges,
      clock,
      strategies: [
        storeStrategy('clean', {
          close: () => {
            log.push('close')
            return never()
          },
        }),
      ],
      timeouts: { finalize: 100 },
    })
    await host.add(
      cleanStores('1.0.0', {
        shutdown: () => {
          log.push('shutdown')
        },
      }),
    )
    for (const name of ['one', 'two', 'three']) await host.attach(STORES.clean, openStore(name))
    const disposing = host[Symbol.asyncDispose]()
    await turn()
    expect(log).toEqual(['close', 'close', 'close'])
    clock.advance(100)
    await disposing
    expect(log).toEqual(['close', 'close', 'close', 'shutdown'])
  })
})
