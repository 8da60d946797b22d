import {
  PluginHost,
  defineSurface,
  stopAndCopy,
  type HandoffStrategy,
  type PluginHandle,
  type Surface,
} from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { TestPlugin } from '../../fixtures/test-plugin.js'
import { Calls, type Pending } from '../calls.js'
import type { Scene } from '../replay.js'

interface Provider {
  readonly key: string
}
interface Stream {
  readonly by: Provider
  held: boolean
}

/** One stream and its owner, who delivers a batch until it is acknowledged; the sink keeps the LSN with the data. */
class StopAndCopyScene implements Scene {
  readonly clock = new ManualClock()
  readonly host: PluginHost
  readonly #calls = new Calls()
  readonly #surface: Surface<Provider, Stream, number> = defineSurface<Provider, Stream, number>({
    id: 'model-stream',
    keyOf: ({ key }) => key,
    apply: (stream, batch) => this.#deliverTo(stream, batch),
  })
  /** The provider that has opened what serves; the next one, and the streams it started late. */
  #serving: Provider = { key: 'only' }
  readonly #late = new Set<Stream>()
  #owners = 0
  #checkpoints = 0
  #sink = 0
  #acked = 0
  #delivering = false
  #outcome = 'serving'
  #abort = new AbortController()
  #deliver: (batch: number) => Promise<void> = () => Promise.resolve()

  constructor() {
    this.host = new PluginHost({
      strategies: [this.#strategy()],
      clock: this.clock,
      observer: (event) => {
        if (event.type === 'phase-started' && event.phase === 'rollback') this.#outcome = 'rolling_back'
      },
    })
  }

  async open(): Promise<this> {
    await this.host.add(this.#plugin('1.0.0', this.#serving))
    const live = await this.host.attach(this.#surface, {
      name: 'stream',
      key: 'only',
      open: (provider) => {
        this.#owners += 1
        return { by: provider, held: true }
      },
    })
    this.#deliver = (batch) => live.write(batch)
    return this
  }

  readonly steps: Scene['steps'] = {
    deliver: () => {
      void this.#submit()
    },
    'delivery ends': () => {
      this.#sink = Math.max(this.#sink, this.#acked + 1)
      this.#calls.get('deliver').end()
    },
    'delivery fails': () => this.#calls.get('deliver').fail(),
    'delivery fails and is durable': () => {
      this.#sink = this.#acked + 1
      this.#calls.get('deliver').fail()
    },
    reload: () => {
      void this.#reload(false)
    },
    'dry run': () => {
      void this.#reload(true)
    },
    abort: () => {
      if (this.#outcome === 'serving')
        for (const call of this.#calls.all()) if (call.name !== 'deliver') call.givenUp = true
      this.#abort.abort()
    },
    'checkpoint ends': () => this.#calls.get('checkpoint', current).end(),
    'checkpoint fails': () => this.#calls.get('checkpoint', current).fail(),
    'stop ends': () => this.#calls.get('stop', current).end(),
    'stop fails': () => this.#failed('stop', current),
    'start ends': () => this.#calls.get('start', current).end(),
    'start fails': () => this.#failed('start', current),
    'stop ends late': () => this.#calls.get('stop', givenUp).end(),
    'stop fails late': () => this.#failed('stop', givenUp),
    'start ends late': () => this.#calls.get('start', givenUp).end(),
    'start fails late': () => this.#failed('start', givenUp),
    'restart ends': () => this.#calls.get('restart').end(),
    'restart fails': () => this.#failed('restart', current),
  }

  visible(): Record<string, string> {
    const restart = this.#calls.find(({ name }) => name === 'restart')
    // While a delivery waits for it, it is the delivery's.
    const restarting = restart !== undefined && this.#delivering
    const call = this.#calls.find(
      ({ name, givenUp }) => !givenUp && name !== 'deliver' && !(restarting && name === 'restart'),
    )
    return {
      outcome: this.#outcome,
      call: call?.name ?? 'none',
      moving: this.#calls.find((pending) => pending.givenUp && pending.name !== 'checkpoint')?.name ?? 'none',
      delivering: flag(this.#calls.find(({ name }) => name === 'deliver') !== undefined),
      restarting: flag(restarting),
      acked: String(this.#acked),
      sink: String(this.#sink),
      owners: String(this.#owners),
      checkpoints: String(this.#checkpoints),
      halted: flag(this.host.resources().some(({ state }) => state === 'halted')),
      generation: String(this.host.plugin('streams')?.generation),
    }
  }

  async #submit(): Promise<void> {
    this.#delivering = true
    await this.#deliver(this.#acked + 1).then(
      () => {
        this.#acked += 1
      },
      () => {},
    )
    this.#delivering = false
  }

  async #reload(dryRun: boolean): Promise<void> {
    this.#outcome = 'serving'
    this.#abort = new AbortController()
    const next = { key: 'only' }
    const handle: PluginHandle = this.host.plugin('streams') ?? { id: 'streams', generation: 0 }
    const { signal } = this.#abort
    this.#outcome = await this.host.reload(handle, this.#plugin('2.0.0', next), { signal, dryRun }).then(
      ({ status }) => (status === 'dry-run' ? 'dry_run' : status),
      () => 'rolled_back',
    )
    if (this.#outcome === 'committed') this.#serving = next
  }

  #plugin(version: string, provider: Provider): TestPlugin {
    return new TestPlugin('streams', version, {
      register: (registrar) => {
        registrar.provide(this.#surface, provider)
      },
    })
  }

  #deliverTo(stream: Stream, batch: number): Promise<void> {
    if (!stream.held) throw new Error(`batch ${batch} was delivered to a stream that is stopped`)
    return this.#calls.begin('deliver', stream, () => {})
  }

  /** What it held is given up with a stop that fails, and was not taken by a start that fails. */
  #failed(name: string, which: (call: Pending) => boolean): void {
    this.#owners -= 1
    this.#calls.get(name, which).fail()
  }

  #strategy(): HandoffStrategy<Provider, Stream, number> {
    return {
      surface: this.#surface,
      discipline: 'stop-and-copy',
      close: (stream) => {
        this.#stopped(stream)
      },
      handoff: (job, ctx) =>
        stopAndCopy<Provider, Stream, { readonly lsn: number }>(job, ctx, {
          checkpoint: (stream) =>
            this.#calls.begin('checkpoint', stream, () => {
              this.#checkpoints += 1
              return { lsn: this.#acked }
            }),
          stop: (stream) => {
            const stopped = this.#calls.begin('stop', stream, () => {
              this.#stopped(stream)
            })
            // A stream that starts when nobody waits for it any more is stopped, and nobody waits for that either.
            if (this.#late.has(stream)) this.#calls.get('stop').givenUp = true
            return stopped
          },
          start: (provider, { lsn }) => this.#start(provider, lsn),
          discard: () => {
            this.#checkpoints -= 1
          },
        }),
    }
  }

  #start(provider: Provider, lsn: number): Promise<Stream> {
    if (lsn !== this.#acked) throw new Error(`a stream is started at ${lsn}, and ${this.#acked} comes next`)
    this.#owners += 1
    const name = provider === this.#serving ? 'restart' : 'start'
    const started = this.#calls.begin(name, provider, () => {
      const stream = { by: provider, held: true }
      if (pending.givenUp) this.#late.add(stream)
      return stream
    })
    const pending = this.#calls.get(name, current)
    return started
  }

  #stopped(stream: Stream): void {
    stream.held = false
    this.#owners -= 1
  }
}

const givenUp = (call: Pending): boolean => call.givenUp
const current = (call: Pending): boolean => !call.givenUp
const flag = (value: boolean): string => (value ? '1' : '0')

export function openStopAndCopy(): Promise<Scene> {
  return new StopAndCopyScene().open()
}
