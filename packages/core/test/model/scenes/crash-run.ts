import {
  PluginHost,
  defineSurface,
  preCopy,
  stopAndCopy,
  type AnyStrategy,
  type HandoffStrategy,
  type Journal,
  type LiveResource,
  type ReloadOptions,
  type StepContext,
  type Surface,
} from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { TestPlugin } from '../../fixtures/test-plugin.js'
import { Calls } from '../calls.js'
import type { Disk } from './crash-disk.js'

interface Provider {
  readonly key: string
  readonly version: number
}
interface Index {
  readonly by: Provider
  readonly entries: number[]
  open: boolean
}
interface Stream {
  readonly by: Provider
  open: boolean
}

const PERIOD_MS = 10

/** A host from its start until it crashes. */
export class Run {
  readonly clock = new ManualClock()
  readonly host: PluginHost
  readonly calls = new Calls()
  readonly indexes: Surface<Provider, Index, number> = defineSurface<Provider, Index, number>({
    id: 'model-index',
    keyOf: ({ key }) => key,
    apply: (index, write) => this.#apply(index, write),
  })
  readonly #streams: Surface<Provider, Stream, number> = defineSurface<Provider, Stream, number>({
    id: 'model-stream',
    keyOf: ({ key }) => key,
    apply: (stream, batch) => this.#deliver(stream, batch),
  })
  readonly #disk: Disk
  readonly #indexesMade: Index[] = []
  #index: LiveResource<Index, number> | undefined
  #stream: LiveResource<Stream, number> | undefined
  #abort = new AbortController()
  #well = false
  acked = 0
  asked = false

  constructor(disk: Disk) {
    this.#disk = disk
    this.host = new PluginHost({
      strategies: [this.#indexStrategy(), this.#streamStrategy()] as readonly unknown[] as readonly AnyStrategy[],
      clock: this.clock,
      journal: this.#journal(),
    })
  }

  get ready(): boolean {
    return this.#stream !== undefined
  }

  get serving(): Index {
    using lease = this.host.capture()
    return lease.resource(this.indexes, 'index')
  }

  get open(): number {
    return this.#indexesMade.filter(({ open }) => open).length
  }

  /** What comes before the host is ready does not wait for the trace. */
  async start(version: number): Promise<void> {
    this.#disk.beginRun(version)
    await this.host.add(this.#plugin(version))
    this.#index = await this.host.attach(this.indexes, {
      name: 'index',
      key: 'only',
      open: (provider) => this.#make(provider, this.#disk.read(version)),
    })
    this.acked = this.#disk.log
    this.#discardImages()
    this.#stream = await this.host.attach(this.#streams, {
      name: 'stream',
      key: 'only',
      open: (provider) => ({ by: provider, open: true }),
    })
  }

  write(): void {
    const write = this.acked + 1
    void this.#index?.write(write).then(() => {
      this.acked = write
    })
  }

  deliver(): void {
    void this.#stream?.write(this.#disk.checkpoint + 1)
  }

  reload(version: number, options: Pick<ReloadOptions, 'bake'> = {}): void {
    this.#abort = new AbortController()
    const handle = this.host.plugin('store') ?? { id: 'store', generation: 0 }
    void this.host.reload(handle, this.#plugin(version), { ...options, signal: this.#abort.signal }).then(
      ({ finalized }) => finalized.then(() => this.#discardImages()),
      () => this.#discardImages(),
    )
  }

  reloadWithPeriod(version: number): void {
    this.reload(version, { bake: { ms: PERIOD_MS, healthy: () => this.#well } })
  }

  endPeriod(well: boolean): void {
    this.#well = well
    this.clock.advance(PERIOD_MS)
  }

  abort(): void {
    this.#abort.abort()
  }

  async makePermanent(): Promise<void> {
    this.asked = true
    await this.host.makePermanent(this.host.plugin('store') ?? { id: 'store', generation: 0 })
    this.asked = false
    this.#discardImages()
  }

  /** Once the version that serves is the one that a crash comes back on, nobody needs the image of any other. */
  #discardImages(): void {
    const active = this.host.plugins().find(({ state }) => state !== 'retired')
    if (active?.permanent !== true) return
    for (const version of this.#disk.images.keys())
      if (`${version}.0.0` !== active.version) this.#disk.images.delete(version)
  }

  #journal(): Journal {
    const waits = ['intent', 'prepared', 'committed', 'permanent']
    return {
      append: async (record) => {
        if (!this.ready || !waits.includes(record.type)) return this.#disk.sync(record)
        this.#disk.tail = record
        await this.calls.begin('record', record, () => this.#disk.sync(record))
      },
    }
  }

  #plugin(version: number): TestPlugin {
    const provider = { key: 'only', version }
    return new TestPlugin('store', `${version}.0.0`, {
      register: (registrar) => {
        registrar.provide(this.indexes, provider).provide(this.#streams, provider)
      },
    })
  }

  #make(by: Provider, entries: readonly number[]): Index {
    const index = { by, entries: [...entries], open: true }
    this.#indexesMade.push(index)
    return index
  }

  /** What is replayed is in the log already. */
  #apply(index: Index, write: number): Promise<void> | void {
    if (!index.open) throw new Error('a write to an index that is closed')
    if (index !== this.serving) {
      index.entries.push(write)
      return undefined
    }
    this.#disk.logging = true
    return this.calls.begin('log', index, () => {
      this.#disk.logging = false
      this.#disk.log += 1
      index.entries.push(write)
    })
  }

  #deliver(stream: Stream, batch: number): Promise<void> {
    if (!stream.open) throw new Error('a delivery by a stream that is stopped')
    this.#disk.sink = Math.max(this.#disk.sink, batch)
    return this.calls.begin('checkpoint', stream, () => {
      this.#disk.checkpoint = batch
    })
  }

  /** The first image of a version is the one it is opened from, and there before anything is taken from the old one. */
  #restore(provider: Provider, entries: readonly number[], { signal }: StepContext): Promise<Index> {
    const disk = this.#disk
    disk.imageTail = entries.length
    const restored = this.calls.begin('image', provider, () => {
      disk.imageTail = undefined
      disk.images.set(provider.version, entries.length)
      return this.#make(provider, entries)
    })
    const pending = this.calls.get('image', ({ on }) => on === provider)
    signal.addEventListener('abort', () => {
      disk.imageTail = undefined
      pending.givenUp = true
    })
    return restored
  }

  #indexStrategy(): HandoffStrategy<Provider, Index, number> {
    const close = (index: Index): void => {
      index.open = false
    }
    return {
      surface: this.indexes,
      discipline: 'pre-copy',
      close,
      handoff: (job, ctx) =>
        preCopy<Provider, Index, readonly number[], undefined>(job, ctx, {
          snapshot: ({ entries }) => [...entries],
          restore: (provider, entries, step) => this.#restore(provider, entries, step),
          close,
        }),
    }
  }

  #streamStrategy(): HandoffStrategy<Provider, Stream, number> {
    return {
      surface: this.#streams,
      discipline: 'stop-and-copy',
      handoff: (job, ctx) =>
        stopAndCopy<Provider, Stream, number>(job, ctx, {
          checkpoint: () => this.#disk.checkpoint,
          stop: (stream) => {
            stream.open = false
          },
          start: (provider, from) => {
            if (from !== this.#disk.checkpoint)
              throw new Error(`a stream is started at ${from}, and its checkpoint is ${this.#disk.checkpoint}`)
            return { by: provider, open: true }
          },
        }),
    }
  }
}
