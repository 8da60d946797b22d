import {
  PluginHost,
  ReloadError,
  defineSurface,
  preCopy,
  type HandoffStrategy,
  type Journal,
  type JournalRecord,
  type PluginHandle,
  type Surface,
} from '@uni/reload-core'
import { planRecovery } from '@uni/reload-core/node'
import { ManualClock } from '@uni/reload-core/testing'
import { TestPlugin } from '../../fixtures/test-plugin.js'
import { Calls, type Pending } from '../calls.js'
import type { Scene } from '../replay.js'

interface Provider {
  readonly key: string
  readonly version: number
}
interface Index {
  readonly by: Provider
  readonly entries: number[]
  closed: number
}

const EVERY_MS = 10
const QUESTIONS = 2
const ANSWER_MS = 50
const MAX_RECORDED = 2

/**
 * A reload that was just committed and can be taken back, while somebody reloads the plugin again and somebody makes it
 * permanent.
 */
class BakeScene implements Scene {
  readonly clock = new ManualClock()
  readonly host: PluginHost
  readonly #calls = new Calls()
  readonly #surface: Surface<Provider, Index, number> = defineSurface<Provider, Index, number>({
    id: 'model-index',
    keyOf: ({ key }) => key,
    apply: (index, write) => this.#apply(index, write),
  })
  readonly #made: Index[] = []
  readonly #up = new Map<number, boolean>()
  readonly #records: JournalRecord[] = [{ type: 'active', plugins: {} }]
  /** What comes before the trace does not wait for it. */
  #begun = false
  #tried: PluginHandle = { id: 'indexes', generation: 0 }
  #outcome: string | undefined
  /** The operation that takes the reload back. */
  #wayBack: number | undefined
  #well = false
  #asks: 'caller' | 'period' = 'period'
  #reloaded = 'idle'
  #permanent = 'idle'
  #acked = 0
  #write: (write: number) => Promise<void> = () => Promise.resolve()

  constructor() {
    this.host = new PluginHost({
      strategies: [this.#strategy()],
      clock: this.clock,
      maxRecordedWrites: MAX_RECORDED,
      timeouts: { bake: ANSWER_MS },
      journal: this.#journal(),
    })
  }

  async open(): Promise<this> {
    const first = await this.host.add(this.#plugin(1))
    const live = await this.host.attach(this.#surface, {
      name: 'index',
      key: 'only',
      open: (provider) => this.#make(provider, []),
    })
    this.#write = (write) => live.write(write)
    const { handle, finalized } = await this.host.reload(first, this.#plugin(2), {
      bake: { ms: QUESTIONS * EVERY_MS, everyMs: EVERY_MS, healthy: (signal) => this.#ask(signal) },
    })
    void finalized.then(({ bake }) => {
      this.#outcome = bake?.outcome.replace('-', '_')
    })
    this.#tried = handle
    this.#begun = true
    return this
  }

  readonly steps: Scene['steps'] = {
    write: () => {
      void this.#write(this.#acked + 1).then(() => {
        this.#acked += 1
      })
    },
    'write is accepted': () => this.#calls.get('write').end(),
    'a question is due': () => this.clock.advance(EVERY_MS),
    'it does well': () => this.#answer(true),
    'it does not do well': () => this.#answer(false),
    'no answer': () => this.clock.advance(ANSWER_MS),
    'the period is recorded': () => this.#calls.get('permanent', ({ on }) => on === 'period').end(),
    'the period is not recorded': () => this.#calls.get('permanent', ({ on }) => on === 'period').fail(),
    'make permanent': () => {
      void this.#makePermanent()
    },
    'permanent ends': () => this.#calls.get('permanent', ({ on }) => on === 'caller').end(),
    'permanent fails': () => this.#calls.get('permanent', ({ on }) => on === 'caller').fail(),
    reload: () => {
      void this.#reload()
    },
    'record ends': () => this.#record().end(),
    'record fails': () => this.#record().fail(),
    'the way back is recorded': () => this.#calls.get('way back').end(),
    'the way back is not recorded': () => this.#calls.get('way back').fail(),
    'persist ends': () => this.#calls.get('persist').end(),
    'persist fails': () => this.#calls.get('persist').fail(),
    'restore ends': () => this.#calls.get('restore').end(),
    'restore fails': () => this.#calls.get('restore').fail(),
    'replay is accepted': () => this.#calls.get('replay').end(),
    'replay is refused': () => this.#calls.get('replay').fail(),
  }

  visible(): Record<string, string> {
    const [kept, copied] = this.#made.filter(({ by }) => by.version === 1)
    const resources = [
      kept,
      this.#made.find(({ by }) => by.version === 2),
      copied,
      this.#made.find(({ by }) => by.version === 3),
    ]
    using lease = this.host.capture()
    const [gate] = this.host.resources()
    return {
      bake: this.#bake(),
      call:
        this.#calls.find(({ name }) => ['intent', 'persist', 'restore', 'prepared', 'replay'].includes(name))?.name ??
        'none',
      reloaded: this.#reloaded,
      made: this.#permanent,
      serving: String(lease.get(this.#surface, 'only').version),
      held: flag(gate?.state === 'held'),
      recording: flag(gate?.state === 'copying'),
      writing: flag(this.#calls.find(({ name }) => name === 'write')),
      acked: String(this.#acked),
      open: resources
        .map((index) => (index === undefined || index.closed === 1 ? '0' : index.closed === 0 ? '1' : 'closed twice'))
        .join(),
      has: resources.map(contiguous).join(''),
      up: [1, 2, 3].map((version) => flag(this.#up.get(version))).join(''),
      comes_back: this.#comesBack(),
    }
  }

  #bake(): string {
    if (this.#outcome !== undefined) return this.#outcome
    if (this.#calls.find(({ name, on }) => name === 'permanent' && on === 'period')) return 'healthy'
    if (this.#wayBack !== undefined) return 'going_back'
    return this.#calls.find(isAwaited) ? 'asking' : 'baking'
  }

  /** The version that a crash comes back on, by the journal; the host has to say the same. */
  #comesBack(): string {
    const { version } = planRecovery(this.#records).plugins.get('indexes') ?? {}
    const active = this.host.plugins().find(({ state }) => state !== 'retired')
    return active?.permanent === (active?.version === version)
      ? String(Number.parseInt(version ?? '0', 10))
      : 'not what the host says'
  }

  #record(): Pending {
    return this.#calls.find(({ name }) => name === 'prepared') ?? this.#calls.get('intent')
  }

  #ask(signal: AbortSignal): Promise<boolean> {
    const answer = this.#calls.begin('healthy', 'period', () => this.#well)
    const asked = this.#calls.get('healthy', isAwaited)
    signal.addEventListener('abort', () => {
      asked.givenUp = true
    })
    return answer
  }

  #answer(well: boolean): void {
    this.#well = well
    this.#calls.get('healthy', isAwaited).end()
  }

  async #reload(): Promise<void> {
    this.#reloaded = 'under_way'
    this.#reloaded = await this.host
      .reload(this.host.plugin('indexes') ?? this.#tried, this.#plugin(3))
      .then(() => 'committed', refusalOr('rolled_back'))
  }

  async #makePermanent(): Promise<void> {
    this.#permanent = 'under_way'
    this.#asks = 'caller'
    const made = this.host.makePermanent(this.#tried)
    this.#asks = 'period'
    this.#permanent = await made.then(() => 'recorded_', refusalOr('failed'))
  }

  #journal(): Journal {
    const write = (record: JournalRecord) => (): void => {
      this.#records.push(record)
    }
    return {
      append: async (record) => {
        const { type } = record
        if (type === 'intent' && record.changes.some(({ from, to }) => from === '2.0.0' && to === '1.0.0'))
          this.#wayBack = record.operation
        if (!this.#begun) write(record)()
        else if (type === 'intent' || type === 'prepared') await this.#calls.begin(type, 'operation', write(record))
        else if (type === 'committed' && record.operation === this.#wayBack)
          await this.#calls.begin('way back', 'operation', write(record))
        else if (type === 'permanent') await this.#calls.begin(type, this.#asks, write(record))
        else write(record)()
      },
    }
  }

  #plugin(version: number): TestPlugin {
    return new TestPlugin('indexes', `${version}.0.0`, {
      register: (registrar) => {
        registrar.provide(this.#surface, { key: 'only', version })
      },
      init: () => {
        this.#up.set(version, true)
      },
      shutdown: () => {
        this.#up.set(version, false)
      },
    })
  }

  #make(by: Provider, entries: readonly number[]): Index {
    const index = { by, entries: [...entries], closed: 0 }
    this.#made.push(index)
    return index
  }

  /** A write to what does not serve is one that is replayed. */
  #apply(index: Index, write: number): Promise<void> {
    using lease = this.host.capture()
    const name = lease.resource(this.#surface, 'index') === index ? 'write' : 'replay'
    return this.#calls.begin(name, index, () => {
      if (index.closed > 0) throw new Error(`${name} on what is closed`)
      index.entries.push(write)
    })
  }

  #strategy(): HandoffStrategy<Provider, Index, number> {
    const close = (index: Index): void => {
      index.closed += 1
    }
    const call = <T>(name: string, on: unknown, outcome: () => T): T | Promise<T> =>
      this.#begun ? this.#calls.begin(name, on, outcome) : outcome()
    return {
      surface: this.#surface,
      discipline: 'pre-copy',
      close,
      handoff: (job, ctx) =>
        preCopy<Provider, Index, readonly number[], undefined>(job, ctx, {
          snapshot: (index) => call('persist', index, () => [...index.entries]),
          restore: (provider, image) => call('restore', provider, () => this.#make(provider, image)),
          close,
        }),
    }
  }
}

function isAwaited({ name, givenUp }: Pending): boolean {
  return name === 'healthy' && !givenUp
}

function refusalOr(otherwise: string): (error: unknown) => string {
  return (error) => {
    if (!ReloadError.is(error)) return otherwise
    return error.code === 'STALE_HANDLE' ? 'stale' : error.code === 'RELOAD_IN_PROGRESS' ? 'refused' : otherwise
  }
}

/** How many entries an open index has, or what is wrong with them. */
function contiguous(index: Index | undefined): string {
  if (index?.closed !== 0) return '0'
  return index.entries.every((entry, at) => entry === at + 1)
    ? String(index.entries.length)
    : `(${index.entries.join()})`
}

const flag = (value: unknown): string => (value === undefined || value === false ? '0' : '1')

export function openBake(): Promise<Scene> {
  return new BakeScene().open()
}
