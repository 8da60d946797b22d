import type * as fc from 'fast-check'
import { Deferred } from '../fixtures/deferred.js'
import type { StoreDiscipline } from '../fixtures/store.js'
import type { VersionData } from './version-data.js'

/** Every method of a plugin, its providers and its resources that a host ever calls. */
export const METHODS = [
  'register',
  'init',
  'shutdown',
  'checkCompat',
  'remember',
  'open',
  'observe',
  'persist',
  'verify',
  'apply',
  'close',
] as const
export type Method = (typeof METHODS)[number]

/** How a call goes wrong. `nonsense`: it answers with something of the wrong shape. */
export const FAULTS = ['throw', 'reject', 'hang', 'nonsense'] as const
export type Fault = (typeof FAULTS)[number]

/** How a version that serves is broken: each call of a method goes wrong, from then on. */
export const BROKEN_AT = ['observe', 'persist', 'apply', 'close'] as const satisfies readonly Method[]
export const LASTING = ['throw', 'reject', 'hang'] as const satisfies readonly Fault[]
export interface Broken {
  readonly method: (typeof BROKEN_AT)[number]
  readonly fault: (typeof LASTING)[number]
}

/** What a plugin was told to fail with; it is no error of the host's. */
export class PlannedFailure extends Error {}

/** Which calls something happens to: the next one of a method, or the next one that is about a resource of a kind. */
export interface Aim {
  readonly id: string
  readonly method: Method
  readonly kind: StoreDiscipline | undefined
}

interface Armed<T> extends Aim {
  readonly what: T
}

/** Who is called, and about which kind of resource, if it is about one. */
export interface Callee {
  readonly caller: VersionData
  readonly kind: StoreDiscipline | undefined
}

/** A plugin call that has not settled, or work of somebody who uses a resource. */
export interface PendingCall extends Callee {
  readonly method: Method | 'use'
  elapsedMs: number
}

/** What a plugin does on top of its work in the middle of one of its calls. */
type Inside = () => Promise<unknown> | void

/** Every call into a plugin: when it takes effect, and when it answers, is for the scheduler to say. */
export class Calls {
  readonly pending = new Set<PendingCall>()
  /** Told of every fault as it strikes. */
  onFault: (callee: Callee, method: Method, fault: Fault) => void = () => {}
  readonly #scheduler: fc.Scheduler
  #faults: Armed<Fault>[] = []
  /** By the label of the version. */
  readonly #broken = new Map<string, Broken>()
  #insides: Armed<Inside>[] = []
  #hung: Deferred[] = []

  constructor(scheduler: fc.Scheduler) {
    this.#scheduler = scheduler
  }

  get hung(): number {
    return this.#hung.length
  }

  fail(aim: Aim, fault: Fault): void {
    this.#faults.push({ ...aim, what: fault })
  }

  /** Each such call of a version goes wrong, until it is mended. */
  break(label: string, how: Broken): void {
    this.#broken.set(label, how)
  }

  isBroken(label: string): boolean {
    return this.#broken.has(label)
  }

  mend(): void {
    this.#broken.clear()
  }

  inside(aim: Aim, what: Inside): void {
    this.#insides.push({ ...aim, what })
  }

  disarm(): void {
    this.#faults = []
    this.#insides = []
  }

  /** Lets the calls that hang go on. */
  wake(): void {
    const hung = this.#hung
    this.#hung = []
    for (const call of hung) call.resolve()
  }

  /** A turn of something that is no plugin call, such as a caller who thinks before he acts. */
  async pause(label: string): Promise<void> {
    await this.#scheduler.schedule(Promise.resolve(), label)
  }

  /** Somebody works with a resource, which others have to wait for as they do for a call. */
  use(callee: Callee, work: () => Promise<void>): Promise<void> {
    return this.#track(callee, 'use', work())
  }

  make(callee: Callee, method: Method, effect: () => unknown): unknown {
    const { caller } = callee
    const broken = this.#broken.get(caller.label)
    const fault = broken?.method === method ? broken.fault : take(this.#faults, callee, method)
    const inside = take(this.#insides, callee, method)
    if (fault !== undefined) this.onFault(callee, method, fault)
    if (fault === 'throw') throw new PlannedFailure(`${method} of ${caller.label} throws`)
    if (caller.prompt && fault === undefined && inside === undefined) return effect()
    return this.#track(callee, method, this.#answer(caller, method, effect, fault, inside))
  }

  async #answer(
    caller: VersionData,
    method: Method,
    effect: () => unknown,
    fault: Fault | undefined,
    inside: Inside | undefined,
  ): Promise<unknown> {
    const { label, isolated } = caller
    // What says that its snapshot is isolated has taken it when it is asked.
    const early =
      method === 'persist' && isolated && (fault === undefined || fault === 'hang') ? { result: effect() } : undefined
    await this.pause(`${label} ${method}`)
    await inside?.()
    if (fault === 'reject') throw new PlannedFailure(`${method} of ${label} rejects`)
    if (fault === 'nonsense') return undefined
    if (fault === 'hang') await this.hang()
    const result = early === undefined ? await effect() : early.result
    await this.pause(`${label} ${method} answers`)
    return result
  }

  /** Until somebody wakes it. */
  hang(): Promise<void> {
    const call = new Deferred()
    this.#hung.push(call)
    return call.promise
  }

  async #track<T>(callee: Callee, method: PendingCall['method'], answer: Promise<T>): Promise<T> {
    const call = { ...callee, method, elapsedMs: 0 }
    this.pending.add(call)
    try {
      return await answer
    } finally {
      this.pending.delete(call)
    }
  }
}

function take<T>(armed: Armed<T>[], { caller, kind }: Callee, method: Method): T | undefined {
  const at = armed.findIndex(
    (it) => it.id === caller.id && it.method === method && (it.kind === undefined || it.kind === kind),
  )
  return at < 0 ? undefined : armed.splice(at, 1)[0]?.what
}
