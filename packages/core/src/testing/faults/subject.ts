import type { MaybePromise } from '../../maybe-promise.js'
import type { Cutover } from '../../strategy.js'
import type { FaultName } from './fault.js'

/**
 * What the fault matrix needs to know of a surface: small providers that really do what its providers do, and how to
 * look at what they hold. The matrix finds everything else by watching a reload.
 */
export interface StrategySubject<P, R = never, W = never> {
  /** Distinguishes the subject from others of its surface in the names of tests. */
  readonly variant?: string | undefined
  /** `exclusive` where the providers ask for that cutover: none of their reloads overlaps, so no overlap is tried. */
  readonly cutover?: Cutover | undefined
  /**
   * The kinds of objects that calls of a provider give out, by the name that cells give them. A result of a call is
   * recognised by its methods; calls into it are steps as well.
   */
  readonly gives?: Readonly<Record<string, GivenKind>> | undefined
  /** Failures that the strategy outlives by its own specification. A tolerance that no cell needs fails the run. */
  readonly tolerates?: readonly Tolerance[] | undefined
  /**
   * Whether a refused write is made again, and no write is made while one is pending: a stream takes its batches in
   * order.
   */
  readonly inOrder?: boolean | undefined
  /** Whether a stream can be handed over without asking its broken version, as with `recover` of `stopAndCopy`. */
  readonly recovers?: boolean | undefined
  /** Makes the world of one cell. */
  scene(given: SceneGiven): MaybePromise<SubjectScene<P, R, W>>
}

export interface SceneGiven {
  /** Whether the providers have samples, where the surface knows samples: compatibility checks judge by them. */
  readonly samples: boolean
}

export interface GivenKind {
  readonly methods: readonly string[]
  /** The method that ends such an object. It has to be called once, and no other call may begin after it (I7). */
  readonly ends?: string | undefined
}

export interface Tolerance {
  /** The call, as cells name it without its position, such as `preflight: old handle.close`. */
  readonly call: string
  /** Default: all of them, but for those in which the caller gives up before the commit. */
  readonly faults?: readonly FaultName[] | undefined
  /** The rule by which the failure is outlived, for readers. */
  readonly because: string
  /**
   * Whether the reload has to go on as if the call had not failed, with the error in `outlived` of its resource in the
   * report; only of calls before the commit. Default: the reload may go on or fail, and report what it likes.
   */
  readonly reported?: boolean | undefined
}

/** Providers and what they share: a disk, a sink. */
export interface SubjectScene<P, R, W> {
  /** The provider of `key` in a version of the plugin: 1 serves, 2 takes its place, 3 comes after. */
  provider(key: string, version: number): P
  /** A call that a user makes of a provider. It has to give the provider's version, which shows which one serves. */
  answer?(provider: P): MaybePromise<number>
  /** For a surface with live resources. */
  readonly resources?: SubjectResources<P, R, W> | undefined
  /** What happened in the world that the versions share and must not happen. Empty where all is well. */
  breaches?(): readonly string[]
}

export interface SubjectResources<P, R, W> {
  /** Opens a resource as a host does: empty, or with what earlier ones have left on a shared medium. */
  open(provider: P, name: string): MaybePromise<R>
  /**
   * Makes write number `nth` to a resource, counted from 0. Its effect must show whether it was applied twice or in
   * another order.
   */
  write(name: string, nth: number): W
  /**
   * The numbers `nth` of the writes that a resource has, each as often as it was done, in the order in which they were
   * done. Where a kind moves the result of its writes and not the writes themselves, and so in another order, they are
   * sorted by number.
   *
   * @param resource the very object that a call of the provider gave, with all that its class has besides the contract:
   * the kit records the calls of a stand-in, and asks this one without recording or breaking anything. It serves, or
   * has just been opened to be filled.
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
