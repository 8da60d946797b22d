import { systemClock, type Clock } from '../clock.js'
import { Claims } from '../dispatch/claims.js'
import { StrategyTable } from '../dispatch/strategy-table.js'
import { StretchMeter } from '../dispatch/stretch-meter.js'
import { Judging, type UnjudgedPolicy } from '../dispatch/judging.js'
import type { StepEnvironment } from '../dispatch/step.js'
import { timeoutOf, type TimedCall, type Timeouts } from '../dispatch/timeouts.js'
import { ReloadError } from '../errors.js'
import { hear } from '../maybe-promise.js'
import { MAX_RECORDED_BYTES, MAX_RECORDED_WRITES } from '../move/gate.js'
import { show } from '../options.js'
import type { AnyStrategy } from '../strategy.js'
import type { Journal } from '../journal/record.js'
import type { Attached } from './attached.js'
import type { Bake } from './bake.js'
import { Drain, type DrainPolicy } from './drain.js'
import { Epoch } from './epoch.js'
import type { EpochChange } from './epoch-change.js'
import type { ReloadEvent, ReloadObserver } from './events.js'
import type { LeaseList } from './lease-list.js'
import { Permanence } from './permanence.js'
import type { PluginVersion } from './plugin-version.js'
import type { ReadHandle } from './read-handle.js'
import { RecordLog } from './record-log.js'
import type { Grants } from './staging.js'
import { LeaseWatch } from './watched-lease.js'

export interface PluginHostOptions {
  /** One for each surface that plugins may register on. */
  strategies: readonly AnyStrategy[]
  /** The surfaces each plugin may register on, by plugin id; `*` is for those not named. Default: all. */
  grants?: Grants
  drain?: DrainPolicy
  timeouts?: Timeouts
  /**
   * How many resources of one reload are handed over, and how many resources and plugins are closed, at a time. Default
   * 32.
   */
  concurrency?: number
  /** How many writes to a resource are recorded while it is copied before writers wait. Default 65,536. */
  maxRecordedWrites?: number
  /** How many bytes these may occupy before writers wait. Default 64 MiB. */
  maxRecordedBytes?: number
  /**
   * What becomes of a reload of which something could not be judged. Default `accept`: it goes ahead, and the report
   * says so.
   */
  unjudged?: UnjudgedPolicy
  /** Told of every phase, resource and step. What it throws, or rejects with, is ignored. */
  observer?: ReloadObserver
  /** Where operations are written down, so that the next run knows which versions to start. Default: nowhere. */
  journal?: Journal
  /**
   * Tells the observer of leases that were dropped without being released (`lease-dropped`), with the stack of their capture.
   * For development: it makes a capture some microseconds dearer. Default false.
   */
  watchLeases?: boolean
  clock?: Clock
}

/** An operation that is changing plugins. */
interface UnderWay {
  /** Settles when the operation has committed or rolled back. Never rejects. */
  readonly decided: Promise<void>
}

/** Old versions that are being drained. */
interface Forceable {
  force(policy: DrainPolicy): Promise<void>
}

/** What the operations of one host share. */
export class HostState {
  readonly strategies = new StrategyTable()
  readonly slots: ReadonlyMap<string, number>
  readonly #bySlot: readonly AnyStrategy[]
  readonly clock: Clock
  readonly drainPolicy: DrainPolicy
  readonly concurrency: number
  /** By plugin id, and not as members of an object, which has some of its own, such as `constructor`. */
  readonly grants: ReadonlyMap<string, readonly string[]> | undefined
  readonly maxRecordedWrites: number
  readonly maxRecordedBytes: number
  readonly unjudged: UnjudgedPolicy
  readonly leaseWatch: LeaseWatch | undefined
  readonly records: RecordLog | undefined
  readonly permanence: Permanence
  readonly #timeouts: Timeouts
  readonly #observer: ReloadObserver | undefined

  /** The current epoch: the one pointer that a commit sets. */
  epoch: Epoch
  /** Former epochs that leases still hold. */
  readonly past = new Set<Epoch>()
  /** The active version of each plugin, in install order. */
  readonly plugins = new Map<string, PluginVersion>()
  readonly retired = new Map<PluginVersion, Drain>()
  /** The reloads that can still be taken back, by the versions they brought. */
  readonly bakes = new Map<PluginVersion, Bake>()
  /** The operations under way, by plugin id. */
  readonly operations = new Map<string, UnderWay>()
  /** Operations that have listed what they hand over: nothing may be opened with these versions any more. */
  readonly listed = new Map<PluginVersion, UnderWay>()
  /** The live resources, by table key. */
  readonly attached = new Map<string, Attached>()
  /** What the host will close. */
  readonly claims = new Claims()
  /** The table keys of resources that are being opened. */
  readonly opening = new Set<string>()
  /** What removed keys are judged by when they come back. */
  readonly remembered = new Map<string, unknown>()
  /** What follows a commit, until it is over. */
  readonly finalizations = new Set<Forceable>()
  /** The resources that are being detached. */
  readonly detaching = new Set<Promise<void>>()
  /** Fires when the host is closed. */
  readonly closing = new AbortController()
  readonly #awaitingEpoch = new Set<() => void>()
  #operationCount = 0
  #places = 0

  constructor(options: PluginHostOptions) {
    for (const strategy of options.strategies) this.strategies.add(strategy)
    this.#bySlot = [...this.strategies]
    this.slots = new Map(this.#bySlot.map(({ surface }, slot) => [surface.id, slot]))
    this.clock = options.clock ?? systemClock
    this.drainPolicy = options.drain ?? {}
    this.concurrency = options.concurrency ?? 32
    this.grants = options.grants && new Map(Object.entries(options.grants))
    this.maxRecordedWrites = options.maxRecordedWrites ?? MAX_RECORDED_WRITES
    this.maxRecordedBytes = options.maxRecordedBytes ?? MAX_RECORDED_BYTES
    this.unjudged = options.unjudged ?? 'accept'
    this.leaseWatch = options.watchLeases === true ? new LeaseWatch(({ capturedAt, ...lease }) => {
      this.emit({ type: 'lease-dropped', ageMs: this.clock.now() - capturedAt, ...lease })
    }) : undefined
    this.#timeouts = options.timeouts ?? {}
    this.records = options.journal && new RecordLog(options.journal, {
      ...this.environment(false), timeoutMs: () => this.timeoutMs('journal'), timeoutOption: 'journal',
    })
    this.permanence = new Permanence(this.records)
    this.#observer = options.observer
    this.epoch = Epoch.initial(this.#bySlot.length)
  }

  strategyAt(slot: number): AnyStrategy {
    return this.#bySlot[slot] as AnyStrategy
  }

  /** @throws ReloadError `NO_STRATEGY`. */
  slotOf(surface: string): number {
    this.strategies.get(surface)
    return this.slots.get(surface) as number
  }

  timeoutMs(call: TimedCall): number {
    return timeoutOf(this.#timeouts, call)
  }

  nextOperation(): number {
    this.#operationCount += 1
    return this.#operationCount
  }

  nextPlace(): number {
    this.#places += 1
    return this.#places
  }

  environment(
    dryRun: boolean,
    { judging = new Judging(), onProgress }: Partial<Pick<StepEnvironment, 'judging' | 'onProgress'>> = {},
  ): StepEnvironment {
    return {
      clock: this.clock, meter: new StretchMeter(this.clock), dryRun, judging, claims: this.claims,
      timeoutMs: (phase) => timeoutOf(this.#timeouts, phase),
      onUnclean: (error) => { this.emit({ type: 'unclean', error }) }, ...(onProgress && { onProgress }),
    }
  }

  emit(event: ReloadEvent): void {
    try {
      hear(this.#observer?.(event))
    } catch {
      // An observer watches; it has no say in what it watches.
    }
  }

  refuseClosed(): void {
    if (this.closing.signal.aborted) throw new ReloadError('HOST_CLOSED', 'the host was closed', { hint: 'Make a new host.' })
  }

  /** The active version that `handle` names. @throws ReloadError `PLUGIN_NOT_FOUND`, `STALE_HANDLE`. */
  current({ id, generation }: ReadHandle): PluginVersion {
    const version = this.plugins.get(id)
    const place = { phase: 'validate', plugin: id } as const
    if (version === undefined) throw new ReloadError('PLUGIN_NOT_FOUND', 'no plugin with this id is installed', { ...place, hint: 'Install it with add.' })
    if (version.generation !== generation) {
      const reason = `the handle is of generation ${show(generation)}, and the plugin is at ${version.generation}`
      throw new ReloadError('STALE_HANDLE', reason, {
        ...place, hint: 'Somebody else has reloaded it: take host.plugin(id), and decide anew.',
      })
    }
    return version
  }

  /** The commit: one pointer. Former epochs are kept in sight only while leases hold them. */
  publish(change: EpochChange): void {
    const former = this.epoch
    this.epoch = change.apply(former)
    if (!former.leases.isEmpty) {
      this.past.add(former)
      void former.leases.empty().then(() => this.past.delete(former))
    }
    for (const wake of this.#awaitingEpoch) wake()
  }

  /** Resolves when there is another epoch. @throws ReloadError `ABORTED`. */
  published(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#awaitingEpoch.delete(wake)
        signal?.removeEventListener('abort', abort)
      }
      const wake = (): void => {
        leave()
        resolve()
      }
      const abort = (): void => {
        leave()
        reject(new ReloadError('ABORTED', 'the caller gave up waiting for an exclusive reload', { phase: 'fence', cause: signal?.reason }))
      }
      this.#awaitingEpoch.add(wake)
      signal?.addEventListener('abort', abort)
      if (signal?.aborted === true) abort()
    })
  }

  /** The leases on former epochs that can reach any of `versions`. */
  pastReaching(versions: readonly PluginVersion[]): LeaseList[] {
    return [...this.past].filter((epoch) => versions.some((version) => epoch.reaches(version))).map((epoch) => epoch.leases)
  }

  drainOf(versions: readonly PluginVersion[]): Drain {
    return new Drain(this.pastReaching(versions), versions.map((version) => version.leases), this.clock)
  }

  /** Of the leases that reach resources of `versions`, and not those that hold the plugins alone. */
  drainOfEpochs(versions: readonly PluginVersion[]): Drain {
    return new Drain(this.pastReaching(versions), [], this.clock)
  }
}
