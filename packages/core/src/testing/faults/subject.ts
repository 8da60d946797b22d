import type { MaybePromise } from '../../maybe-promise.js'
import type { Cutover } from '../../strategy.js'
import type { FaultName } from './fault.js'

/**
 * What the fault matrix needs to know of a surface: small providers that really do what providers of it do, and how to
 * look at what they hold. Everything else it finds out by watching a reload.
 */
export interface StrategySubject<P, R = never, W = never> {
  /** Tells it from other subjects of its surface, in the names of tests. */
  readonly variant?: string
  /** `exclusive` where its providers say so: no reload of theirs overlaps, so none is tried. */
  readonly cutover?: Cutover
  /**
   * The kinds of objects that calls of a provider give out, by the name they get in cells. What a call gives is recognised by
   * its methods; calls into it are steps as well.
   */
  readonly gives?: Readonly<Record<string, GivenKind>>
  /** Failures that the strategy outlives by its own specification. One that is never needed fails the run. */
  readonly tolerates?: readonly Tolerance[]
  /** A write that was refused is made again, and none is made while one is pending: a stream takes its batches in order. */
  readonly inOrder?: boolean
  /**
   * Whether a stream whose version is broken is handed over without being asked: what `recover` of `stopAndCopy` is
   * for.
   */
  readonly recovers?: boolean
  /** The world of one cell: made anew for each. */
  scene(given: SceneGiven): MaybePromise<SubjectScene<P, R, W>>
}

export interface SceneGiven {
  /** Whether providers are to have samples, where providers of the surface may: they are what compatibility checks are made by. */
  readonly samples: boolean
}

export interface GivenKind {
  readonly methods: readonly string[]
  /** The method that ends it. It is held to being called once, and no other call may begin after it (I7). */
  readonly ends?: string
}

export interface Tolerance {
  /** The call, as cells name it without its position, such as `preflight: old handle.close`. */
  readonly call: string
  /** Default: all of them, but for those in which the caller gives up before the commit. */
  readonly faults?: readonly FaultName[]
  /** The rule by which it is outlived, for who reads the subject. */
  readonly because: string
  /**
   * Whether the reload has to go on as if the call had not failed, with the error in `outlived` of its resource in the
   * report; only of calls before the commit. Default: the reload may go on or fail, and report what it likes.
   */
  readonly reported?: boolean
}

/** Providers and what they share: a disk, a sink. */
export interface SubjectScene<P, R, W> {
  /** The provider of `key` in a version of the plugin: 1 serves, 2 takes its place, 3 comes after. */
  provider(key: string, version: number): P
  /** What a provider answers to a user. Has to be its version: what proves which one serves. */
  answer?(provider: P): MaybePromise<number>
  /** For a surface with live resources. */
  readonly resources?: SubjectResources<P, R, W>
  /** What the world that the versions share has seen, and must not: nothing, where all is well. */
  breaches?(): readonly string[]
}

export interface SubjectResources<P, R, W> {
  /** As a host opens one: with nothing in it, or with what others before it have left where that is shared. */
  open(provider: P, name: string): MaybePromise<R>
  /** Write number `nth` to a resource, counted from 0. What it does must show if it is done twice, or in another order. */
  write(name: string, nth: number): W
  /**
   * The numbers `nth` of the writes that a resource has, each as often as it was done, in the order in which they were
   * done. Where a kind moves the result of its writes and not the writes themselves, and so in another order, they are
   * sorted by number.
   *
   * @param resource the very object that a call of the provider gave, with all that its class has besides the contract:
   * the kit records the calls of a stand-in, and asks this one without recording or breaking anything. It serves, or has
   * just been opened to be filled.
   * @param name as `open` was given it.
   */
  entries(resource: R, name: string): MaybePromise<readonly number[]>
  /**
   * Where no call of a provider gives the resource: the provider that the kind has made it of; `host` where it is the
   * host's, and every version works with the same object. Default: a method of the provider gave it.
   */
  madeOf?(resource: R): P | 'host'
  /**
   * For a stream: the number of the write that a refusal asks for next. What lies between was done, or comes again, as
   * a successor may be started behind what was acknowledged.
   */
  continuesAt?(refusal: unknown): number | undefined
}
