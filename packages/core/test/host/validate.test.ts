import { PluginHost, type Plugin, type PluginHandle } from '@uni/reload-core'
import { npmRanges } from '@uni/reload-core/ranges'
import { describe, expect, it } from 'vitest'
import { Deferred } from '../fixtures/deferred.js'
import { refusalOf } from '../fixtures/refusal.js'
import { TestPlugin } from '../fixtures/test-plugin.js'
import { wordHandoff, wordKind, wordPlugin } from '../fixtures/word.js'

const register = (): void => {}
const manifest = { id: 'a', version: '1.0.0' }

/** What JavaScript callers may hand in. */
const MALFORMED: Record<string, unknown> = {
  'no object': undefined,
  null: null,
  'no manifest': { register },
  'a manifest that is null': { manifest: null, register },
  'no id': { manifest: { version: '1.0.0' }, register },
  'an empty id': { manifest: { id: ' ', version: '1.0.0' }, register },
  'no version': { manifest: { id: 'a' }, register },
  'a version that is not semantic': { manifest: { id: 'a', version: 'one' }, register },
  'a version with a v before it': { manifest: { id: 'a', version: 'v1.0.0' }, register },
  'a version that is a number': { manifest: { id: 'a', version: 1 }, register },
  'capabilities that are no list': { manifest: { ...manifest, capabilities: 'test-word' }, register },
  'capabilities that are no strings': { manifest: { ...manifest, capabilities: [1] }, register },
  'dependencies that are no list': { manifest: { ...manifest, dependsOn: {} }, register },
  'a dependency without an id': { manifest: { ...manifest, dependsOn: [{ range: '1' }] }, register },
  'a dependency with a range that is none': {
    manifest: { ...manifest, dependsOn: [{ id: 'b', range: 'newest' }] },
    register,
  },
  'a dependency that is null': { manifest: { ...manifest, dependsOn: [null] }, register },
  'no register': { manifest },
  'an init that is no function': { manifest, register, init: true },
  'a shutdown that is no function': { manifest, register, shutdown: {} },
}

function says(host: PluginHost, name: string): string {
  using lease = host.capture()
  return lease.get(wordKind, name).say()
}

describe('validate', () => {
  it.each(Object.entries(MALFORMED))('I3 refuses %s: MANIFEST, at install and at a reload', async (_, plugin) => {
    await using host = new PluginHost({ ranges: npmRanges, strategies: [wordHandoff()] })
    const handle = await host.add(wordPlugin('a', '1.0.0'))
    const added = await refusalOf(host.add(plugin as Plugin))
    const reloaded = await refusalOf(host.reload(handle, plugin as Plugin))
    expect([added, reloaded].map(({ code, phase }) => [code, phase])).toEqual([
      ['MANIFEST', 'validate'],
      ['MANIFEST', 'validate'],
    ])
    expect(host.plugin('a')).toEqual(handle)
    expect(says(host, 'a')).toBe('a@1.0.0')
  })

  it('refuses a new version of another id: MANIFEST', async () => {
    await using host = new PluginHost({ strategies: [wordHandoff()] })
    const handle = await host.add(wordPlugin('a', '1.0.0'))
    const error = await refusalOf(host.reload(handle, wordPlugin('b', '1.0.0')))
    expect(error).toMatchObject({ code: 'MANIFEST', phase: 'validate', plugin: 'a' })
    expect(error.message).toContain('"b"')
    expect(host.plugins().map(({ id }) => id)).toEqual(['a'])
  })

  it('refuses a plugin that is not installed: PLUGIN_NOT_FOUND', async () => {
    await using host = new PluginHost({ strategies: [wordHandoff()] })
    const handle = { id: 'a', generation: 0 }
    expect(await refusalOf(host.reload(handle, wordPlugin('a', '1.0.0')))).toMatchObject({
      code: 'PLUGIN_NOT_FOUND',
      phase: 'validate',
    })
    expect(await refusalOf(host.remove(handle))).toMatchObject({ code: 'PLUGIN_NOT_FOUND', phase: 'validate' })
  })

  it('refuses what is no handle, or cannot be read, with nothing changed', async () => {
    await using host = new PluginHost({ strategies: [wordHandoff()] })
    const handle = await host.add(wordPlugin('a', '1.0.0'))
    const { proxy, revoke } = Proxy.revocable<PluginHandle>(handle, {})
    revoke()
    const unreadable = [
      {
        get id(): string {
          throw new Error('no id')
        },
        generation: 0,
      },
      {
        id: 'a',
        get generation(): number {
          throw new Error('no generation')
        },
      },
      proxy,
    ]
    for (const given of [
      ...unreadable,
      undefined,
      null,
      'a',
      {},
      { id: Symbol('a'), generation: 0 },
    ] as PluginHandle[]) {
      for (const call of [
        host.reload(given, wordPlugin('a', '2.0.0')),
        host.remove(given),
        host.makePermanent(given),
      ]) {
        expect(await refusalOf(call)).toMatchObject({
          code: 'PLUGIN_NOT_FOUND',
          phase: 'validate',
          hint: 'Pass what add or reload gave, or host.plugin(id).',
        })
      }
    }
    const odd = {
      id: 'a',
      generation: {
        toString() {
          throw new Error('no text')
        },
      },
    } as unknown as PluginHandle
    for (const call of [host.reload(odd, wordPlugin('a', '2.0.0')), host.remove(odd), host.makePermanent(odd)])
      expect(await refusalOf(call)).toMatchObject({ code: 'STALE_HANDLE', plugin: 'a' })
    expect(host.plugin('a')).toEqual(handle)
  })

  it('refuses a handle of an earlier generation: STALE_HANDLE, and the current one works', async () => {
    await using host = new PluginHost({ strategies: [wordHandoff()] })
    const first = await host.add(wordPlugin('a', '1.0.0'))
    const { handle: second } = await host.reload(first, wordPlugin('a', '2.0.0'))
    expect(second).toEqual({ id: 'a', generation: 1 })
    expect(await refusalOf(host.reload(first, wordPlugin('a', '3.0.0')))).toMatchObject({
      code: 'STALE_HANDLE',
      phase: 'validate',
    })
    expect(await refusalOf(host.remove(first))).toMatchObject({ code: 'STALE_HANDLE' })
    expect((await host.reload(second, wordPlugin('a', '3.0.0'))).handle.generation).toBe(2)
    expect(says(host, 'a')).toBe('a@3.0.0')
  })

  it('refuses an id that is installed: DUPLICATE', async () => {
    await using host = new PluginHost({ strategies: [wordHandoff()] })
    await host.add(wordPlugin('a', '1.0.0'))
    const second = wordPlugin('a', '2.0.0', ['other'])
    expect(await refusalOf(host.add(second))).toMatchObject({ code: 'DUPLICATE', phase: 'validate', plugin: 'a' })
    expect(second.calls.register).toBe(0)
  })

  it('refuses two strategies for one surface: DUPLICATE', async () => {
    expect(await refusalOf(() => new PluginHost({ strategies: [wordHandoff(), wordHandoff()] }))).toMatchObject({
      code: 'DUPLICATE',
      surface: 'test-word',
    })
  })

  it('refuses a plugin named twice in one reloadAll: DUPLICATE', async () => {
    await using host = new PluginHost({ strategies: [wordHandoff()] })
    const handle = await host.add(wordPlugin('a', '1.0.0'))
    const [one, two] = [wordPlugin('a', '2.0.0'), wordPlugin('a', '3.0.0')]
    const error = await refusalOf(
      host.reloadAll([
        { handle, plugin: one },
        { handle, plugin: two },
      ]),
    )
    expect(error).toMatchObject({ code: 'DUPLICATE', phase: 'validate', plugin: 'a', hint: 'Name each plugin once.' })
    expect(error.message).toContain('the plugin is named twice')
    expect({ oneRegister: one.calls.register, twoRegister: two.calls.register }).toEqual({
      oneRegister: 0,
      twoRegister: 0,
    })
  })

  it('refuses a second change of a plugin that is being changed: RELOAD_IN_PROGRESS, retryable', async () => {
    await using host = new PluginHost({ strategies: [wordHandoff()] })
    const handle = await host.add(wordPlugin('a', '1.0.0'))
    const registering = new Deferred()
    const reloading = host.reload(handle, new TestPlugin('a', '2.0.0', { register: () => registering.promise }))
    expect(host.plugins()).toMatchObject([{ id: 'a', state: 'changing' }])
    const refused = [
      await refusalOf(host.reload(handle, wordPlugin('a', '3.0.0'))),
      await refusalOf(host.remove(handle)),
      await refusalOf(host.reloadAll([{ handle, plugin: wordPlugin('a', '3.0.0') }])),
    ]
    for (const error of refused) {
      expect(error).toMatchObject({
        code: 'RELOAD_IN_PROGRESS',
        retryable: true,
        phase: 'validate',
        plugin: 'a',
        hint: 'Await the operation under way, then try again.',
      })
      expect(error.message).toContain('the plugin is being changed')
    }
    registering.resolve()
    await (
      await reloading
    ).finalized
    expect(host.plugins()).toMatchObject([{ id: 'a', version: '2.0.0', generation: 1, state: 'active' }])
  })

  it('refuses a second install of an id that is being installed: RELOAD_IN_PROGRESS', async () => {
    await using host = new PluginHost({ strategies: [wordHandoff()] })
    const registering = new Deferred()
    const adding = host.add(new TestPlugin('a', '1.0.0', { register: () => registering.promise }))
    expect(await refusalOf(host.add(wordPlugin('a', '1.0.0')))).toMatchObject({ code: 'RELOAD_IN_PROGRESS' })
    registering.resolve()
    expect(await adding).toEqual({ id: 'a', generation: 0 })
  })
})
