import { ReloadError, type ReloadPhase } from '../../errors.js'
import type { PluginHandle } from '../../host/plugin/plugin.js'
import { PluginHost } from '../../host/plugin-host.js'
import type { ReloadOptions } from '../../host/reload-options.js'
import type { ReloadResult } from '../../host/report/results.js'
import type { HandoffStrategy } from '../../strategy.js'
import { ManualClock } from '../manual-clock.js'
import { Applying } from './applying.js'
import { isBroken, type BrokenCall } from './broken-call.js'
import { BYSTANDER, DEADLINE_MS, POSITIONS, type Circumstances } from './circumstances.js'
import type { Misshape } from './misshape.js'
import type { CallNames } from './call-names.js'
import { Recorder, type PluginCall } from './recorder.js'
import { ResourceLedger } from './resource-ledger.js'
import { settle, type Settled } from './settle.js'
import type { StrategySubject, SubjectScene } from './subject.js'
import { ToldProviders } from './told-providers.js'
import { Trace, type Aim } from './trace.js'
import { versionedPlugin, type VersionedPlugin } from './versioned-plugin.js'

export interface StandOptions<P, R, W> {
  readonly strategy: HandoffStrategy<P, R, W>
  readonly subject: StrategySubject<P, R, W>
  readonly circumstances: Circumstances
  readonly aims: readonly Aim[]
  readonly samples: boolean
  readonly names: CallNames
  /** What is wrong with the second version of the plugins. */
  readonly misshape?: Misshape | undefined
  /** Called for each moment of the reload that is watched. */
  onMoment(moment: string): void
  /** Called when the reload makes a call of a new kind: users act then. */
  onNewStep(): void
}

/** One host, with the plugins that are reloaded, a bystander, their resources, and everything that they gave out. */
export class Stand<P, R, W> {
  readonly clock = new ManualClock()
  readonly strategy: HandoffStrategy<P, R, W>
  readonly circumstances: Circumstances
  readonly host: PluginHost
  readonly recorder: Recorder
  readonly trace: Trace
  readonly plugins: VersionedPlugin[] = []
  readonly ledgers = new Map<string, ResourceLedger<R, W>>()
  readonly scene: SubjectScene<P, R, W>
  readonly told = new ToldProviders<P>(() => this.#serving())
  readonly #subject: StrategySubject<P, R, W>
  readonly #misshape: Misshape | undefined
  readonly #applying = new Applying()
  /**
   * Whether `open` also writes to a resource what was acknowledged and is missing in it, as a host with a log would.
   */
  opensFromLog = false
  #broken: BrokenCall | undefined

  private constructor(options: StandOptions<P, R, W>, scene: SubjectScene<P, R, W>) {
    const { strategy, subject, circumstances, aims } = options
    this.strategy = strategy
    this.circumstances = circumstances
    this.scene = scene
    this.#subject = subject
    this.#misshape = options.misshape
    const steps = new Set<string>()
    this.trace = new Trace(
      {
        isUsers: (call, phase) => this.#isUsers(call, phase),
        isResource: (given) => this.recorder.isResource(given),
        onMoment: (moment) => options.onMoment(moment),
        onNewStep: (step) => {
          if (steps.has(step)) return
          steps.add(step)
          options.onNewStep()
        },
      },
      aims,
    )
    this.recorder = new Recorder(subject.gives ?? {}, (call, run) => {
      // Calls of the bystander are watched, too, but are no steps of the reload.
      this.trace.activity += 1
      if (this.#broken !== undefined && isBroken(call, this.#broken)) return this.#broken.fault.strike(run)
      const named = (): unknown => options.names.call(`${call.origin.kind}.${call.method}()`, run)
      const outcome = call.origin.position === BYSTANDER ? named() : this.trace.around(call, named)
      this.#applying.note(`${call.origin.kind}.${call.method}`, outcome)
      return outcome
    })
    const all = DEADLINE_MS
    this.host = new PluginHost({
      strategies: [this.told.watch(this.#applying.watch(strategy))],
      clock: this.clock,
      concurrency: circumstances.arrangement === 'one plugin' ? 1 : POSITIONS.length,
      drain: { deadlineMs: all, graceMs: all },
      timeouts: {
        stage: all,
        preflight: all,
        prepare: all,
        converge: all,
        rollback: all,
        finalize: all,
        open: all,
        write: all,
      },
      observer: (event) => {
        this.trace.activity += 1
        if (event.type === 'phase-started' && !event.plugins.some((label) => label.startsWith(BYSTANDER)))
          this.trace.enter(event.phase)
      },
    })
  }

  static async open<P, R, W>(options: StandOptions<P, R, W>): Promise<Stand<P, R, W>> {
    const stand = new Stand(
      options,
      await options.names.call('scene()', () => options.subject.scene({ samples: options.samples })),
    )
    for (const id of [...stand.ids, BYSTANDER]) await stand.host.add(stand.plugin(id, 1).plugin)
    for (const key of [...POSITIONS, BYSTANDER]) await stand.#attach(key)
    return stand
  }

  /** The plugins that are reloaded. */
  get ids(): readonly string[] {
    return this.circumstances.arrangement === 'one plugin' ? ['only'] : POSITIONS
  }

  plugin(id: string, version: number): VersionedPlugin {
    const keys = id === 'only' ? POSITIONS : [id]
    const made = versionedPlugin(this.recorder, {
      id,
      version,
      surface: this.strategy.surface,
      providers: new Map(keys.map((key) => [key, this.scene.provider(key, version)])),
      misshape: version === 2 && id !== BYSTANDER ? this.#misshape : undefined,
    })
    this.plugins.push(made)
    return made
  }

  handle(id: string): PluginHandle {
    return this.host.plugin(id) ?? { id, generation: -1 }
  }

  /** Calls whose promise the surface's `apply` dropped. */
  get dropped(): readonly string[] {
    return [...this.#applying.dropped]
  }

  /** The bystander's live resource, which no reload of the other plugins hands over. */
  get elsewhere(): unknown {
    using lease = this.host.capture()
    return lease.resource(this.strategy.surface, BYSTANDER)
  }

  /** Reloads everything but the bystander, with one commit. */
  reload(version: number, options: ReloadOptions): Promise<readonly ReloadResult[]> {
    const [only] = this.ids
    if (this.ids.length === 1 && only !== undefined) {
      return this.host.reload(this.handle(only), this.plugin(only, version).plugin, options).then((result) => [result])
    }
    return this.host.reloadAll(
      this.ids.map((id) => ({ handle: this.handle(id), plugin: this.plugin(id, version).plugin })),
      options,
    )
  }

  /** From now on, the fault is struck in each such call. */
  break(broken: BrokenCall): void {
    this.#broken = broken
  }

  settle(promise: Promise<unknown>): Promise<Settled> {
    return settle(promise, this.trace, this.clock)
  }

  async #attach(name: string): Promise<void> {
    const { resources } = this.scene
    if (resources === undefined) return
    const { surface } = this.strategy
    const live = await this.host.attach(surface, {
      name,
      key: name,
      open: async (provider) => {
        const resource = await resources.open(provider, name)
        if (!this.opensFromLog) return resource
        const acknowledged = this.ledgers.get(name)?.acknowledged ?? []
        // A host that opens a resource anew writes to it what its log has and the resource has not.
        const found = new Set(await resources.entries(this.recorder.unwrap(resource), name))
        for (const nth of acknowledged.filter((it) => !found.has(it))) {
          await surface.apply?.(resource, resources.write(name, nth))
        }
        return resource
      },
    })
    this.ledgers.set(
      name,
      new ResourceLedger(name, live, (nth) => resources.write(name, nth), {
        inOrder: this.#subject.inOrder === true,
        continuesAt: (refusal) => resources.continuesAt?.(refusal),
      }),
    )
  }

  /** The providers that the host serves now; `undefined` while it is closing or a plugin is fenced. */
  #serving(): ReadonlyMap<string, P> | undefined {
    const { surface } = this.strategy
    try {
      using lease = this.host.capture()
      if (lease.serving(surface).fenced.length > 0) return undefined
      return new Map(
        [...POSITIONS, BYSTANDER].flatMap((key) => {
          const provider = lease.find(surface, key)
          return provider === undefined ? [] : [[key, provider] as const]
        }),
      )
    } catch (error) {
      if (ReloadError.is(error) && error.code === 'HOST_CLOSED') return undefined
      throw error
    }
  }

  /**
   * Whether a call comes from a user's write. Before the commit a user's write reaches the old version, and a replayed
   * one the new version.
   */
  #isUsers({ origin }: PluginCall, phase: ReloadPhase): boolean {
    const replayed = origin.version === 2 && (phase === 'prepare' || phase === 'converge')
    return !replayed && this.#applying.now
  }
}
