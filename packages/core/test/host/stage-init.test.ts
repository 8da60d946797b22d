import { PluginHost, type PluginContext } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { Deferred, turn } from '../fixtures/deferred.js'
import { failingStage, provideOnly } from '../fixtures/failing-stage.js'
import { refusalOf } from '../fixtures/refusal.js'
import { word, wordHandoff, wordKind, wordPlugin } from '../fixtures/word.js'

describe('stage: init', () => {
  it.each([
    [
      'throws',
      () => {
        throw new Error('no port')
      },
    ],
    ['rejects', () => Promise.reject(new Error('no port'))],
  ])('I3 rolls back where it %s, without a shutdown', async (_, init) => {
    const { error, next } = await failingStage({ register: provideOnly(word('a')), init })
    expect(error).toMatchObject({ code: 'PLUGIN', phase: 'stage', step: 'init', plugin: 'a@2.0.0' })
    expect(error.message).toContain('no port')
    expect(next.calls).toEqual({ register: 1, init: 1, shutdown: 0 })
  })

  it.each(['resolves', 'rejects'] as const)(
    'I8 gives up on one that hangs; where it %s late, it is shut down only if there is something to shut down',
    async (ending) => {
      const clock = new ManualClock()
      const host = new PluginHost({ strategies: [wordHandoff()], clock, timeouts: { stage: 100 } })
      const initialized = new Deferred()
      let signal: AbortSignal | undefined
      const failing = failingStage(
        {
          register: provideOnly(word('a')),
          init: (ctx) => {
            signal = ctx.signal
            return initialized.promise
          },
        },
        host,
      )
      await turn()
      clock.advance(100)
      const { error, next } = await failing
      expect(error).toMatchObject({ code: 'STEP_TIMEOUT', phase: 'stage', step: 'init' })
      expect(signal?.aborted).toBe(true)
      expect(next.calls.shutdown).toBe(0)
      if (ending === 'resolves') initialized.resolve()
      else initialized.reject(new Error('late'))
      await turn()
      expect(next.calls.shutdown).toBe(ending === 'resolves' ? 1 : 0)
      expect(host.plugin('a')?.generation).toBe(0)
    },
  )

  it('I8 a hang for ever holds up neither a later reload nor the disposal', async () => {
    const clock = new ManualClock()
    const host = new PluginHost({ strategies: [wordHandoff()], clock, timeouts: { stage: 100 } })
    const failing = failingStage({ register: provideOnly(word('a')), init: () => new Deferred<never>().promise }, host)
    await turn()
    clock.advance(100)
    const { handle } = await failing
    expect((await host.reload(handle, wordPlugin('a', '3.0.0'))).status).toBe('committed')
    await host[Symbol.asyncDispose]()
    expect(host.plugins()).toEqual([])
  })

  it('nobody sees what is staged before the commit', async () => {
    await using host = new PluginHost({ strategies: [wordHandoff()] })
    const handle = await host.add(wordPlugin('a', '1.0.0'))
    const started = new Deferred()
    const init = new Deferred()
    const reloading = host.reload(
      handle,
      wordPlugin('a', '2.0.0', ['a', 'b'], {
        init: () => {
          started.resolve()
          return init.promise
        },
      }),
    )
    await started.promise
    {
      using lease = host.capture()
      expect(lease.all(wordKind).map((it) => it.say())).toEqual(['a@1.0.0'])
      expect(lease.find(wordKind, 'b')).toBeUndefined()
      expect((await refusalOf(() => host.acquire(wordKind, 'b'))).code).toBe('PROVIDER_NOT_FOUND')
      expect(host.plugin('a')).toEqual(handle)
    }
    init.resolve()
    await reloading
    using lease = host.capture()
    expect(lease.all(wordKind).map((it) => it.say())).toEqual(['a@2.0.0', 'a@2.0.0'])
  })

  it('I7 tells init and shutdown which generation they belong to', async () => {
    const host = new PluginHost({ strategies: [wordHandoff()] })
    const seen: string[] = []
    const told =
      (call: string) =>
      ({ id, version, generation }: PluginContext): void => {
        seen.push(`${call} ${id}@${version} ${generation}`)
      }
    const handle = await host.add(wordPlugin('a', '1.0.0', ['a'], { init: told('init'), shutdown: told('shutdown') }))
    const { finalized } = await host.reload(
      handle,
      wordPlugin('a', '2.0.0', ['a'], { init: told('init'), shutdown: told('shutdown') }),
    )
    await finalized
    await host[Symbol.asyncDispose]()
    expect(seen).toEqual(['init a@1.0.0 0', 'init a@2.0.0 1', 'shutdown a@1.0.0 0', 'shutdown a@2.0.0 1'])
  })

  it('O4 I3 I7 shuts down, once and last first, what was initialized before another plugin of the reload failed', async () => {
    await using host = new PluginHost({ strategies: [wordHandoff()] })
    const handles = [
      await host.add(wordPlugin('a', '1.0.0')),
      await host.add(wordPlugin('b', '1.0.0')),
      await host.add(wordPlugin('c', '1.0.0')),
    ] as const
    const shutdowns: string[] = []
    const shutdown = ({ id }: PluginContext): void => {
      shutdowns.push(id)
      if (id === 'b') throw new Error('b does not go quietly')
    }
    const failing = wordPlugin('c', '2.0.0', ['c'], {
      init: () => {
        throw new Error('no port')
      },
      shutdown,
    })
    const error = await refusalOf(
      host.reloadAll([
        { handle: handles[0], plugin: wordPlugin('a', '2.0.0', ['a'], { shutdown }) },
        { handle: handles[1], plugin: wordPlugin('b', '2.0.0', ['b'], { shutdown }) },
        { handle: handles[2], plugin: failing },
      ]),
    )
    expect(error).toMatchObject({ code: 'PLUGIN', plugin: 'c@2.0.0' })
    expect(error.rollbackErrors).toMatchObject([
      { code: 'PLUGIN', phase: 'rollback', step: 'shutdown', plugin: 'b@2.0.0' },
    ])
    expect(shutdowns).toEqual(['b', 'a'])
    expect(host.plugins().map(({ version }) => version)).toEqual(['1.0.0', '1.0.0', '1.0.0'])
  })
})
