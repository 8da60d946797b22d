import { isDeepStrictEqual } from 'node:util'
import * as fc from 'fast-check'
import { PluginHost, ReloadError, type Registrar } from '@uni/reload-core'
import { npmRanges } from '@uni/reload-core/ranges'
import { describe, expect, it } from 'vitest'
import { openStore } from '../fixtures/store-plugin.js'
import { STORES, StoreProvider, storeStrategy, type Store } from '../fixtures/store.js'
import { TestPlugin } from '../fixtures/test-plugin.js'

const STORE = STORES['pre-copy']
const NAMES = ['a', 'b', 'c'] as const
const KEYS = ['base', 'other'] as const

interface Opens {
  readonly name: string
  readonly key: string
}

/** What one version of the plugin `other` says; `base`, which it depends on, provides the key `base`. */
interface Version {
  readonly opens: readonly Opens[]
  readonly breaks: 'nothing' | 'init' | 'open'
}

type Command =
  | { readonly does: 'install' | 'reload' | 'dry run'; readonly version: Version }
  | { readonly does: 'remove' | 'reload base' }
  | { readonly does: 'attach' | 'detach'; readonly name: string }
  | { readonly does: 'write'; readonly name: string }

const version: fc.Arbitrary<Version> = fc.record({
  opens: fc.uniqueArray(fc.record({ name: fc.constantFrom(...NAMES), key: fc.constantFrom(...KEYS) }), {
    selector: ({ name }) => name,
  }),
  breaks: fc.oneof({ weight: 4, arbitrary: fc.constant('nothing' as const) }, fc.constantFrom('init', 'open')),
})
const named = fc.constantFrom(...NAMES)
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ does: fc.constantFrom('install', 'reload', 'dry run'), version }) },
  fc.record({ does: fc.constantFrom('remove', 'reload base') }),
  fc.record({ does: fc.constantFrom('attach', 'detach'), name: named }),
  { weight: 2, arbitrary: fc.record({ does: fc.constant('write' as const), name: named }) },
)

/** What is in service under a name, by the rules and without the host. */
interface Serving {
  readonly key: string
  readonly openedBy: 'host' | 'other'
  readonly entries: number[]
}

/** What is to be true after each command. Knows nothing of epochs, handoffs or phases. */
class Model {
  readonly serving = new Map<string, Serving>()
  installed = false

  /** @returns whether the command is refused. */
  change({ opens, breaks }: Version, dryRun = false): boolean {
    const taken = opens.some(({ name, key }) => {
      const serves = this.serving.get(name)
      return serves !== undefined && serves.key !== key
    })
    const opensAny = opens.some(({ name }) => !this.serving.has(name))
    const said = new Set(opens.map(({ name }) => name))
    if (breaks === 'init' || taken || (breaks === 'open' && opensAny)) return true
    if (dryRun) return false
    for (const [name, { openedBy }] of this.serving) {
      if (openedBy === 'other' && !said.has(name)) this.serving.delete(name)
    }
    for (const { name, key } of opens) {
      if (!this.serving.has(name)) this.serving.set(name, { key, openedBy: 'other', entries: [] })
    }
    this.installed = true
    return false
  }

  remove(): void {
    this.installed = false
    for (const [name, { openedBy }] of this.serving) if (openedBy === 'other') this.serving.delete(name)
  }
}

class World {
  readonly model = new Model()
  readonly host = new PluginHost({ ranges: npmRanges, strategies: [storeStrategy('pre-copy')] })
  readonly made: Store[][] = []
  /** Where the host is not as the model says. */
  readonly differences: unknown[] = []
  #versions = 0
  #writes = 0

  async begin(): Promise<void> {
    await this.host.add(this.#base())
  }

  #base(): TestPlugin {
    const provider = this.#provider('base')
    return new TestPlugin('base', `1.${this.#versions}.0`, { register: (it) => void it.provide(STORE, provider) })
  }

  #provider(key: string): StoreProvider {
    this.#versions += 1
    const provider = new StoreProvider(key, `1.${this.#versions}.0`)
    this.made.push(provider.made)
    return provider
  }

  #other({ opens, breaks }: Version): TestPlugin {
    const provider = this.#provider('other')
    return new TestPlugin('other', `1.${this.#versions}.0`, {
      dependsOn: [{ id: 'base', range: '*' }],
      register: (registrar: Registrar) => {
        registrar.provide(STORE, provider)
        for (const { name, key } of opens) {
          registrar.open(STORE, {
            name,
            key,
            open: (opener) => {
              if (breaks === 'open') throw new Error('broken open')
              return opener.open()
            },
          })
        }
      },
      init: () => {
        if (breaks === 'init') throw new Error('broken init')
      },
    })
  }

  async run(command: Command): Promise<void> {
    const { host, model } = this
    switch (command.does) {
      case 'install':
        if (!model.installed) await this.#expect(model.change(command.version), host.add(this.#other(command.version)))
        return
      case 'reload':
      case 'dry run': {
        const handle = host.plugin('other')
        if (handle === undefined) return
        const dryRun = command.does === 'dry run'
        const refused = model.change(command.version, dryRun)
        await this.#expect(refused, host.reload(handle, this.#other(command.version), { dryRun }))
        return
      }
      case 'remove': {
        const handle = host.plugin('other')
        if (handle === undefined) return
        model.remove()
        await this.#expect(false, host.remove(handle))
        return
      }
      case 'reload base':
        await host.reload(host.plugin('base') as never, this.#base())
        return
      case 'attach': {
        const { name } = command
        const taken = model.serving.has(name)
        if (!taken) model.serving.set(name, { key: 'base', openedBy: 'host', entries: [] })
        await this.#expect(taken, host.attach(STORE, openStore(name, 'base')))
        return
      }
      case 'detach': {
        const there = model.serving.delete(command.name)
        await this.#expect(!there, host.resource(STORE, command.name).detach())
        return
      }
      case 'write': {
        const entry = (this.#writes += 1)
        const serving = model.serving.get(command.name)
        serving?.entries.push(entry)
        await this.#expect(serving === undefined, host.resource(STORE, command.name).write(entry))
      }
    }
  }

  #compare(what: string, told: unknown, expected: unknown): void {
    if (!isDeepStrictEqual(told, expected)) this.differences.push({ what, told, expected })
  }

  async #expect(refused: boolean, action: Promise<unknown>): Promise<void> {
    const outcome = await action.then(
      () => 'done',
      (error: unknown) => (ReloadError.is(error) ? 'refused' : error),
    )
    this.#compare('the command', outcome, refused ? 'refused' : 'done')
  }

  check(): void {
    using lease = this.host.capture()
    const told = this.host.resources().map(({ name, key }) => [name, key, [...lease.resource(STORE, name).entries]])
    const expected = [...this.model.serving].map(([name, { key, entries }]) => [name, key, entries])
    this.#compare('in service', told.toSorted(), expected.toSorted())
    // What a lease reaches is open.
    for (const [name] of expected) this.#compare('closed', lease.resource(STORE, name as string).closed, 0)
  }

  /** In the end each that was opened is closed, and once. */
  async end(): Promise<void> {
    await this.host[Symbol.asyncDispose]()
    for (const { closed } of this.made.flat()) this.#compare('closed in the end', closed, 1)
  }
}

describe('the resources that plugins have their host open', () => {
  it('O16 I3 I7 are what an independent model says, whatever is installed, reloaded, removed, attached and detached', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 14 }), async (commands) => {
        const world = new World()
        await world.begin()
        for (const command of commands) {
          await world.run(command)
          world.check()
        }
        await world.end()
        expect(world.differences).toEqual([])
      }),
      { numRuns: 150 },
    )
  })
})
