import { PluginHost, type Registrar } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { Deferred, turn } from '../fixtures/deferred.js'
import { failingStage, provideOnly } from '../fixtures/failing-stage.js'
import { refusalOf } from '../fixtures/refusal.js'
import { STORES, StoreProvider } from '../fixtures/store.js'
import { TestPlugin } from '../fixtures/test-plugin.js'
import { word, wordHandoff, wordKind, wordPlugin } from '../fixtures/word.js'

const REGISTER_FAILURES: Record<
  string,
  { register: (registrar: Registrar) => void | Promise<void>; code: string; says: string }
> = {
  throws: {
    register: () => {
      throw new Error('no licence')
    },
    code: 'PLUGIN',
    says: 'no licence',
  },
  'throws undefined': {
    register: () => {
      throw undefined
    },
    code: 'PLUGIN',
    says: 'a thrown undefined',
  },
  rejects: { register: () => Promise.reject(new Error('no licence')), code: 'PLUGIN', says: 'no licence' },
  'provides undefined': { register: provideOnly(undefined), code: 'PLUGIN', says: 'the provider is a undefined' },
  'provides null': { register: provideOnly(null), code: 'PLUGIN', says: 'the provider is null' },
  'provides a string': { register: provideOnly('a'), code: 'PLUGIN', says: 'the provider is a string' },
  'provides something without the methods': {
    register: provideOnly({ name: 'a' }),
    code: 'PLUGIN',
    says: 'no method say',
  },
  'provides something without a key': { register: provideOnly({ say: () => '' }), code: 'PLUGIN', says: 'has no key' },
  'provides something with an empty key': { register: provideOnly(word('')), code: 'PLUGIN', says: 'has no key' },
  'provides something whose key is a number': {
    register: provideOnly({ ...word('a'), name: 7 }),
    code: 'PLUGIN',
    says: 'has no key',
  },
  'provides something whose key throws': {
    register: provideOnly({
      say: () => '',
      get name() {
        throw new Error('locked')
      },
    }),
    code: 'PLUGIN',
    says: 'cannot be read: locked',
  },
  'provides a key twice': {
    register: (registrar) => {
      registrar.provide(wordKind, word('a')).provide(wordKind, word('a'))
    },
    code: 'DUPLICATE',
    says: 'provides this key twice',
  },
  'uses a surface without a strategy': {
    register: (registrar) => {
      registrar.provide(STORES.clean, new StoreProvider('stores', 'a'))
    },
    code: 'NO_STRATEGY',
    says: 'no strategy',
  },
}

describe('stage: register', () => {
  it.each(Object.entries(REGISTER_FAILURES))('I3 refuses a plugin that %s', async (_, { register, code, says }) => {
    const { error, next } = await failingStage({ register })
    expect(error).toMatchObject({ code, phase: 'stage', step: 'register', plugin: 'a@2.0.0' })
    expect(error.message).toContain(says)
    // A plugin that was not initialized has nothing to shut down.
    expect(next.calls).toEqual({ register: 1, init: 0, shutdown: 0 })
  })

  it('I8 gives up on one that hangs: STEP_TIMEOUT, and what it provides later is refused', async () => {
    const clock = new ManualClock()
    const host = new PluginHost({ strategies: [wordHandoff()], clock, timeouts: { stage: 100 } })
    const late = new Deferred()
    const refused = new Deferred<unknown>()
    const failing = failingStage(
      {
        register: async (registrar) => {
          await late.promise
          await refusalOf(() => registrar.provide(wordKind, word('b'))).then(refused.resolve, refused.reject)
        },
      },
      host,
    )
    await turn()
    clock.advance(100)
    expect((await failing).error).toMatchObject({ code: 'STEP_TIMEOUT', phase: 'stage', step: 'register' })
    late.resolve()
    expect(await refused.promise).toMatchObject({ code: 'PLUGIN', surface: 'test-word' })
    using lease = host.capture()
    expect(lease.find(wordKind, 'b')).toBeUndefined()
  })

  it('refuses what is provided after register has returned', async () => {
    await using host = new PluginHost({ strategies: [wordHandoff()] })
    let kept: Registrar | undefined
    await host.add(
      new TestPlugin('a', '1.0.0', {
        register: (registrar) => {
          kept = registrar
        },
      }),
    )
    const error = await refusalOf(() => kept?.provide(wordKind, word('late')))
    expect(error).toMatchObject({ code: 'PLUGIN', phase: 'stage', surface: 'test-word' })
    using lease = host.capture()
    expect(lease.all(wordKind)).toEqual([])
  })

  it('refuses a surface that the manifest does not declare: CAPABILITY', async () => {
    const { error } = await failingStage({ capabilities: ['clean-store'], register: provideOnly(word('a')) })
    expect(error).toMatchObject({ code: 'CAPABILITY', surface: 'test-word' })
    expect(error.message).toContain('manifest.capabilities')
  })

  it('refuses a surface that the host does not grant: CAPABILITY; `*` is for plugins not named', async () => {
    await using host = new PluginHost({ strategies: [wordHandoff()], grants: { limited: [], '*': ['test-word'] } })
    expect(await refusalOf(host.add(wordPlugin('limited', '1.0.0')))).toMatchObject({
      code: 'CAPABILITY',
      surface: 'test-word',
    })
    expect(await host.add(wordPlugin('a', '1.0.0', ['a'], { capabilities: ['test-word'] }))).toEqual({
      id: 'a',
      generation: 0,
    })
    await using closed = new PluginHost({ strategies: [wordHandoff()], grants: {} })
    expect(await refusalOf(closed.add(wordPlugin('a', '1.0.0')))).toMatchObject({ code: 'CAPABILITY' })
  })

  it('refuses a key that another plugin provides: DUPLICATE, before init', async () => {
    await using host = new PluginHost({ strategies: [wordHandoff()] })
    await host.add(wordPlugin('a', '1.0.0', ['shared']))
    const other = wordPlugin('b', '1.0.0', ['shared'])
    const error = await refusalOf(host.add(other))
    expect(error).toMatchObject({
      code: 'DUPLICATE',
      phase: 'stage',
      plugin: 'b@1.0.0',
      surface: 'test-word',
      key: 'shared',
    })
    expect(error.message).toContain('"a@1.0.0"')
    expect(other.calls.init).toBe(0)
  })

  it('refuses a key that two plugins of one reloadAll provide: DUPLICATE', async () => {
    await using host = new PluginHost({ strategies: [wordHandoff()] })
    const a = await host.add(wordPlugin('a', '1.0.0'))
    const b = await host.add(wordPlugin('b', '1.0.0'))
    const error = await refusalOf(
      host.reloadAll([
        { handle: a, plugin: wordPlugin('a', '2.0.0', ['x']) },
        { handle: b, plugin: wordPlugin('b', '2.0.0', ['x']) },
      ]),
    )
    expect(error).toMatchObject({ code: 'DUPLICATE', phase: 'stage', key: 'x' })
    expect({ a: host.plugin('a'), b: host.plugin('b') }).toEqual({ a, b })
  })
})
