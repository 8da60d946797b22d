import { coarseTime, systemClock, type Clock } from '../../clock.js'
import { Claims } from '../../dispatch/claims.js'
import { Judging, type UnjudgedPolicy } from '../../dispatch/judging.js'
import type { StepEnvironment } from '../../dispatch/step-environment.js'
import { NoMeter, StretchMeter } from '../../dispatch/stretch-meter.js'
import { onAbort } from '../../on-abort.js'
import { timeoutOf, type TimedCall, type Timeouts } from '../../dispatch/timeouts.js'
import { ReloadError } from '../../errors.js'
import { hear } from '../../maybe-promise.js'
import { GateTerms } from '../../move/gate-terms.js'
import { Pace } from '../../pace.js'
import type { DrainPolicy } from '../lease/drain.js'
import type { ReloadEvent, ReloadObserver } from '../report/events.js'
import type { PluginHostOptions } from './plugin-host-options.js'

/** What everything in one host runs under: its clock, deadlines, bounds and observer, and whether it is closing. */
export class HostEnvironment {
  readonly clock: Clock
  /** What leases are dated by. */
  readonly leaseTime: Pick<Clock, 'now'>
  readonly pace: Pace
  readonly concurrency: number
  readonly drainPolicy: DrainPolicy
  readonly unjudged: UnjudgedPolicy
  readonly gateTerms: GateTerms
  /** The resources that the host will close. */
  readonly claims = new Claims()
  /** Of single resources, beside the operations: no report tells how long their calls took. */
  readonly apart: StepEnvironment
  readonly openings: StepEnvironment
  readonly #timeouts: Timeouts
  readonly #observer: ReloadObserver | undefined
  readonly #closing = new AbortController()
  #isClosing = false
  #operations = 0

  constructor(options: PluginHostOptions) {
    this.clock = options.clock ?? systemClock
    this.leaseTime = this.clock === systemClock ? coarseTime : this.clock
    this.pace = new Pace(options.pace)
    this.concurrency = options.concurrency ?? 32
    this.drainPolicy = options.drain ?? {}
    this.unjudged = options.unjudged ?? 'accept'
    this.#timeouts = options.timeouts ?? {}
    this.#observer = options.observer
    this.gateTerms = new GateTerms({
      clock: this.clock,
      writeTimeoutMs: this.timeoutMs('write'),
      ...(options.maxRecordedWrites !== undefined && { maxRecorded: options.maxRecordedWrites }),
      ...(options.maxRecordedBytes !== undefined && { maxRecordedBytes: options.maxRecordedBytes }),
    })
    this.apart = { ...this.forSteps(), meter: new NoMeter(this.clock) }
    this.openings = {
      ...this.apart,
      timeoutMs: () => this.timeoutMs('open'),
      timeoutOption: 'open',
      hint: 'Nothing was attached. Correct the provider or what it opens, then attach again.',
    }
    // It stays, so that not each opening adds a listener to the signal and takes it off again.
    onAbort(this.closing, STAYS)
  }

  timeoutMs(call: TimedCall): number {
    return timeoutOf(this.#timeouts, call)
  }

  /** What the plugin calls of one operation, or of one piece of work beside the operations, run under. */
  forSteps({
    dryRun = false,
    judging = new Judging(),
    onProgress,
  }: Partial<Pick<StepEnvironment, 'dryRun' | 'judging' | 'onProgress'>> = {}): StepEnvironment {
    return {
      clock: this.clock,
      pace: this.pace,
      meter: new StretchMeter(this.clock),
      dryRun,
      judging,
      claims: this.claims,
      timeoutMs: (phase) => timeoutOf(this.#timeouts, phase),
      onUnclean: (error) => {
        this.emit({ type: 'unclean', error })
      },
      ...(onProgress && { onProgress }),
    }
  }

  /** Numbers the operations of the host, from 1. */
  nextOperation(): number {
    this.#operations += 1
    return this.#operations
  }

  emit(event: ReloadEvent): void {
    try {
      hear(this.#observer?.(event))
    } catch {
      // An observer watches; it has no say in what it watches.
    }
  }

  /** Kept beside {@link closing}, whose state takes longer to read: each capture asks. */
  get isClosing(): boolean {
    return this.#isClosing
  }

  /** Fires when the host begins to close. */
  get closing(): AbortSignal {
    return this.#closing.signal
  }

  /** @throws ReloadError `HOST_CLOSED`. */
  refuseClosed(): void {
    if (this.#isClosing) throw closedError()
  }

  close(): void {
    this.#isClosing = true
    this.#closing.abort()
  }
}

/** Made once: where the host is out of reach, what listens to its signal refers to nothing of it. */
const STAYS = (): void => {}

function closedError(): ReloadError {
  return new ReloadError('HOST_CLOSED', 'the host was closed', { hint: 'Make a new host.' })
}
