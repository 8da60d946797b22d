import {
  PluginHost,
  ReloadError,
  type HandoffStrategy,
  type Plugin,
  type PluginManifest,
  type Surface,
} from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { refusalOf } from '../fixtures/refusal.js'
import { word, wordHandoff, wordKind, wordPlugin, type Word } from '../fixtures/word.js'

type Loose = { -readonly [K in keyof PluginManifest]: unknown }

/** A plugin that provides one word, and that whoever holds it can change. */
function loosePlugin(): {
  manifest: Loose
  register: Plugin['register']
  shutdown(): void
  calls: { shutdown: number }
} {
  const calls = { shutdown: 0 }
  return {
    manifest: { id: 'loose', version: '1.0.0' },
    register: (registrar) => {
      registrar.provide(wordKind, word('loose'))
    },
    shutdown: () => {
      calls.shutdown += 1
    },
    calls,
  }
}

/** The plugin as it is handed in, and what happens to it after its install. */
const SPOILT: Record<string, (plugin: ReturnType<typeof loosePlugin>) => { readonly given: unknown; spoil(): void }> = {
  'another id': (plugin) => ({
    given: plugin,
    spoil: () => {
      plugin.manifest.id = 'other'
    },
  }),
  'another version': (plugin) => ({
    given: plugin,
    spoil: () => {
      plugin.manifest.version = 'none'
    },
  }),
  'a dependency that nobody satisfies': (plugin) => ({
    given: plugin,
    spoil: () => {
      plugin.manifest.dependsOn = [{ id: 'nope', range: '*' }]
    },
  }),
  'dependencies that are no list': (plugin) => ({
    given: plugin,
    spoil: () => {
      plugin.manifest.dependsOn = 'none'
    },
  }),
  'a manifest that throws': (plugin) => {
    let thrown = false
    const given = Object.defineProperty({ ...plugin }, 'manifest', {
      get: () => {
        if (thrown) throw new Error('unloaded')
        return plugin.manifest
      },
    })
    return {
      given,
      spoil: () => {
        thrown = true
      },
    }
  },
  'no function left': (plugin) => {
    const given = { ...plugin }
    return {
      given,
      spoil: () => {
        for (const name of ['register', 'shutdown'] as const) Object.assign(given, { [name]: 'gone' })
      },
    }
  },
  'a proxy that was revoked': (plugin) => {
    const { proxy, revoke } = Proxy.revocable({ ...plugin }, {})
    return { given: proxy, spoil: revoke }
  },
}

describe('what a plugin says of itself', () => {
  it.each(Object.entries(SPOILT))(
    'V1 I3 I11 is read once: after it has %s, the host and the other plugins are as before',
    async (_, make) => {
      const host = new PluginHost({ strategies: [wordHandoff()] })
      const good = await host.add(wordPlugin('good', '1.0.0'))
      const plugin = loosePlugin()
      const { given, spoil } = make(plugin)
      const handle = await host.add(given as Plugin)
      spoil()
      expect(host.plugins()).toMatchObject([
        { id: 'good', version: '1.0.0' },
        { id: 'loose', version: '1.0.0', state: 'active' },
      ])
      expect((await host.reload(good, wordPlugin('good', '1.1.0'))).status).toBe('committed')
      const third = await host.add(wordPlugin('third', '1.0.0'))
      expect((await host.remove(third)).report.to).toBeUndefined()
      expect((await (await host.remove(handle)).finalized).errors).toEqual([])
      expect(plugin.calls.shutdown).toBe(1)
      await host[Symbol.asyncDispose]()
    },
  )

  it('I3 is asked for once, each part of it', async () => {
    await using host = new PluginHost({ strategies: [wordHandoff()] })
    const reads: string[] = []
    const watched = <T extends object>(target: T): T =>
      new Proxy(target, {
        get: (of, name, receiver) => {
          reads.push(String(name))
          return Reflect.get(of, name, receiver) as unknown
        },
      })
    const manifest = watched({ id: 'a', version: '1.0.0', capabilities: ['test-word'], dependsOn: [] })
    const handle = await host.add(watched({ manifest, register: () => {}, init: () => {}, shutdown: () => {} }))
    await (
      await host.remove(handle)
    ).finalized
    expect(reads.toSorted()).toEqual([
      'capabilities',
      'dependsOn',
      'id',
      'init',
      'manifest',
      'register',
      'shutdown',
      'version',
    ])
  })

  it('I3 is refused where it cannot be read: MANIFEST, with what was thrown', async () => {
    await using host = new PluginHost({ strategies: [wordHandoff()] })
    const cause = new Error('unloaded')
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    const unreadable: [object, unknown][] = [
      [
        {
          get manifest() {
            throw cause
          },
        },
        cause,
      ],
      [
        {
          manifest: {
            get id() {
              throw cause
            },
          },
        },
        cause,
      ],
      [proxy, expect.any(TypeError)],
      [
        {
          manifest: {
            id: 'a',
            version: '1.0.0',
            dependsOn: [
              {
                id: 'b',
                get range() {
                  throw cause
                },
              },
            ],
          },
        },
        cause,
      ],
      [{ manifest: { id: 'a', version: '1.0.0', capabilities: proxy } }, expect.any(TypeError)],
    ]
    for (const [plugin, thrown] of unreadable)
      expect(await refusalOf(host.add(plugin as Plugin))).toMatchObject({
        code: 'MANIFEST',
        phase: 'validate',
        cause: thrown,
      })
    expect(host.plugins()).toEqual([])
  })

  it('calls its functions on the plugin itself', async () => {
    class Own implements Plugin {
      readonly manifest = { id: 'own', version: '1.0.0' }
      readonly #calls: string[] = []
      register(): void {
        this.#calls.push('register')
      }
      init(): void {
        this.#calls.push('init')
      }
      shutdown(): void {
        this.#calls.push('shutdown')
      }
      get calls(): readonly string[] {
        return this.#calls
      }
    }
    const plugin = new Own()
    const host = new PluginHost({ strategies: [] })
    await host.add(plugin)
    await host[Symbol.asyncDispose]()
    expect(plugin.calls).toEqual(['register', 'init', 'shutdown'])
  })
})

describe('what a host is made with', () => {
  it('V1 I3 is read once: strategies, their surfaces and options that change afterwards change nothing', async () => {
    const surface = { ...wordKind }
    const strategy: { -readonly [K in keyof HandoffStrategy<Word>]: HandoffStrategy<Word>[K] } = {
      ...wordHandoff(),
      surface,
    }
    const grants: Record<string, string[]> = { a: ['test-word'] }
    const options = { strategies: [strategy], grants }
    await using host = new PluginHost(options)
    Object.assign(surface, {
      id: 'other',
      keyOf: () => {
        throw new Error('changed')
      },
    })
    strategy.checkCompat = () => {
      throw new Error('changed')
    }
    strategy.surface = {} as Surface<Word>
    grants.a?.pop()
    options.strategies.pop()
    const handle = await host.add(wordPlugin('a', '1.0.0'))
    expect((await host.reload(handle, wordPlugin('a', '2.0.0'))).status).toBe('committed')
    using lease = host.capture()
    expect(lease.get(wordKind, 'a').say()).toBe('a@2.0.0')
  })

  it.each(['constructor', '__proto__', 'toString'])('V3 the id %s is one like any other', async (id) => {
    await using host = new PluginHost({
      strategies: [wordHandoff()],
      grants: JSON.parse(`{"${id}":["test-word"]}`) as Record<string, string[]>,
    })
    const handle = await host.add(wordPlugin(id, '1.0.0'))
    expect((await host.reload(handle, wordPlugin(id, '2.0.0'))).report.plugin).toBe(id)
    await using bare = new PluginHost({ strategies: [wordHandoff()], grants: {} })
    expect(await refusalOf(bare.add(wordPlugin(id, '1.0.0')))).toMatchObject({
      code: 'CAPABILITY',
      plugin: `${id}@1.0.0`,
    })
  })

  it.each<[string, unknown, string]>([
    [
      'without a surface',
      { ...wordHandoff(), surface: undefined },
      'PluginHost options.strategies[0].surface: expected an object, and got undefined',
    ],
    [
      'with a surface without an id',
      { ...wordHandoff(), surface: { ...wordKind, id: '' } },
      'PluginHost options.strategies[0].surface.id: expected a non-empty string, and got ""',
    ],
    [
      'of an unknown discipline',
      { ...wordHandoff(), discipline: 'precopy' },
      "PluginHost options.strategies[0].discipline: expected 'clean' or",
    ],
    [
      'whose check is no function',
      { ...wordHandoff(), checkCompat: true },
      'PluginHost options.strategies[0].checkCompat: expected a function, and got true',
    ],
    ['that is a function', wordHandoff, 'PluginHost options.strategies[0]: expected an object, and got a function'],
  ])('a strategy %s is refused', (_, strategy, message) => {
    const make = () => new PluginHost({ strategies: [strategy as never] })
    expect(make).toThrow(message)
    expect(make).toThrow(TypeError)
    expect(make).not.toThrow(ReloadError)
  })
})
