import {
  PluginHost,
  ReloadError,
  defineSurface,
  type HandoffStrategy,
  type Lease,
  type PluginHandle,
  type Surface,
} from '@uni/reload-core'
import { npmRanges } from '@uni/reload-core/ranges'
import { ManualClock } from '@uni/reload-core/testing'
import { TestPlugin } from '../../fixtures/test-plugin.js'
import { Calls } from '../calls.js'
import type { Scene } from '../replay.js'
import { HeldLeases } from './held-leases.js'

/** A provider of a key, and who brought it: 0 for what was there in the beginning. */
interface Provider {
  readonly key: string
  readonly plugin: string
  readonly generation: number
  readonly who: number
}
interface Resource {
  readonly by: Provider
}

/** The keys, first one last, as the model writes them. */
const KEYS = ['shared', 'b', 'a']
const WHO = [1, 2, 3]
const PLUGINS = ['a', 'b']

/** Several operations on two plugins at a time, and a third plugin that somebody attaches a resource of. */
class ConcurrentScene implements Scene {
  readonly clock = new ManualClock()
  readonly host: PluginHost
  readonly #calls = new Calls()
  readonly #leases = new HeldLeases()
  readonly #surface: Surface<Provider, Resource> = defineSurface<Provider, Resource>({
    id: 'model-table',
    keyOf: ({ key }) => key,
  })
  readonly #outcomes = new Map<number, string>(WHO.map((who) => [who, 'idle']))
  /** Everybody takes their handle in the beginning. */
  readonly #handles = new Map<string, PluginHandle>()

  constructor() {
    this.host = new PluginHost({ ranges: npmRanges, strategies: [this.#strategy()], clock: this.clock })
  }

  async open(): Promise<this> {
    for (const id of [...PLUGINS, 'c']) {
      this.#handles.set(id, await this.host.add(this.#plugin(id, [id], 0)))
      if (id !== 'c') await this.#attach(id)
    }
    return this
  }

  readonly steps: Scene['steps'] = {
    'reload a': (who) => {
      this.#reload(who, 'a', ['a'])
    },
    'reload a with the shared key': (who) => {
      this.#reload(who, 'a', ['a', 'shared'])
    },
    'reload a needing b': (who) => {
      this.#reload(who, 'a', ['a'], [{ id: 'b', range: '*' }])
    },
    'reload b': (who) => {
      this.#reload(who, 'b', ['b'])
    },
    'reload b with the shared key': (who) => {
      this.#reload(who, 'b', ['b', 'shared'])
    },
    'remove b': (who) => {
      this.#follow(who, this.host.remove(this.#handle('b'), { onOrphan: 'close' }))
    },
    attach: () => {
      void this.#attach('c')
    },
    capture: () => this.#capture(),
    release: () => this.#leases.release('reader'),
    'init ends': (who) => this.#calls.get('init_', ({ on }) => on === who).end(),
    'init fails': (who) => this.#calls.get('init_', ({ on }) => on === who).fail(),
    'converge ends': (who) => this.#calls.get('converge', ({ on }) => on === who).end(),
    'converge fails': (who) => this.#calls.get('converge', ({ on }) => on === who).fail(),
  }

  visible(): Record<string, string> {
    using lease = this.host.capture()
    return {
      table: this.#table(lease),
      list: inDigits((key) => lease.all(this.#surface).find((provider) => provider.key === key)),
      attached: this.host.resources().some(({ name, key }) => name === 'c' && key === 'c') ? '1' : '0',
      a: String(this.host.plugin('a')?.generation),
      b: String(this.host.plugin('b')?.generation ?? 9),
      calls: WHO.map((who) => this.#calls.find(({ on }) => on === who)?.name ?? 'none').join(),
      outcomes: WHO.map((who) => this.#outcomes.get(who)).join(),
    }
  }

  #table(lease: Lease): string {
    return inDigits((key) => lease.find(this.#surface, key))
  }

  /** I1: what it sees does not change while it is held. */
  #capture(): void {
    const lease = this.host.capture()
    const seen = this.#table(lease)
    this.#leases.hold('reader', lease, () => this.#table(lease) === seen)
  }

  #handle(id: string): PluginHandle {
    return this.#handles.get(id) ?? { id, generation: 0 }
  }

  async #attach(key: string): Promise<void> {
    await this.host.attach(this.#surface, { name: key, key, open: (provider) => ({ by: provider }) })
  }

  #reload(
    who: number,
    id: string,
    keys: readonly string[],
    dependsOn: readonly { id: string; range: string }[] = [],
  ): void {
    this.#follow(who, this.host.reload(this.#handle(id), this.#plugin(id, keys, who, dependsOn)))
  }

  #follow(who: number, operation: Promise<unknown>): void {
    this.#outcomes.set(who, 'under_way')
    operation.then(
      () => {
        this.#outcomes.set(who, 'committed')
      },
      (error: unknown) => {
        this.#outcomes.set(who, ReloadError.is(error) && error.phase === 'validate' ? 'refused' : 'rolled_back')
      },
    )
  }

  #plugin(
    id: string,
    keys: readonly string[],
    who: number,
    dependsOn: readonly { id: string; range: string }[] = [],
  ): TestPlugin {
    const generation = who === 0 ? 0 : 1
    return new TestPlugin(id, `${generation + 1}.0.0`, {
      dependsOn,
      register: (registrar) => {
        for (const key of keys) registrar.provide(this.#surface, { key, plugin: id, generation, who })
      },
      init: () => (who === 0 ? undefined : this.#calls.begin('init_', who, () => {})),
    })
  }

  #strategy(): HandoffStrategy<Provider, Resource> {
    return {
      surface: this.#surface,
      discipline: 'contract',
      handoff: ({ next }) => ({
        converge: () => this.#calls.begin('converge', next.who, () => ({ by: next })),
        rollback: () => Promise.resolve(),
        finalize: () => Promise.resolve(),
      }),
    }
  }
}

/** Who provides each key, as the model writes it. */
function inDigits(find: (key: string) => Provider | undefined): string {
  const digit = (provider: Provider | undefined): number =>
    provider === undefined ? 0 : 4 * (PLUGINS.indexOf(provider.plugin) + 1) + provider.generation
  return KEYS.map((key) => digit(find(key)).toString(16))
    .join('')
    .replace(/^0+(?=.)/, '')
}

export function openConcurrent(): Promise<Scene> {
  return new ConcurrentScene().open()
}
