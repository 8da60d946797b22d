import { PluginHost, type PluginContext, type Registrar } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { cellKind, CellKind } from '../fixtures/cell.js'
import { Deferred, turn } from '../fixtures/deferred.js'
import { refusalOf } from '../fixtures/refusal.js'
import { TestPlugin, type PluginHooks } from '../fixtures/test-plugin.js'
import { word, wordHandoff, wordKind, wordPlugin, type Word } from '../fixtures/word.js'

/** Reloads a working plugin with one that fails at `stage`, and shows that the working one goes on. */
async function failingStage(hooks: PluginHooks, host = new PluginHost({ strategies: [wordHandoff()] })) {
  const old = wordPlugin('a', '1.0.0')
  const handle = await host.add(old)
  const next = new TestPlugin('a', '2.0.0', hooks)
  const error = await refusalOf(host.reload(handle, next))
  using lease = host.capture()
  expect(lease.all(wordKind).map((it) => it.say())).toEqual(['a@1.0.0'])
  expect(host.plugin('a')).toEqual(handle)
  expect(old.calls).toEqual({ register: 1, init: 1, shutdown: 0 })
  expect(host.plugins()).toMatchObject([{ id: 'a', generation: 0, state: 'active' }])
  return { error, next, host, handle }
}

const provideOnly = (provider: unknown) => (registrar: Registrar): void => { registrar.provide(wordKind, provider as Word) }

const REGISTER_FAILURES: Record<string, { register: (registrar: Registrar) => void | Promise<void>; code: string; says: string }> = {
  'throws': { register: () => { throw new Error('no licence') }, code: 'PLUGIN', says: 'no licence' },
  'throws undefined': { register: () => { throw undefined }, code: 'PLUGIN', says: 'a thrown undefined' },
  'rejects': { register: () => Promise.reject(new Error('no licence')), code: 'PLUGIN', says: 'no licence' },
  'provides undefined': { register: provideOnly(undefined), code: 'PLUGIN', says: 'the provider is a undefined' },
  'provides null': { register: provideOnly(null), code: 'PLUGIN', says: 'the provider is null' },
  'provides a string': { register: provideOnly('a'), code: 'PLUGIN', says: 'the provider is a string' },
  'provides something without the methods': { register: provideOnly({ name: 'a' }), code: 'PLUGIN', says: 'no method say' },
  'provides something without a key': { register: provideOnly({ say: () => '' }), code: 'PLUGIN', says: 'has no key' },
  'provides something with an empty key': { register: provideOnly(word('')), code: 'PLUGIN', says: 'has no key' },
  'provides something whose key is a number': { register: provideOnly({ ...word('a'), name: 7 }), code: 'PLUGIN', says: 'has no key' },
  'provides something whose key throws': {
    register: provideOnly({ say: () => '', get name() { throw new Error('locked') } }), code: 'PLUGIN', says: 'cannot be read: locked',
  },
  'provides a key twice': { register: (registrar) => { registrar.provide(wordKind, word('a')).provide(wordKind, word('a')) }, code: 'DUPLICATE', says: 'provides this key twice' },
  'uses a surface without a strategy': { register: (registrar) => { registrar.provide(cellKind, new CellKind('a')) }, code: 'NO_STRATEGY', says: 'no strategy' },
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
    const failing = failingStage({
      register: async (registrar) => {
        await late.promise
        await refusalOf(() => registrar.provide(wordKind, word('b'))).then(refused.resolve, refused.reject)
      },
    }, host)
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
    await host.add(new TestPlugin('a', '1.0.0', { register: (registrar) => { kept = registrar } }))
    const error = await refusalOf(() => kept?.provide(wordKind, word('late')))
    expect(error).toMatchObject({ code: 'PLUGIN', phase: 'stage', surface: 'test-word' })
    using lease = host.capture()
    expect(lease.all(wordKind)).toEqual([])
  })

  it('refuses a surface that the manifest does not declare: CAPABILITY', async () => {
    const { error } = await failingStage({ capabilities: ['test-cell'], register: provideOnly(word('a')) })
    expect(error).toMatchObject({ code: 'CAPABILITY', surface: 'test-word' })
    expect(error.message).toContain('manifest.capabilities')
  })

  it('refuses a surface that the host does not grant: CAPABILITY; `*` is for plugins not named', async () => {
    await using host = new PluginHost({ strategies: [wordHandoff()], grants: { limited: [], '*': ['test-word'] } })
    expect(await refusalOf(host.add(wordPlugin('limited', '1.0.0')))).toMatchObject({ code: 'CAPABILITY', surface: 'test-word' })
    expect(await host.add(wordPlugin('a', '1.0.0', ['a'], { capabilities: ['test-word'] }))).toEqual({ id: 'a', generation: 0 })
    await using closed = new PluginHost({ strategies: [wordHandoff()], grants: {} })
    expect(await refusalOf(closed.add(wordPlugin('a', '1.0.0')))).toMatchObject({ code: 'CAPABILITY' })
  })

  it('refuses a key that another plugin provides: DUPLICATE, before init', async () => {
    await using host = new PluginHost({ strategies: [wordHandoff()] })
    await host.add(wordPlugin('a', '1.0.0', ['shared']))
    const other = wordPlugin('b', '1.0.0', ['shared'])
    const error = await refusalOf(host.add(other))
    expect(error).toMatchObject({ code: 'DUPLICATE', phase: 'stage', plugin: 'b@1.0.0', surface: 'test-word', key: 'shared' })
    expect(error.message).toContain('"a@1.0.0"')
    expect(other.calls.init).toBe(0)
  })

  it('refuses a key that two plugins of one reloadAll provide: DUPLICATE', async () => {
    await using host = new PluginHost({ strategies: [wordHandoff()] })
    const a = await host.add(wordPlugin('a', '1.0.0'))
    const b = await host.add(wordPlugin('b', '1.0.0'))
    const error = await refusalOf(host.reloadAll([{ handle: a, plugin: wordPlugin('a', '2.0.0', ['x']) }, { handle: b, plugin: wordPlugin('b', '2.0.0', ['x']) }]))
    expect(error).toMatchObject({ code: 'DUPLICATE', phase: 'stage', key: 'x' })
    expect([host.plugin('a'), host.plugin('b')]).toEqual([a, b])
  })
})

describe('stage: init', () => {
  it.each([
    ['throws', () => { throw new Error('no port') }],
    ['rejects', () => Promise.reject(new Error('no port'))],
  ])('I3 rolls back where it %s, without a shutdown', async (_, init) => {
    const { error, next } = await failingStage({ register: provideOnly(word('a')), init })
    expect(error).toMatchObject({ code: 'PLUGIN', phase: 'stage', step: 'init', plugin: 'a@2.0.0' })
    expect(error.message).toContain('no port')
    expect(next.calls).toEqual({ register: 1, init: 1, shutdown: 0 })
  })

  it.each(['resolves', 'rejects'] as const)('I8 gives up on one that hangs; where it %s late, it is shut down only if there is something to shut down', async (ending) => {
    const clock = new ManualClock()
    const host = new PluginHost({ strategies: [wordHandoff()], clock, timeouts: { stage: 100 } })
    const initialized = new Deferred()
    let signal: AbortSignal | undefined
    const failing = failingStage({
      register: provideOnly(word('a')),
      init: (ctx) => { signal = ctx.signal; return initialized.promise },
    }, host)
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
  })

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
    const reloading = host.reload(handle, wordPlugin('a', '2.0.0', ['a', 'b'], { init: () => { started.resolve(); return init.promise } }))
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
    const told = (call: string) => ({ id, version, generation }: PluginContext): void => { seen.push(`${call} ${id}@${version} ${generation}`) }
    const handle = await host.add(wordPlugin('a', '1.0.0', ['a'], { init: told('init'), shutdown: told('shutdown') }))
    const { finalized } = await host.reload(handle, wordPlugin('a', '2.0.0', ['a'], { init: told('init'), shutdown: told('shutdown') }))
    await finalized
    await host[Symbol.asyncDispose]()
    expect(seen).toEqual(['init a@1.0.0 0', 'init a@2.0.0 1', 'shutdown a@1.0.0 0', 'shutdown a@2.0.0 1'])
  })

  it('I3 I7 shuts down, once and last first, what was initialized before another plugin of the reload failed', async () => {
    await using host = new PluginHost({ strategies: [wordHandoff()] })
    const handles = [await host.add(wordPlugin('a', '1.0.0')), await host.add(wordPlugin('b', '1.0.0')), await host.add(wordPlugin('c', '1.0.0'))] as const
    const shutdowns: string[] = []
    const shutdown = ({ id }: PluginContext): void => {
      shutdowns.push(id)
      if (id === 'b') throw new Error('b does not go quietly')
    }
    const failing = wordPlugin('c', '2.0.0', ['c'], { init: () => { throw new Error('no port') }, shutdown })
    const error = await refusalOf(host.reloadAll([
      { handle: handles[0], plugin: wordPlugin('a', '2.0.0', ['a'], { shutdown }) }, { handle: handles[1], plugin: wordPlugin('b', '2.0.0', ['b'], { shutdown }) },
      { handle: handles[2], plugin: failing },
    ]))
    expect(error).toMatchObject({ code: 'PLUGIN', plugin: 'c@2.0.0' })
    expect(error.rollbackErrors).toMatchObject([{ code: 'PLUGIN', phase: 'rollback', step: 'shutdown', plugin: 'b@2.0.0' }])
    expect(shutdowns).toEqual(['b', 'a'])
    expect(host.plugins().map(({ version }) => version)).toEqual(['1.0.0', '1.0.0', '1.0.0'])
  })
})
