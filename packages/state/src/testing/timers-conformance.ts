import { ASYNC_DISPOSE, checkOptions, option, PluginHost, type OptionChecks, type Registrar } from '@uni/reload-core'
import {
  declareConformance,
  KIT,
  ManualClock,
  type ConformanceCase,
  type Expectation,
  type KitOptions,
} from '@uni/reload-core/testing'
import { dequal } from 'dequal'
import { conform } from '../schema/conform.js'
import { timers, type TimersProvider } from '../timers/contract.js'
import { timersHandoff } from '../timers/strategy.js'
import { openTimers } from '../timers/timers.js'

export interface TimersConformance<T> extends KitOptions {
  /** Makes a new provider. */
  make(): TimersProvider<T>
  /** Payloads of the timers that are set. */
  readonly payloads: readonly T[]
  /** Payloads that its schema refuses. Default: none. */
  readonly refuses?: readonly unknown[] | undefined
}

const OPTIONS: OptionChecks<TimersConformance<never>> = {
  ...KIT,
  make: option.required(option.function),
  payloads: option.required(option.list(option.given)),
  refuses: option.list(option.given),
}

/** Declares a test for each rule that a provider of timers has to keep. */
export function runTimersConformance<T>(given: TimersConformance<T>): void {
  const options = checkOptions(given, 'runTimersConformance options', OPTIONS as OptionChecks<TimersConformance<T>>)
  const { test, knownGaps, deadlineMs } = options
  declareConformance(test, timersCases(options), {
    kit: 'runTimersConformance',
    knownGaps,
    deadlineMs,
  })
}

function timersCases<T>({
  make,
  payloads,
  refuses = [],
}: Omit<TimersConformance<T>, keyof KitOptions>): ConformanceCase[] {
  return [
    {
      key: 'payloads/taken',
      rule: 'T4',
      title: 'the schema takes the payloads, and what it has made of them once more',
      async run(expect: Expectation) {
        const { schema } = make()
        if (schema === undefined) return
        for (const [at, payload] of payloads.entries()) {
          const taken = await expect.works(`payload ${at}`, () => conform(schema, payload))
          const again = await expect.works(`what the schema made of payload ${at}`, () => conform(schema, taken))
          expect.that(dequal(again, taken), `the schema changes what it has made of payload ${at}`)
        }
      },
    },
    {
      key: 'payloads/refused',
      rule: 'T4',
      title: 'the schema refuses what the provider cannot fire with',
      async run(expect: Expectation) {
        const { schema } = make()
        if (refuses.length === 0) return
        if (schema === undefined) return expect.fail('the provider has no schema, and so refuses nothing')
        for (const [at, payload] of refuses.entries()) {
          await expect.refused(`payload ${at} of refuses`, () => conform(schema, payload))
        }
      },
    },
    {
      key: 'fire/settles',
      rule: 'T1',
      title: 'each payload is fired with, by the version that serves, and the firing settles without an error',
      needs: ['payloads/taken'],
      async run(expect: Expectation, after) {
        const surface = timers<T>('timers')
        const clock = new ManualClock()
        const host = new PluginHost({ strategies: [timersHandoff(surface)], clock })
        after(() => host[ASYNC_DISPOSE]())
        const fired: number[] = []
        const settled: Promise<void>[] = []
        const failed: unknown[] = []
        const plugin = (version: number) => ({
          manifest: { id: 'timers', version: `${version}.0.0` },
          register: (registrar: Registrar) => {
            const provider = make()
            registrar.provide(surface, {
              ...provider,
              name: provider.name,
              fire: (timer) => {
                fired.push(version)
                const firing = Promise.resolve(expect.call('provider.fire()', () => provider.fire(timer)))
                settled.push(
                  firing.then(
                    () => {},
                    () => {},
                  ),
                )
                return firing
              },
            })
          },
        })
        const handle = await host.add(plugin(1))
        const { name } = make()
        const open = await openTimers(host, surface, { name, key: name, clock, onError: (error) => failed.push(error) })
        for (const [at, payload] of payloads.entries()) open.set(`old ${at}`, payload, { afterMs: 10 })
        clock.advance(10)
        for (const [at, payload] of payloads.entries()) open.set(`new ${at}`, payload, { afterMs: 10 })
        await expect.works('the reload', () => host.reload(handle, plugin(2)))
        clock.advance(10)
        while (fired.length < 2 * payloads.length && failed.length === 0) await new Promise((turn) => setTimeout(turn))
        await Promise.all(settled)
        if (failed.length > 0) expect.fail(`a firing failed: ${String(failed[0])}`, failed[0])
        const expected = [...payloads.map(() => 1), ...payloads.map(() => 2)]
        expect.that(
          dequal(fired, expected),
          `fired by the versions ${fired.join(', ')}, expected ${expected.join(', ')}`,
        )
      },
    },
  ]
}
