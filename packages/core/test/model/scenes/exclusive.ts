import {
  PluginHost,
  ReloadError,
  defineSurface,
  stopAndCopy,
  type AnyStrategy,
  type HandoffStrategy,
  type Lease,
  type ReloadOptions,
  type Surface,
} from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { TestPlugin } from '../../fixtures/test-plugin.js'
import { wordHandoff, wordKind, wordPlugin } from '../../fixtures/word.js'
import { Calls } from '../calls.js'
import type { Scene } from '../replay.js'
import { HeldLeases } from './held-leases.js'

interface Provider {
  readonly key: string
  readonly version: number
}
interface Cell {
  readonly by: Provider
  entries: number[]
  state: 'open' | 'stopping' | 'stopped'
}

const DEADLINE_MS = 100
const GRACE_MS = 50
const NEVER_MS = 1e9

/** A plugin whose resource only one may own, another plugin beside it, and those who capture. */
class ExclusiveScene implements Scene {
  readonly clock = new ManualClock()
  readonly host: PluginHost
  readonly #calls = new Calls()
  readonly #cells: Surface<Provider, Cell, number> = defineSurface<Provider, Cell, number>({
    id: 'model-cell',
    keyOf: ({ key }) => key,
    apply: (cell, entry) =>
      this.#calls.begin('write', cell, () => {
        if (cell.state !== 'open') throw new Error('written to what is stopped')
        cell.entries.push(entry)
      }),
  })
  readonly #made: Cell[] = []
  readonly #leases = new HeldLeases()
  readonly #up = { a: new Map<number, boolean>(), b: new Map<number, boolean>() }
  #owners = 0
  #acked = 0
  #outcome = 'serving'
  #outcomeOfB = 'serving'
  #waiting = false
  #write: (write: number) => Promise<void> = () => Promise.resolve()

  constructor() {
    this.host = new PluginHost({
      strategies: [this.#strategy(), wordHandoff()] as readonly unknown[] as readonly AnyStrategy[],
      clock: this.clock,
    })
  }

  async open(): Promise<this> {
    await this.host.add(this.#pluginA(1))
    await this.host.add(this.#pluginB(1))
    const cell = await this.host.attach(this.#cells, {
      name: 'cell',
      key: 'a',
      open: (provider) => {
        this.#owners += 1
        return this.#open(provider, [])
      },
    })
    this.#write = (write) => cell.write(write)
    return this
  }

  readonly steps: Scene['steps'] = {
    write: () => {
      void this.#write(this.#acked + 1).then(() => {
        this.#acked += 1
      })
    },
    'write is accepted': () => this.#calls.get('write').end(),
    capture: () => this.#hold('reader', this.host.capture()),
    release: () => this.#leases.release('reader'),
    'capture when ready': () => {
      void this.#captureReady()
    },
    'release what was waited for': () => this.#leases.release('patient reader'),
    reload: () => {
      void this.#reload({ drain: { deadlineMs: DEADLINE_MS, onDeadline: 'keep' } })
    },
    'reload that forces': () => {
      void this.#reload({ drain: { deadlineMs: DEADLINE_MS, onDeadline: 'force', graceMs: GRACE_MS } })
    },
    'reload b': () => {
      void this.#reloadB()
    },
    'drain deadline': () => this.clock.advance(DEADLINE_MS),
    'grace ends': () => this.clock.advance(GRACE_MS),
    'stop ends': () => this.#calls.get('stop').end(),
    'stop fails': () => {
      this.#stopped(this.#calls.get('stop').on as Cell)
      this.#calls.get('stop').fail()
    },
    'start ends': () => this.#calls.get('start').end(),
    'start fails': () => {
      this.#owners -= 1
      this.#calls.get('start').fail()
    },
    'restart ends': () => this.#calls.get('restart').end(),
  }

  visible(): Record<string, string> {
    using lease = this.host.capture()
    return {
      outcome: this.#outcome,
      b: this.#outcomeOfB,
      call: this.#calls.find(({ name }) => name !== 'write')?.name ?? 'none',
      generation: String(this.host.plugin('a')?.generation),
      generation_b: String(this.host.plugin('b')?.generation),
      fenced: flag(isFenced(() => lease.find(this.#cells, 'a'))),
      fenced_b: flag(isFenced(() => lease.find(wordKind, 'b'))),
      waiting: flag(this.#waiting),
      writing: flag(this.#calls.find(({ name }) => name === 'write') !== undefined),
      acked: String(this.#acked),
      owner: String(this.#made.find(({ state }) => state === 'open')?.by.version ?? 0),
      owners: String(this.#owners),
      up: flag(this.#up.a.get(1)),
      up_b: flag(this.#up.b.get(1)),
    }
  }

  async #reload(options: ReloadOptions): Promise<void> {
    this.#outcome = 'serving'
    const handle = this.host.plugin('a') ?? { id: 'a', generation: 0 }
    this.#outcome = await this.host.reload(handle, this.#pluginA(2), { cutover: 'exclusive', ...options }).then(
      ({ status }) => status,
      () => 'rolled_back',
    )
  }

  async #reloadB(): Promise<void> {
    const handle = this.host.plugin('b') ?? { id: 'b', generation: 0 }
    const { status } = await this.host.reload(handle, this.#pluginB(2), {
      cutover: 'exclusive',
      drain: { deadlineMs: NEVER_MS },
    })
    this.#outcomeOfB = status
  }

  async #captureReady(): Promise<void> {
    this.#waiting = true
    const lease = await this.host.captureReady({ uses: 'everything' })
    this.#waiting = false
    this.#hold('patient reader', lease)
  }

  /**
   * E2: what it sees behind a fence it never sees; I7, I9: what it sees is not closed before its time is up and it was
   * told.
   */
  #hold(who: string, lease: Lease): void {
    const cell = isFenced(() => lease.find(this.#cells, 'a')) ? undefined : lease.resource(this.#cells, 'cell')
    const seesB = !isFenced(() => lease.find(wordKind, 'b'))
    const version = cell?.by.version ?? 0
    const generationOfB = (this.host.plugin('b')?.generation ?? 0) + 1
    this.#leases.hold(who, lease, () => {
      const usesA =
        cell === undefined ||
        (this.#up.a.get(version) === true &&
          this.#made.some(({ by, state }) => by.version === version && state === 'open'))
      return usesA && (!seesB || this.#up.b.get(generationOfB) === true)
    })
  }

  #pluginA(version: number): TestPlugin {
    const provider = { key: 'a', version }
    return new TestPlugin('a', `${version}.0.0`, {
      register: (registrar) => {
        registrar.provide(this.#cells, provider)
      },
      ...lives(this.#up.a, version),
    })
  }

  #pluginB(version: number): TestPlugin {
    return wordPlugin('b', `${version}.0.0`, ['b'], lives(this.#up.b, version))
  }

  #open(by: Provider, entries: readonly number[]): Cell {
    const cell: Cell = { by, entries: [...entries], state: 'open' }
    this.#made.push(cell)
    return cell
  }

  #stopped(cell: Cell): void {
    cell.state = 'stopped'
    this.#owners -= 1
  }

  #strategy(): HandoffStrategy<Provider, Cell, number> {
    return {
      surface: this.#cells,
      discipline: 'stop-and-copy',
      handoff: (job, ctx) =>
        stopAndCopy<Provider, Cell, readonly number[]>(job, ctx, {
          checkpoint: ({ entries }) => [...entries],
          stop: (cell) => {
            cell.state = 'stopping'
            return this.#calls.begin('stop', cell, () => {
              this.#stopped(cell)
            })
          },
          start: (provider, image) => {
            this.#owners += 1
            return this.#calls.begin(provider.version === 1 ? 'restart' : 'start', provider, () =>
              this.#open(provider, image),
            )
          },
        }),
    }
  }
}

function lives(up: Map<number, boolean>, version: number): { init(): void; shutdown(): void } {
  return {
    init: () => {
      up.set(version, true)
    },
    shutdown: () => {
      up.set(version, false)
    },
  }
}

function isFenced(look: () => unknown): boolean {
  try {
    look()
    return false
  } catch (error) {
    if (ReloadError.is(error) && error.code === 'SURFACE_FENCED') return true
    throw error
  }
}

const flag = (value: boolean | undefined): string => (value === true ? '1' : '0')

export function openExclusive(): Promise<Scene> {
  return new ExclusiveScene().open()
}
