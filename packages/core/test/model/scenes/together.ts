import {
  PluginHost,
  defineSurface,
  preCopy,
  type HandoffStrategy,
  type LiveResource,
  type Surface,
} from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { TestPlugin } from '../../fixtures/test-plugin.js'
import { Calls, type Pending } from '../calls.js'
import type { Scene } from '../replay.js'

interface Provider {
  readonly key: string
  readonly version: number
}
interface Resource {
  readonly name: number
  readonly by: Provider
  readonly entries: number[]
  open: boolean
}

const NAMES = [0, 1]
/** Longer than a round that others may be held for. */
const LONG_MS = 6

/** A plugin with a resource that is there all the time, and one that comes and goes, and the writers of both. */
class TogetherScene implements Scene {
  readonly clock = new ManualClock()
  readonly host: PluginHost
  readonly #calls = new Calls()
  readonly #surface: Surface<Provider, Resource, number> = defineSurface<Provider, Resource, number>({
    id: 'model-resource',
    keyOf: ({ key }) => key,
    apply: (resource, write) => this.#apply(resource, write),
  })
  readonly #made: Resource[] = []
  readonly #live = new Map<number, LiveResource<Resource, number>>()
  readonly #asked = new Map<number, number>(NAMES.map((name) => [name, 0]))
  readonly #acked = new Map<number, number>(NAMES.map((name) => [name, 0]))
  #left = false
  #outcome = 'serving'

  constructor() {
    this.host = new PluginHost({ strategies: [this.#strategy()], clock: this.clock })
  }

  async open(): Promise<this> {
    await this.host.add(this.#plugin(1))
    await this.#attach(0)
    return this
  }

  readonly steps: Scene['steps'] = {
    write: (name) => {
      void this.#write(name)
    },
    'write is accepted': (name) => this.#get('write', name).end(),
    'write is accepted after long': (name) => this.#afterLong(this.#get('write', name)),
    attach: () => {
      void this.#attach(1)
    },
    detach: () => {
      void this.#detach()
    },
    reload: () => {
      void this.#reload()
    },
    'restore ends': (name) => this.#get('restore', name).end(),
    'restore fails': (name) => this.#fail(this.#get('restore', name)),
    'replay is accepted': (name) => this.#get('replay', name).end(),
    'replay is accepted after long': (name) => this.#afterLong(this.#get('replay', name)),
    'replay is refused': (name) => this.#fail(this.#get('replay', name)),
  }

  visible(): Record<string, string> {
    const each = (show: (name: number) => unknown): string => NAMES.map((name) => String(show(name))).join('')
    const isThere = (name: number): boolean => this.host.resources().some((resource) => resource.name === String(name))
    const flag = (value: unknown): number => (value === undefined || value === false ? 0 : 1)
    return {
      outcome: this.#outcome,
      calls: NAMES.map((name) => this.#moving().find(({ on }) => on === name)?.name ?? 'none').join(),
      attached: each((name) => flag(isThere(name))),
      serves: each((name) => (isThere(name) ? this.#serving(name).by.version - 1 : 0)),
      busy: each((name) => flag(this.#calls.find((call) => call.name === 'write' && call.on === name))),
      waiting: each((name) => this.host.resources().find((resource) => resource.name === String(name))?.waiting ?? 0),
      acked: each((name) => this.#acked.get(name)),
      old: each((name) => contiguous(this.#of(name, 1))),
      new: each((name) => contiguous(this.#of(name, 2))),
      alive: NAMES.map((name) => `${flag(this.#of(name, 1))}${flag(this.#of(name, 2))}`).join(),
    }
  }

  /** The calls of the reload that it waits for. */
  #moving(): Pending[] {
    return this.#calls.all().filter(({ name, givenUp }) => name !== 'write' && !givenUp)
  }

  #get(call: string, name: number): Pending {
    return this.#calls.get(call, ({ on, givenUp }) => on === name && !givenUp)
  }

  #afterLong(call: Pending): void {
    this.clock.advance(LONG_MS)
    call.end()
  }

  /** The others are given up on with the first, and never end. */
  #fail(call: Pending): void {
    for (const other of this.#moving()) if (other !== call) other.givenUp = true
    call.fail()
  }

  async #write(name: number): Promise<void> {
    const write = (this.#asked.get(name) ?? 0) + 1
    this.#asked.set(name, write)
    await this.#live
      .get(name)
      ?.write(write)
      .then(
        () => {
          this.#acked.set(name, write)
        },
        (error: unknown) => {
          if (!this.#left || name === 0) throw error
        },
      )
  }

  async #attach(name: number): Promise<void> {
    const options = { name: String(name), key: 'only', open: (by: Provider) => this.#make(name, by, []) }
    this.#live.set(name, await this.host.attach(this.#surface, options))
  }

  async #detach(): Promise<void> {
    this.#left = true
    const detached = this.#live.get(1)?.detach()
    // What the reload does with it is waited for no longer, where it can leave.
    if (!this.host.resources().some(({ name }) => name === '1')) {
      for (const call of this.#moving()) if (call.on === 1) call.givenUp = true
    }
    await detached
  }

  async #reload(): Promise<void> {
    const handle = this.host.plugin('p') ?? { id: 'p', generation: 0 }
    this.#outcome = await this.host.reload(handle, this.#plugin(2)).then(
      () => 'committed',
      () => 'rolled_back',
    )
  }

  #plugin(version: number): TestPlugin {
    const provider = { key: 'only', version }
    return new TestPlugin('p', `${version}.0.0`, {
      register: (registrar) => {
        registrar.provide(this.#surface, provider)
      },
    })
  }

  #serving(name: number): Resource {
    using lease = this.host.capture()
    return lease.resource(this.#surface, String(name))
  }

  #of(name: number, version: number): Resource | undefined {
    return this.#made.find((one) => one.open && one.name === name && one.by.version === version)
  }

  #make(name: number, by: Provider, entries: readonly number[]): Resource {
    const resource = { name, by, entries: [...entries], open: true }
    this.#made.push(resource)
    return resource
  }

  /** A write to what serves comes from its writer; one to what does not is replayed. */
  #apply(resource: Resource, write: number): Promise<void> {
    const { name } = resource
    const isServing = resource === this.#serving(name)
    return this.#calls.begin(isServing ? 'write' : 'replay', name, () => {
      if (!resource.open) throw new Error('a write to what is closed')
      resource.entries.push(write)
    })
  }

  #strategy(): HandoffStrategy<Provider, Resource, number> {
    const close = (resource: Resource): void => {
      if (!resource.open) throw new Error('it was closed before')
      resource.open = false
    }
    return {
      surface: this.#surface,
      discipline: 'pre-copy',
      close,
      handoff: (job, ctx) =>
        preCopy<Provider, Resource, readonly number[], undefined>(job, ctx, {
          snapshot: ({ entries }) => [...entries],
          restore: (provider, image) => {
            const name = Number(job.name)
            return this.#calls.begin('restore', name, () => this.#make(name, provider, image))
          },
          close,
        }),
    }
  }
}

/** How many entries, or what is wrong with them. */
function contiguous(resource: Resource | undefined): string {
  const entries = resource?.entries ?? []
  return entries.every((entry, at) => entry === at + 1) ? String(entries.length) : entries.join()
}

export function openTogether(): Promise<Scene> {
  return new TogetherScene().open()
}
