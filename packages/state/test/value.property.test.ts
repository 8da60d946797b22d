import { fc } from '@fast-check/vitest'
import { PluginHost, type Plugin, type PluginHandle } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { expect, it } from 'vitest'
import { turn } from '../../core/test/fixtures/deferred.js'
import { memory, memoryHandoff, openMemory } from '../src/index.js'

/** The numbers that were written, and by which version: the model is the list of the numbers alone. */
interface Log {
  readonly entries: number[]
}
const logs = memory<Log, number>('logs')

const plugin = (version: number, migrates: boolean): Plugin => ({
  manifest: { id: 'logs', version: `${version}.0.0` },
  register: (registrar) =>
    void registrar.provide(logs, {
      name: 'log',
      initial: () => ({ entries: [] }),
      // One half of the versions changes the value in place, the other makes another.
      apply: async ({ entries }, number) => {
        if (number % 7 === 3) throw new Error('refused')
        await undefined
        if (version % 2 === 0) entries.push(number)
        return version % 2 === 0 ? undefined : { entries: [...entries, number] }
      },
      ...(migrates && { migrate: (value: unknown) => value }),
    }),
})

const BAKES = { bake: { ms: 10, healthy: () => false } }

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('write' as const), count: fc.integer({ min: 1, max: 5 }) }) },
  fc.record({ do: fc.constant('reload' as const), migrates: fc.boolean(), exclusive: fc.boolean(), under: fc.nat(4) }),
  fc.record({ do: fc.constant('taken back' as const), under: fc.nat(4) }),
  fc.record({ do: fc.constant('dry run' as const) }),
)

it('M1 M5 I4 whatever is done to its plugin, a value has the writes that were acknowledged, once, in order', () =>
  fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const clock = new ManualClock()
      const host = new PluginHost({ strategies: [memoryHandoff(logs)], clock })
      let version = 1
      let handle: PluginHandle = await host.add(plugin(version, false))
      const live = await host.attach(logs, { name: 'log', key: 'log', open: openMemory() })
      const acknowledged: number[] = []
      let next = 0
      const write = async (): Promise<void> => {
        const number = next++
        await live.write(number).then(
          () => acknowledged.push(number),
          () => {},
        )
      }
      const writes = (count: number): Promise<unknown> => Promise.all(Array.from({ length: count }, write))
      for (const one of steps) {
        if (one.do === 'write') await writes(one.count)
        else if (one.do === 'dry run') await host.reload(handle, plugin(version + 1, false), { dryRun: true })
        else {
          version += 1
          const takenBack = one.do === 'taken back'
          const reloading = host.reload(
            handle,
            plugin(version, takenBack || one.migrates),
            takenBack ? BAKES : { cutover: one.exclusive ? 'exclusive' : 'overlap' },
          )
          const [result] = await Promise.all([reloading, writes(one.under)])
          handle = result.handle
          if (takenBack) {
            await writes(one.under)
            clock.advance(10)
            const [{ bake }] = await Promise.all([result.finalized, turn().then(() => writes(one.under))])
            if (bake?.outcome === 'taken-back') handle = bake.results[0]?.handle ?? handle
          }
        }
        expect(await live.use(({ value }) => [...value.entries])).toEqual(acknowledged)
      }
      await host[Symbol.asyncDispose]()
    }),
  ))
