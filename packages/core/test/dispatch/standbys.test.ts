import { PluginHost, WriteGate, type AnyStrategy, type HandoffStrategy } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { expect, it } from 'vitest'
import { scriptedKind, scriptedStrategy } from '../fixtures/scripted.js'
import { sceneOfOne } from '../fixtures/store-scene.js'
import { STORES, StoreProvider, storeStrategy } from '../fixtures/store.js'
import { TestPlugin } from '../fixtures/test-plugin.js'

it('T6 a dispatcher, which takes nothing back, has no write recorded for that', async () => {
  const { scene, part } = sceneOfOne({ discipline: 'pre-copy' })
  const outcome = await scene.dispatch()
  outcome.commit()
  expect(part.gate.isFollowed).toBe(false)
  await outcome.finalize()
})

/** Passes the gates of what it hands over to `gates`, by resource. */
function showing<P, R>(strategy: HandoffStrategy<P, R, number>, gates: Map<string, unknown>): AnyStrategy {
  const shown: HandoffStrategy<P, R, number> = {
    ...strategy,
    handoff(job, ctx) {
      gates.set(job.name, job.gate)
      if (strategy.handoff === undefined) throw new Error('nothing is handed over without a handoff')
      return strategy.handoff(job, ctx)
    },
  }
  return shown as unknown as AnyStrategy
}

it('T6 a reload that bakes has writes recorded for the old resources that are intact, and for no others', async () => {
  const gates = new Map<string, unknown>()
  await using host = new PluginHost({
    clock: new ManualClock(),
    strategies: [showing(storeStrategy('pre-copy'), gates), showing(scriptedStrategy([]), gates)],
  })
  const pluginOf = (version: string): TestPlugin =>
    new TestPlugin('plugin', version, {
      register: (registrar) => {
        registrar
          .provide(STORES['pre-copy'], new StoreProvider('a', version))
          .provide(scriptedKind, { key: 'a', version })
      },
    })
  const handle = await host.add(pluginOf('1.0.0'))
  await host.attach(STORES['pre-copy'], { name: 'intact', key: 'a', open: (provider) => provider.make([]) })
  await host.attach(scriptedKind, { name: 'closed', key: 'a', open: ({ version }) => ({ by: version }) })
  await host.reload(handle, pluginOf('2.0.0'), { bake: { ms: 10 } })
  expect([...gates].map(([name, gate]) => [name, gate instanceof WriteGate && gate.isFollowed])).toEqual([
    ['intact', true],
    ['closed', false],
  ])
})
