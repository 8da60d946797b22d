import {
  PluginHost,
  type Lifetime,
  type PluginContext,
  type PluginHostOptions,
  type Registrar,
  type ReloadEvent,
} from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { Deferred, turn } from '../fixtures/deferred.js'
import { provideOnly } from '../fixtures/failing-stage.js'
import { refusalOf } from '../fixtures/refusal.js'
import type { PluginHooks, TestPlugin } from '../fixtures/test-plugin.js'
import { word, wordHandoff, wordPlugin } from '../fixtures/word.js'

/** The end of each lifetime, as it is seen from inside the versions. */
class Ends {
  readonly told: string[] = []
  readonly lifetimes: Lifetime[] = []

  /** A version of `a` that has things to end in `register` and in `init`. */
  version(version: string, { register, init, shutdown, ...more }: PluginHooks = {}, id = 'a'): TestPlugin {
    const label = `${id}@${version}`
    return wordPlugin(id, version, [id], {
      register: (registrar) => {
        this.watch(registrar, `${label} register`)
        provideOnly(word(id))(registrar)
        return register?.(registrar)
      },
      init: (ctx) => {
        this.watch(ctx, `${label} init`)
        return init?.(ctx)
      },
      shutdown: (ctx) => {
        this.told.push(`${label} shutdown, ${ctx.lifetime.aborted ? 'at its end' : 'alive'}`)
        return shutdown?.(ctx)
      },
      ...more,
    })
  }

  watch(owner: Lifetime, where: string): void {
    this.lifetimes.push(owner)
    owner.lifetime.addEventListener('abort', () => this.told.push(`${where} fires`))
    owner.onDispose(() => {
      this.told.push(`${where} disposes`)
    })
  }

  take(): string[] {
    return this.told.splice(0)
  }
}

const hostWith = (options: Partial<PluginHostOptions> = {}): PluginHost =>
  new PluginHost({ strategies: [wordHandoff()], ...options })

/** What is told where a version ends that has been initialized. */
const whole = (label: string): string[] => [
  `${label} shutdown, alive`,
  `${label} register fires`,
  `${label} init fires`,
  `${label} init disposes`,
  `${label} register disposes`,
]

describe('the lifetime of a version', () => {
  it('O18 I7 ends once, after shutdown: its signal fires, then what was handed in last is disposed first', async () => {
    const ends = new Ends()
    const host = hostWith()
    const handle = await host.add(ends.version('1.0.0'))
    const { finalized } = await host.reload(handle, ends.version('2.0.0'))
    expect((await finalized).errors).toEqual([])
    expect(ends.take()).toEqual(whole('a@1.0.0'))
    await host[Symbol.asyncDispose]()
    expect(ends.take()).toEqual(whole('a@2.0.0'))
  })

  it('O18 has one signal, whose reason names the version', async () => {
    const ends = new Ends()
    const host = hostWith()
    const handle = await host.add(ends.version('1.0.0'))
    const [registered, initialized] = ends.lifetimes
    expect(registered?.lifetime).toBe(initialized?.lifetime)
    await (
      await host.remove(handle)
    ).finalized
    expect(registered?.lifetime.reason).toMatchObject({ name: 'ReloadError', code: 'ABORTED', plugin: 'a@1.0.0' })
  })

  it('O18 I7 does not end while a lease can reach the version', async () => {
    const ends = new Ends()
    await using host = hostWith()
    const handle = await host.add(ends.version('1.0.0'))
    const lease = host.capture()
    const { finalized } = await host.reload(handle, ends.version('2.0.0'))
    await turn()
    expect(ends.take()).toEqual([])
    lease[Symbol.dispose]()
    await finalized
    expect(ends.take()).toEqual(whole('a@1.0.0'))
  })

  it('O18 S2 waits for each disposal before the next, gives up on one that hangs, and reports all that fail', async () => {
    const clock = new ManualClock()
    const host = hostWith({ clock, timeouts: { finalize: 100 } })
    const told: string[] = []
    let signal: AbortSignal | undefined
    const released = new Deferred()
    const handle = await host.add(
      wordPlugin('a', '1.0.0', ['a'], {
        shutdown: () => {
          throw new Error('no goodbye')
        },
        init: ({ onDispose }) => {
          onDispose(() => told.push('last'))
          onDispose((given) => {
            signal = given
            return new Promise(() => {})
          })
          onDispose(() => Promise.reject(new Error('the port is stuck')))
          onDispose(async () => {
            told.push('begins')
            await released.promise
            told.push('ends')
          })
        },
      }),
    )
    const { finalized } = await host.remove(handle)
    await turn()
    expect(told).toEqual(['begins'])
    released.resolve()
    await turn()
    clock.advance(100)
    const { status, errors } = await finalized
    expect(status).toBe('finalized')
    const place = { phase: 'finalize', step: 'onDispose', plugin: 'a@1.0.0' }
    expect(errors).toMatchObject([
      { ...place, code: 'PLUGIN', step: 'shutdown' },
      { ...place, code: 'PLUGIN', message: expect.stringContaining('the port is stuck') as string },
      { ...place, code: 'STEP_TIMEOUT' },
    ])
    expect(signal?.aborted).toBe(true)
    expect(told).toEqual(['begins', 'ends', 'last'])
  })

  it('O18 does not dispose of what was taken off', async () => {
    const told: string[] = []
    const host = hostWith()
    const handle = await host.add(
      wordPlugin('a', '1.0.0', ['a'], {
        init: ({ onDispose }) => {
          const own = (): unknown => told.push('own')
          const takeOff = onDispose(own)
          onDispose(own)
          const takeOffLater = onDispose(() => told.push('other'))
          onDispose(takeOffLater)
          takeOff()
        },
      }),
    )
    expect((await (await host.remove(handle)).finalized).errors).toEqual([])
    expect(told).toEqual(['own'])
  })

  it('V2 O18 takes nothing but a function', async () => {
    const host = hostWith()
    const plugin = wordPlugin('a', '1.0.0', ['a'], {
      init: ({ onDispose }) => {
        onDispose('close' as never)
      },
    })
    const error = await refusalOf(host.add(plugin))
    expect(error).toMatchObject({ code: 'PLUGIN', step: 'init' })
    expect(error.message).toContain('onDispose of a@1.0.0: expected a function, and got "close"')
  })

  describe('of a version that never serves', () => {
    const failing = (): never => {
      throw new Error('no port')
    }
    const half = ['a@2.0.0 register fires', 'a@2.0.0 init fires', 'a@2.0.0 init disposes', 'a@2.0.0 register disposes']

    it.each<[string, PluginHooks, readonly string[]]>([
      ['register fails', { register: failing }, ['a@2.0.0 register fires', 'a@2.0.0 register disposes']],
      ['init fails', { init: failing }, half],
    ])('O18 I3 ends where its %s', async (_, hooks, expected) => {
      const ends = new Ends()
      await using host = hostWith()
      const handle = await host.add(wordPlugin('a', '1.0.0'))
      const error = await refusalOf(host.reload(handle, ends.version('2.0.0', hooks)))
      expect(error.rollbackErrors).toEqual([])
      expect(ends.take()).toEqual(expected)
      expect((await refusalOf(host.add(ends.version('2.0.0', hooks, 'b')))).code).toBe('PLUGIN')
      expect(ends.take()).toEqual(expected.map((line) => line.replace('a@', 'b@')))
    })

    it('O18 I3 ends where a key of it is taken', async () => {
      const ends = new Ends()
      await using host = hostWith()
      await host.add(wordPlugin('other', '1.0.0', ['a']))
      expect((await refusalOf(host.add(ends.version('1.0.0')))).code).toBe('DUPLICATE')
      expect(ends.take()).toEqual(['a@1.0.0 register fires', 'a@1.0.0 register disposes'])
    })

    it('O18 O6 ends with a dry run, and after its shutdown', async () => {
      const ends = new Ends()
      await using host = hostWith()
      const handle = await host.add(wordPlugin('a', '1.0.0'))
      await host.reload(handle, ends.version('2.0.0'), { dryRun: true })
      expect(ends.take()).toEqual(whole('a@2.0.0'))
    })

    it('O18 reports what fails, with that of the shutdown', async () => {
      const ends = new Ends()
      await using host = hostWith()
      const disposing = ({ onDispose }: Lifetime): void => {
        onDispose(() => Promise.reject(new Error('stuck')))
      }
      const error = await refusalOf(
        host.addAll([
          ends.version('1.0.0', { init: disposing, shutdown: failing }, 'a'),
          ends.version('1.0.0', { register: disposing }, 'b'),
          ends.version('1.0.0', { register: disposing, init: failing }, 'c'),
        ]),
      )
      const place = { code: 'PLUGIN', phase: 'rollback', step: 'onDispose' }
      expect(error).toMatchObject({ plugin: 'c@1.0.0', step: 'init' })
      expect(error.rollbackErrors).toMatchObject([
        { ...place, plugin: 'c@1.0.0' },
        { ...place, plugin: 'b@1.0.0' },
        { ...place, plugin: 'a@1.0.0', step: 'shutdown' },
        { ...place, plugin: 'a@1.0.0' },
      ])
    })

    it.each(['register', 'init'] as const)(
      'O18 I8 ends where its %s is given up on; what is handed in later is disposed at once',
      async (call) => {
        const clock = new ManualClock()
        const events: ReloadEvent[] = []
        await using host = hostWith({ clock, timeouts: { stage: 100 }, observer: (event) => events.push(event) })
        const [ends, gate] = [new Ends(), new Deferred()]
        const hangs = async (owner: Registrar | PluginContext): Promise<void> => {
          await gate.promise
          ends.watch(owner, 'late')
          owner.onDispose(() => Promise.reject(new Error('stuck')))
        }
        const adding = refusalOf(host.add(ends.version('1.0.0', { [call]: hangs })))
        await turn()
        clock.advance(100)
        expect(await adding).toMatchObject({ code: 'STEP_TIMEOUT', step: call, rollbackErrors: [] })
        expect(ends.take().at(-1)).toBe('a@1.0.0 register disposes')
        gate.resolve()
        await turn()
        expect(ends.take()).toEqual(
          call === 'init' ? ['late disposes', 'a@1.0.0 shutdown, at its end'] : ['late disposes'],
        )
        expect(events.filter(({ type }) => type === 'unclean')).toMatchObject([
          { error: { code: 'PLUGIN', step: 'onDispose', plugin: 'a@1.0.0' } },
        ])
      },
    )
  })

  it('O18 T3 is that of the plugin through all generations in which it serves', async () => {
    const clock = new ManualClock()
    const ends = new Ends()
    const host = hostWith({ clock })
    const handle = await host.add(ends.version('1.0.0'))
    const bake = { ms: 100, healthy: () => false }
    const { finalized } = await host.reload(handle, ends.version('2.0.0'), { bake })
    clock.advance(100)
    expect((await finalized).status).toBe('taken-back')
    await turn()
    expect(ends.take()).toEqual(whole('a@2.0.0'))
    await host[Symbol.asyncDispose]()
    expect(ends.take()).toEqual(whole('a@1.0.0'))
  })

  it('O18 a plugin that is installed again has another one', async () => {
    const ends = new Ends()
    const host = hostWith()
    const plugin = ends.version('1.0.0')
    await (
      await host.remove(await host.add(plugin))
    ).finalized
    ends.take()
    await host.add(plugin)
    expect(ends.lifetimes.at(-1)?.lifetime.aborted).toBe(false)
    await host[Symbol.asyncDispose]()
    expect(ends.take()).toEqual(whole('a@1.0.0'))
  })
})
