import { PluginHost, defineSurface, preCopy, type HandoffStrategy, type Surface } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { TestPlugin } from '../../fixtures/test-plugin.js'
import { Calls } from '../calls.js'
import type { Scene } from '../replay.js'

interface Provider {
  readonly key: string
}
interface Index {
  readonly by: Provider
  readonly entries: number[]
  closed: boolean
}
interface Image {
  readonly entries: readonly number[]
}

/** What an incompatible version makes of an image. */
const OTHER = 7

class PreCopyScene implements Scene {
  readonly clock = new ManualClock()
  readonly host: PluginHost
  readonly #calls = new Calls()
  readonly #surface: Surface<Provider, Index, number> = defineSurface<Provider, Index, number>({
    id: 'model-index',
    keyOf: ({ key }) => key,
    apply: (index, write) => this.#apply(index, write),
  })
  readonly #old: Provider = { key: 'only' }
  #new: Provider = this.#old
  readonly #made: Index[] = []
  #images = 0
  #isolated = false
  #judged = false
  #outcome = 'serving'
  #abort = new AbortController()
  #submitted = 0
  #settled = 0
  readonly #acked: number[] = []
  #write: (write: number) => Promise<void> = () => Promise.resolve()

  constructor() {
    this.host = new PluginHost({
      strategies: [this.#strategy()],
      clock: this.clock,
      maxRecordedWrites: 2,
      observer: (event) => {
        if (event.type === 'phase-started' && event.phase === 'rollback') this.#outcome = 'rolling_back'
      },
    })
  }

  async open(): Promise<this> {
    await this.host.add(this.#plugin('1.0.0', this.#old))
    const live = await this.host.attach(this.#surface, {
      name: 'index',
      key: 'only',
      open: (provider) => this.#make(provider, []),
    })
    this.#write = (write) => live.write(write)
    return this
  }

  readonly steps: Scene['steps'] = {
    write: () => {
      void this.#submit()
    },
    'write is accepted': () => this.#calls.get('apply').end(),
    'write is refused': () => this.#calls.get('apply').fail(),
    reload: () => {
      void this.#reload({ isolated: false, judged: true })
    },
    'reload with isolated snapshots': () => {
      void this.#reload({ isolated: true, judged: true })
    },
    'reload without judging': () => {
      void this.#reload({ isolated: false, judged: false })
    },
    'persist ends': () => this.#calls.get('persist').end(),
    'persist fails': () => this.#calls.get('persist').fail(),
    'restore ends': () => this.#calls.get('restore').end(),
    'restore makes something else of it': () => {
      this.#calls.get('restore').end()
      this.#made.at(-1)?.entries.push(OTHER)
    },
    'restore fails': () => this.#calls.get('restore').fail(),
    'replay is accepted': () => this.#calls.get('replay').end(),
    'replay is refused': () => this.#calls.get('replay').fail(),
    abort: () => {
      for (const name of ['persist', 'restore', 'replay']) {
        const call = this.#calls.find((pending) => pending.name === name)
        if (call) call.givenUp = true
      }
      this.#abort.abort()
    },
    'late persist ends': () => this.#calls.get('persist', ({ givenUp }) => givenUp).end(),
    'late restore ends': () => this.#calls.get('restore', ({ givenUp }) => givenUp).end(),
    'late replay ends': () => this.#calls.get('replay', ({ givenUp }) => givenUp).end(),
  }

  visible(): Record<string, string> {
    const applying = this.#calls.find(({ name }) => name === 'apply') === undefined ? 0 : this.#settled + 1
    const copy = this.#made.find(({ by, closed }) => by === this.#new && by !== this.#old && !closed)
    return {
      outcome: this.#outcome,
      applying: String(applying),
      call: this.#calls.find(({ name, givenUp }) => name !== 'apply' && !givenUp)?.name ?? 'none',
      late: this.#calls.find(({ givenUp }) => givenUp)?.name ?? 'none',
      waiting: String(this.#submitted - this.#settled - (applying > 0 ? 1 : 0)),
      acked: digits(this.#acked),
      old: digits(this.#made[0]?.entries ?? []),
      new: digits(copy?.entries ?? []),
      alive: String(this.#made.filter(({ closed }) => !closed).length),
      images: String(this.#images),
      generation: String(this.host.plugin('indexes')?.generation),
    }
  }

  async #submit(): Promise<void> {
    const write = (this.#submitted += 1)
    await this.#write(write).then(
      () => {
        this.#acked.push(write)
      },
      () => {},
    )
    this.#settled += 1
  }

  async #reload({ isolated, judged }: { isolated: boolean; judged: boolean }): Promise<void> {
    this.#isolated = isolated
    this.#judged = judged
    this.#outcome = 'serving'
    this.#abort = new AbortController()
    this.#new = { key: 'only' }
    const handle = this.host.plugin('indexes') ?? { id: 'indexes', generation: 0 }
    const { signal } = this.#abort
    this.#outcome = await this.host.reload(handle, this.#plugin('2.0.0', this.#new), { signal }).then(
      () => 'committed',
      () => 'rolled_back',
    )
  }

  #plugin(version: string, provider: Provider): TestPlugin {
    return new TestPlugin('indexes', version, {
      register: (registrar) => {
        registrar.provide(this.#surface, provider)
      },
    })
  }

  #make(by: Provider, entries: readonly number[]): Index {
    const index = { by, entries: [...entries], closed: false }
    this.#made.push(index)
    return index
  }

  /** A write to what does not serve is one that is replayed. */
  #apply(index: Index, write: number): Promise<void> {
    using lease = this.host.capture()
    const name = lease.resource(this.#surface, 'index') === index ? 'apply' : 'replay'
    return this.#calls.begin(name, index, () => {
      if (!index.closed) index.entries.push(write)
    })
  }

  #strategy(): HandoffStrategy<Provider, Index, number> {
    const close = (index: Index): void => {
      index.closed = true
    }
    return {
      surface: this.#surface,
      discipline: 'pre-copy',
      close,
      handoff: (job, ctx) =>
        preCopy<Provider, Index, Image, string>(job, ctx, {
          snapshot: (index) => {
            const begun = [...index.entries]
            return this.#calls.begin('persist', index, () => {
              this.#images += 1
              return { entries: this.#isolated ? begun : [...index.entries] }
            })
          },
          isolated: () => this.#isolated,
          restore: (provider, { entries }) =>
            this.#calls.begin('restore', provider, () => this.#make(provider, entries)),
          ...(this.#judged && {
            meaning: {
              observe: ({ entries }) => digits(entries),
              verify: ({ entries }, observed) => {
                if (digits(entries) !== observed) throw new Error('it means something else')
              },
            },
          }),
          close,
          discard: () => {
            this.#images -= 1
          },
        }),
    }
  }
}

function digits(entries: readonly number[]): string {
  return entries.length === 0 ? '0' : entries.join('')
}

export function openPreCopy(): Promise<Scene> {
  return new PreCopyScene().open()
}
