import {
  PluginHost,
  defineSurface,
  preCopy,
  stopAndCopy,
  type AnyStrategy,
  type HandoffStrategy,
  type ReloadOptions,
  type Surface,
} from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { TestPlugin } from '../../fixtures/test-plugin.js'
import { Calls } from '../calls.js'
import type { Scene } from '../replay.js'
import { HeldLeases } from './held-leases.js'

interface Provider {
  readonly key: string
  readonly version: number
}
interface Resource {
  readonly by: Provider
  readonly entries: number[]
  open: boolean
}

const DEADLINE_MS = 100
const GRACE_MS = 50

/** A plugin with an index and a stream, its writers, and those who hold leases. */
class OverlapScene implements Scene {
  readonly clock = new ManualClock()
  readonly host: PluginHost
  readonly #calls = new Calls()
  readonly #indexes = this.#surface('model-index')
  readonly #streams = this.#surface('model-stream')
  readonly #made: { readonly index: Resource[]; readonly stream: Resource[] } = { index: [], stream: [] }
  readonly #leases = new HeldLeases()
  readonly #up = new Map<number, boolean>()
  #outcome = 'serving'
  #first = 'active_'
  #firstEpoch = 0
  readonly #acked = { index: 0, stream: 0 }
  #write: (write: number) => Promise<void> = () => Promise.resolve()
  #deliver: (batch: number) => Promise<void> = () => Promise.resolve()

  constructor() {
    this.host = new PluginHost({
      strategies: [this.#indexStrategy(), this.#streamStrategy()] as readonly unknown[] as readonly AnyStrategy[],
      clock: this.clock,
      observer: ({ type }) => {
        if (type === 'committed' || type === 'kept' || type === 'finalized')
          this.#first = type === 'committed' ? 'draining' : type
      },
    })
  }

  async open(): Promise<this> {
    await this.host.add(this.#plugin(1))
    const open =
      (made: Resource[]) =>
      (provider: Provider): Resource =>
        make(made, provider, [])
    const index = await this.host.attach(this.#indexes, { name: 'index', key: 'only', open: open(this.#made.index) })
    const stream = await this.host.attach(this.#streams, { name: 'stream', key: 'only', open: open(this.#made.stream) })
    this.#write = (write) => index.write(write)
    this.#deliver = (batch) => stream.write(batch)
    using lease = this.host.capture()
    this.#firstEpoch = lease.epoch
    this.#first = 'active_'
    return this
  }

  readonly steps: Scene['steps'] = {
    write: () => {
      void this.#write(this.#acked.index + 1).then(() => {
        this.#acked.index += 1
      })
    },
    'write is accepted': () => this.#calls.get('write').end(),
    deliver: () => {
      void this.#deliver(this.#acked.stream + 1).then(() => {
        this.#acked.stream += 1
      })
    },
    'delivery ends': () => this.#calls.get('deliver').end(),
    capture: () => this.#capture(),
    release: () => this.#leases.release('epoch'),
    acquire: () => this.#acquire(),
    'release the provider': () => this.#leases.release('provider'),
    'reload that keeps': () => {
      void this.#reload({ drain: { deadlineMs: DEADLINE_MS, onDeadline: 'keep' } })
    },
    'reload that forces': () => {
      void this.#reload({ drain: { deadlineMs: DEADLINE_MS, onDeadline: 'force', graceMs: GRACE_MS } })
    },
    'dry run': () => {
      void this.#reload({ dryRun: true })
    },
    'drain deadline': () => this.clock.advance(DEADLINE_MS),
    'grace ends': () => this.clock.advance(GRACE_MS),
    'replay is accepted': () => this.#calls.get('replay').end(),
    'replay is refused': () => this.#calls.get('replay').fail(),
    'stop fails': () => {
      this.#serving('stream').open = false
      this.#calls.get('stop').fail()
    },
    'restart ends': () => this.#calls.get('restart').end(),
    ...Object.fromEntries(
      ['init_', 'check', 'persist', 'restore', 'checkpoint', 'stop', 'start'].map((name) => [
        `${name} ends`,
        () => this.#calls.get(name).end(),
      ]),
    ),
    ...Object.fromEntries(
      ['init_', 'check', 'persist', 'restore', 'checkpoint', 'start'].map((name) => [
        `${name} fails`,
        () => this.#calls.get(name).fail(),
      ]),
    ),
  }

  visible(): Record<string, string> {
    using lease = this.host.capture()
    const [first] = this.#made.index
    const second = this.#made.index.find(({ by, open }) => by.version === 2 && open)
    return {
      outcome: this.#outcome,
      first: this.#first === 'draining' && this.#leases.told ? 'forced' : this.#first,
      call: this.#calls.find(({ name }) => name !== 'write' && name !== 'deliver')?.name ?? 'none',
      epoch: String(lease.epoch - this.#firstEpoch),
      generation: String(this.host.plugin('both')?.generation),
      writing: flag(this.#calls.find(({ name }) => name === 'write')),
      acked: String(this.#acked.index),
      index1: contiguous(first),
      index2: contiguous(second),
      open1: flag(first?.open),
      open2: flag(second),
      streams: String(this.#made.stream.filter(({ open }) => open).length),
      delivering: flag(this.#calls.find(({ name }) => name === 'deliver')),
      delivered: String(this.#acked.stream),
      up1: flag(this.#up.get(1)),
      up2: flag(this.#up.get(2)),
    }
  }

  async #reload(options: ReloadOptions): Promise<void> {
    this.#outcome = 'serving'
    const handle = this.host.plugin('both') ?? { id: 'both', generation: 0 }
    this.#outcome = await this.host.reload(handle, this.#plugin(2), options).then(
      ({ status }) => (status === 'dry-run' ? 'dry_run' : status),
      () => 'rolled_back',
    )
  }

  /**
   * I1: of one version, whatever becomes of it; I7, I9: nothing of it is closed before its time is up and it was told.
   */
  #capture(): void {
    const lease = this.host.capture()
    const provider = lease.get(this.#indexes, 'only')
    const index = lease.resource(this.#indexes, 'index')
    if (index.by !== provider || lease.resource(this.#streams, 'stream').by.version !== provider.version)
      throw new Error('a lease sees two versions')
    this.#leases.hold('epoch', lease, () => index.open && this.#up.get(provider.version) === true)
  }

  #acquire(): void {
    const lease = this.host.acquire(this.#indexes, 'only')
    this.#leases.hold('provider', lease, () => this.#up.get(lease.provider.version) === true)
  }

  #plugin(version: number): TestPlugin {
    const provider = { key: 'only', version }
    return new TestPlugin('both', `${version}.0.0`, {
      register: (registrar) => {
        registrar.provide(this.#indexes, provider).provide(this.#streams, provider)
      },
      init: () => {
        const up = (): void => {
          this.#up.set(version, true)
        }
        return version === 1 ? up() : this.#calls.begin('init_', provider, up)
      },
      shutdown: () => {
        this.#up.set(version, false)
      },
    })
  }

  #serving(kind: 'index' | 'stream'): Resource {
    using lease = this.host.capture()
    return kind === 'index' ? lease.resource(this.#indexes, 'index') : lease.resource(this.#streams, 'stream')
  }

  #surface(id: 'model-index' | 'model-stream'): Surface<Provider, Resource, number> {
    return defineSurface<Provider, Resource, number>({
      id,
      keyOf: ({ key }) => key,
      apply: (resource, entry) => {
        const name = id === 'model-stream' ? 'deliver' : resource === this.#serving('index') ? 'write' : 'replay'
        return this.#calls.begin(name, resource, () => {
          if (!resource.open) throw new Error(`${name} on what is closed`)
          resource.entries.push(entry)
        })
      },
    })
  }

  #indexStrategy(): HandoffStrategy<Provider, Resource, number> {
    const close = (index: Resource): void => {
      index.open = false
    }
    return {
      surface: this.#indexes,
      discipline: 'pre-copy',
      close,
      checkCompat: ({ next }) => this.#calls.begin('check', next, () => ({ level: 'compatible' })),
      handoff: (job, ctx) =>
        preCopy<Provider, Resource, readonly number[], undefined>(job, ctx, {
          snapshot: (index) => this.#calls.begin('persist', index, () => [...index.entries]),
          restore: (provider, image) =>
            this.#calls.begin('restore', provider, () => make(this.#made.index, provider, image)),
          close,
        }),
    }
  }

  #streamStrategy(): HandoffStrategy<Provider, Resource, number> {
    return {
      surface: this.#streams,
      discipline: 'stop-and-copy',
      handoff: (job, ctx) =>
        stopAndCopy<Provider, Resource, number>(job, ctx, {
          checkpoint: (stream) => this.#calls.begin('checkpoint', stream, () => this.#acked.stream),
          stop: (stream) => {
            const stopped = (): void => {
              stream.open = false
            }
            return stream.by.version === 1 ? this.#calls.begin('stop', stream, stopped) : stopped()
          },
          start: (provider, from) =>
            this.#calls.begin(provider.version === 1 ? 'restart' : 'start', provider, () => {
              if (from !== this.#acked.stream)
                throw new Error(`a stream is started at ${from}, and ${this.#acked.stream} comes next`)
              return make(this.#made.stream, provider, [])
            }),
        }),
    }
  }
}

function make(made: Resource[], by: Provider, entries: readonly number[]): Resource {
  const resource = { by, entries: [...entries], open: true }
  made.push(resource)
  return resource
}

/** How many entries, or what is wrong with them. */
function contiguous(resource: Resource | undefined): string {
  const entries = resource?.entries ?? []
  return entries.every((entry, at) => entry === at + 1) ? String(entries.length) : entries.join()
}

const flag = (value: unknown): string => (value === undefined || value === false ? '0' : '1')

export function openOverlap(): Promise<Scene> {
  return new OverlapScene().open()
}
