import {
  PluginHost,
  defineSurface,
  type HandoffStrategy,
  type LiveResource,
  type ReloadEvent,
  type Surface,
} from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { TestPlugin } from '../../fixtures/test-plugin.js'
import { Calls } from '../calls.js'
import type { Scene } from '../replay.js'
import { HeldLeases } from './held-leases.js'
import { leave } from '../../fixtures/leave.js'

/** A provider, who brought it, and the number of its version, which it gets when an operation begins. */
interface Provider {
  readonly key: string
  readonly who: number
  version: number
}
interface Resource {
  readonly by: Provider
  closed: boolean
}

const NAMES = [0, 1]
const VERSIONS = [1, 2, 3]
const PREFLIGHT_MS = 100
const NEVER_MS = 1e9

/** Callers who attach a resource each and reload the plugin, one who detaches the first resource, one who reads it. */
class AttachScene implements Scene {
  readonly clock = new ManualClock()
  readonly host: PluginHost
  readonly #calls = new Calls()
  readonly #surface: Surface<Provider, Resource> = defineSurface<Provider, Resource>({
    id: 'model-resource',
    keyOf: ({ key }) => key,
  })
  readonly #leases = new HeldLeases()
  readonly #up = new Map<number, boolean>()
  readonly #states = new Map<number, string>(NAMES.map((name) => [name, 'absent']))
  readonly #outcomes = new Map<number, string>(NAMES.map((who) => [who, 'idle']))
  /** The names of the resources that the version which is judged is judged by. */
  #judging: readonly string[] = []
  readonly #live = new Map<number, LiveResource<Resource, never>>()
  #versions = 0

  constructor() {
    this.host = new PluginHost({
      strategies: [this.#strategy()],
      clock: this.clock,
      timeouts: { preflight: PREFLIGHT_MS, open: NEVER_MS, converge: NEVER_MS },
      drain: { deadlineMs: NEVER_MS },
      observer: (event) => this.#observe(event),
    })
  }

  async open(): Promise<this> {
    await this.host.add(this.#plugin(9))
    return this
  }

  readonly steps: Scene['steps'] = {
    attach: (name) => {
      void this.#attach(name)
    },
    'open ends': (name) => this.#calls.get('open', ({ on }) => on === name).end(),
    'open fails': (name) => this.#calls.get('open', ({ on }) => on === name).fail(),
    detach: () => {
      void this.#detach()
    },
    capture: () => this.#capture(),
    release: () => this.#leases.release('reader'),
    reload: (who) => {
      void this.#reload(who)
    },
    'preflight deadline': () => this.clock.advance(PREFLIGHT_MS),
    'check ends': (who) => this.#calls.get('check', ({ on }) => on === who).end(),
    'check fails': (who) => this.#calls.get('check', ({ on }) => on === who).fail(),
    'converge ends': (who) => {
      this.#calls.get('converge', ({ on }) => on === who)
      for (const call of this.#converging(who)) call.end()
    },
    'converge fails': (who) => {
      this.#calls.get('converge', (call) => call === this.#converging(who)[0]).fail()
      // The others are given up on with the first.
      for (const call of this.#converging(who)) call.givenUp = true
    },
  }

  visible(): Record<string, string> {
    using lease = this.host.capture()
    const serving = lease.get(this.#surface, 'only').version
    const served = this.host.resources().map(({ name }) => Number(name))
    const stateOf = (name: number): string | undefined => {
      if (this.#calls.find((call) => call.name === 'open' && call.on === name) !== undefined) return 'opening_'
      const state = this.#states.get(name)
      return state === 'serving_' && !served.includes(name) ? 'detaching' : state
    }
    return {
      serving: String(serving),
      up: VERSIONS.map((version) => (this.#up.get(version) === true ? '1' : '0')).join(''),
      states: NAMES.map(stateOf).join(),
      owners: NAMES.map((name) =>
        served.includes(name) ? lease.resource(this.#surface, String(name)).by.version : 0,
      ).join(),
      outcomes: NAMES.map((who) => this.#outcomes.get(who)).join(),
      calls: NAMES.map((who) => this.#callOf(who)).join(),
      judging: NAMES.map((name) =>
        this.#calls.find((call) => call.name === 'check') !== undefined && this.#judging.includes(String(name)) ? 1 : 0,
      ).join(''),
    }
  }

  #callOf(who: number): string {
    if (this.#converging(who).length > 0) return 'converge'
    return this.#calls.find(({ name, on }) => name === 'check' && on === who)?.name ?? 'none'
  }

  /** One for each resource it hands over. */
  #converging(who: number): ReturnType<Calls['all']> {
    return this.#calls.all().filter(({ name, on, givenUp }) => name === 'converge' && on === who && !givenUp)
  }

  async #attach(name: number): Promise<void> {
    try {
      this.#live.set(
        name,
        await this.host.attach(this.#surface, {
          name: String(name),
          key: 'only',
          open: (provider) => this.#calls.begin('open', name, () => ({ by: provider, closed: false })),
        }),
      )
      this.#states.set(name, 'serving_')
    } catch {
      this.#states.set(name, 'failed')
    }
  }

  async #detach(): Promise<void> {
    const live = this.#live.get(0)
    if (live !== undefined) await leave(live)
    this.#states.set(0, 'gone')
  }

  #capture(): void {
    const lease = this.host.capture()
    const { version } = lease.get(this.#surface, 'only')
    const resource = this.host.resources().some(({ name }) => name === '0')
      ? lease.resource(this.#surface, '0')
      : undefined
    this.#leases.hold('reader', lease, () => this.#up.get(version) === true && resource?.closed !== true)
  }

  async #reload(who: number): Promise<void> {
    const refusal = 'RELOAD_IN_PROGRESS'
    const handle = this.host.plugin('p') ?? { id: 'p', generation: 0 }
    const outcome = await this.host.reload(handle, this.#plugin(who)).then(
      ({ status }) => status,
      ({ code }: { code: string }) => (code === refusal ? 'refused' : 'rolled_back'),
    )
    this.#outcomes.set(who, outcome)
  }

  #observe(event: ReloadEvent): void {
    if (event.type !== 'phase-started') return
    const [, who] = /@\d+\.0\.(\d)$/.exec(event.plugins[0] ?? '') ?? []
    if (who === undefined || who === '9') return
    if (event.phase === 'preflight') this.#outcomes.set(Number(who), 'waiting')
    if (event.phase === 'prepare') this.#outcomes.set(Number(who), 'under_way')
  }

  /** The last number of its version says who brings it. */
  #plugin(who: number): TestPlugin {
    const provider: Provider = { key: 'only', who, version: 0 }
    return new TestPlugin('p', `1.0.${who}`, {
      register: (registrar) => {
        registrar.provide(this.#surface, provider)
      },
      init: () => {
        provider.version = this.#versions += 1
        this.#up.set(provider.version, true)
      },
      shutdown: () => {
        this.#up.set(provider.version, false)
      },
    })
  }

  #strategy(): HandoffStrategy<Provider, Resource> {
    const close = (resource: Resource): void => {
      if (resource.closed) throw new Error('it was closed before')
      resource.closed = true
    }
    return {
      surface: this.#surface,
      discipline: 'contract',
      close,
      checkCompat: ({ next, live }) => {
        this.#judging = live.map(({ name }) => name)
        return this.#calls.begin('check', next.who, () => ({ level: 'compatible' }))
      },
      handoff: ({ next, gate: { resource } }) => ({
        converge: () => this.#calls.begin('converge', next.who, () => ({ by: next, closed: false })),
        rollback: () => Promise.resolve(),
        finalize: async () => {
          close(resource)
        },
      }),
    }
  }
}

export function openAttach(): Promise<Scene> {
  return new AttachScene().open()
}
