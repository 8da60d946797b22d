import type { ReloadPhase } from '../../errors.js'
import { isPromiseLike } from '../../maybe-promise.js'
import { nameOfAlike, stepOf, type CallSite } from './call-site.js'
import type { Fault } from './fault.js'
import type { PluginCall } from './recorder.js'

/** A call in a run without faults. */
export interface SeenCall {
  readonly name: string
  readonly site: CallSite
  /** What the reload did right before it: `begin` or `end` of a call, or `phase` and its name. */
  readonly before: string
  gave: 'nothing' | 'something' | 'a resource' | 'an error' | 'no answer'
  /** Whether it answered with a promise. */
  later: boolean
}

/** A call site, and the fault that strikes it. */
export interface Aim {
  /** The name of a call site. */
  readonly site: string
  readonly fault: Fault
}

export interface TraceOptions {
  /** Whether a call is a user's write to a resource that serves. */
  isUsers(call: PluginCall, phase: ReloadPhase): boolean
  /** Whether the result of a call has to be ended. */
  isResource(given: unknown): boolean
  /** Called when a step of a new kind begins. */
  onNewStep(step: string): void
  /** Called with the name of everything that happens. */
  onMoment(moment: string): void
}

/** The calls of a reload in order, by phase. Strikes those that a fault is aimed at. */
export class Trace {
  readonly calls = new Map<string, SeenCall>()
  /** Phases that have begun. */
  readonly phases: ReloadPhase[] = []
  /** Grows whenever anything happens. */
  activity = 0
  readonly #options: TraceOptions
  readonly #aims = new Map<string, Fault>()
  readonly #counts = new Map<string, number>()
  #recording = false
  #last = 'start'

  constructor(options: TraceOptions, aims: readonly Aim[]) {
    this.#options = options
    for (const { site, fault } of aims) this.#aims.set(site, fault)
  }

  /** The number of calls so far like this one. */
  countOf(site: CallSite): number {
    return this.#counts.get(nameOfAlike(site)) ?? 0
  }

  start(): void {
    this.#recording = true
    this.#options.onMoment('start')
  }

  stop(): void {
    this.#recording = false
  }

  enter(phase: ReloadPhase): void {
    if (!this.#recording) return
    this.phases.push(phase)
    this.#happened(`phase ${phase}`)
    this.#options.onNewStep(phase)
  }

  /** Runs a call, or the fault that is aimed at it. */
  around(call: PluginCall, run: () => unknown): unknown {
    const phase = this.phases.at(-1)
    if (!this.#recording || phase === undefined) return run()
    const seen = this.#see(call, phase)
    const { name } = seen
    this.#happened(`begin ${name}`, seen.site)
    // Compatibility checks make many small calls, all before anything is moved: users act once for all of them.
    if (seen.site.nth === 1) this.#options.onNewStep(phase === 'preflight' ? phase : stepOf(seen.site))
    const ended = (gave: SeenCall['gave']): void => {
      seen.gave = gave
      this.#happened(`end ${name}`, seen.site)
    }
    const fault = this.#aims.get(name)
    let outcome: unknown
    try {
      outcome = fault === undefined ? run() : fault.strike(run)
    } catch (error) {
      ended('an error')
      throw error
    }
    if (isPromiseLike(outcome)) {
      seen.later = true
      return Promise.resolve(outcome).then(
        (value) => {
          ended(this.#sortOf(value))
          return value as unknown
        },
        (error: unknown) => {
          ended('an error')
          throw error
        },
      )
    }
    ended(this.#sortOf(outcome))
    return outcome
  }

  #sortOf(given: unknown): SeenCall['gave'] {
    if (given === undefined) return 'nothing'
    return this.#options.isResource(given) ? 'a resource' : 'something'
  }

  #see(call: PluginCall, phase: ReloadPhase): SeenCall {
    const { origin, method } = call
    const { position } = origin
    const side = origin.version === 1 ? 'old' : 'new'
    const called = `${origin.kind}.${method}`
    const byUser = this.#options.isUsers(call, phase)
    const key = nameOfAlike({ phase, side, position, call: called, byUser })
    const nth = (this.#counts.get(key) ?? 0) + 1
    this.#counts.set(key, nth)
    const seen: SeenCall = {
      name: `${key}, call ${nth}`,
      site: { phase, side, position, call: called, nth, byUser },
      before: this.#last,
      gave: 'no answer',
      later: false,
    }
    this.calls.set(seen.name, seen)
    return seen
  }

  #happened(moment: string, site?: CallSite): void {
    this.activity += 1
    if (site?.byUser !== true) this.#last = moment
    this.#options.onMoment(moment)
  }
}
