import type { MaybePromise } from './maybe-promise.js'
import type { HandoffGate } from './handoff-gate.js'
import type { Slices } from './slices.js'
import type { AnySurface, Surface } from './surface.js'

/** How a surface's live resources are handed over. Decides when a handoff converges: pre-copy last. */
export type Discipline = 'clean' | 'contract' | 'pre-copy' | 'stop-and-copy'

/**
 * `overlap`: the old version serves until the commit. `exclusive`: for resources that two owners may not hold at once,
 * the old version is fenced and drained first.
 */
export type Cutover = 'overlap' | 'exclusive'

/**
 * A strategy's judgement of one provider pair: a `migrate` goes ahead and is reported, an `incompatible` is a hard
 * error. `unjudged`: there was nothing to compare values by; it goes ahead and is reported, unless the host refuses it.
 * The reason is read by a person who has to act on it.
 */
export type CompatVerdict =
  | { level: 'compatible' }
  | { level: 'migrate'; reason: string }
  | { level: 'unjudged'; reason: string }
  | { level: 'incompatible'; reason: string; details?: unknown }

/** A plugin as it was installed, or is to be. */
export interface PluginIdentity {
  readonly id: string
  readonly version: string
}

/** From which plugin version a key goes to which. */
export interface Transition {
  /** `back`: a reload is being taken back. */
  readonly direction: 'forward' | 'back'
  /** Absent where the key was removed some time ago, and where a host with a registry of its own does not say. */
  readonly from?: PluginIdentity | undefined
  /** Absent where a host with a registry of its own does not say. */
  readonly to?: PluginIdentity | undefined
}

export interface CallOptions<T> {
  /** Disposes of what an abandoned call produced after all (the step had timed out or been aborted). */
  readonly discard?: ((late: T) => MaybePromise<void>) | undefined
  /**
   * Whether it may be made when no phase runs, and is then one of its own: what starts a halted resource again, long
   * after the reload. Any other is refused then, as what goes on after it was given up on is to be inert (I8). Default
   * false.
   */
  later?: boolean | undefined
  /**
   * Whose call it is: that of the version that serves (`old`), or of the one that is to. Errors say so, and what to do
   * about it.
   */
  side?: 'old' | 'new' | undefined
}

/** What a step runs in. Every call into a plugin goes through {@link StepContext.call}. */
export interface StepContext {
  /** Fires when the phase's deadline passes or the reload is aborted. */
  readonly signal: AbortSignal
  /** True where nothing will be committed: a live stream must not be stopped. */
  readonly dryRun: boolean
  /**
   * Cuts long synchronous work into slices, so that the event loop turns in between: of the length, and at the pace,
   * that the host has set for all that a reload does.
   */
  slices(): Slices
  /** Reports progress of long work, in units of the step's own choosing; reaches the host's observer. */
  progress(done: number, total?: number): void
  /** Adds to the bytes handed over, as the report gives them. */
  transferred(bytes: number): void
  /** Adds to the recorded writes replayed, as the report gives them. */
  replayed(writes: number): void
  /**
   * Says that a call of the old resource failed, and that the handoff goes on without it: it is in the report, as
   * `outlived`.
   */
  outlived(error: unknown): void
  /**
   * Says that values could not be judged, and why: a verdict of its own in the report, besides the one on the key.
   *
   * @throws ReloadError `SCHEMA_INCOMPAT` where the host refuses what is not judged. Let it through.
   */
  unjudged(reason: string): void
  /**
   * Tells the host's observer of a failure that fails nothing else: what is of no use could not be closed or removed.
   */
  unclean(step: string, error: unknown): void
  /**
   * Says that `resource` was opened for this step alone, which closes it: a copy to judge by. Call it before anything
   * is done to what a provider gave, and {@link StepContext.letGo} once it was closed. What a handoff opens to serve is
   * claimed by its job.
   *
   * @throws ReloadError `DUPLICATE` where the object is a live resource already, or was opened for another step. It is
   * neither to be changed nor to be closed. Let it through.
   */
  claim(resource: unknown): void
  /** Says that what was claimed was closed. */
  letGo(resource: unknown): void
  /**
   * Runs one plugin call. Names it in errors and in the report, gives it the phase's deadline afresh, and measures its
   * longest synchronous stretch. A late result of an abandoned call goes to `discard`.
   *
   * @throws ReloadError `STEP_TIMEOUT`, `ABORTED`, or with what the call threw as its `cause`.
   */
  call<T>(step: string, call: (signal: AbortSignal) => MaybePromise<T>, options?: CallOptions<T>): Promise<T>
  /**
   * Like {@link StepContext.call}, for what holds the new version to the old one: where an operator accepts the key, it
   * fails only with `ABORTED`, and what it threw is reported.
   */
  judge(step: string, check: (signal: AbortSignal) => MaybePromise<void>): Promise<void>
}

/** For what opens a resource and may close it again, as where it holds it to something first. */
export type Opening = Pick<StepContext, 'claim' | 'letGo'>

/** A live resource as compatibility checks may look at it. */
export interface LiveSample<R> {
  readonly name: string
  /** Calls `read` between two writes, so that no write is half applied. `read` must not change the resource. */
  use<T>(read: (resource: R) => MaybePromise<T>): Promise<T>
}

/** What was served under a key, and what will be. */
export interface ProviderPair<P, R = never> {
  readonly key: string
  /** The provider served until now, or what {@link HandoffStrategy.remember} kept of one that was removed. */
  readonly old: P
  readonly next: P
  /** The live resources opened by `old`. Empty for a remembered provider. */
  readonly live: readonly LiveSample<R>[]
  readonly transition: Transition
}

/** What will be served under a key that nothing was served under, and nothing is remembered of. */
export interface AddedProvider<P> {
  readonly key: string
  readonly provider: P
}

/** What was served under a key that nothing will serve any more. */
export interface RemovedProvider<P> {
  readonly key: string
  readonly provider: P
}

/** What a commit changes of the providers of one surface, by key. */
export interface ProviderChange<P> {
  readonly added: ReadonlyMap<string, P>
  /** Also where the next version provides the same object. */
  readonly replaced: ReadonlyMap<string, { readonly old: P; readonly next: P }>
  readonly removed: ReadonlyMap<string, P>
  /**
   * True at the end of the host: nothing was given up by an operator, and what is removed comes back with the next
   * host.
   */
  readonly closing: boolean
}

/** One live resource to hand over. */
export interface HandoffJob<P, R> {
  readonly name: string
  readonly key: string
  readonly old: P
  readonly next: P
  readonly cutover: Cutover
  readonly transition: Transition
  /** The only way to the old resource, and the only way writes reach it. */
  readonly gate: HandoffGate<R>
  /**
   * Where a reload is taken back: the resource that served before it. A strategy that has no use for it hands over as
   * ever: the key is judged then, and what stands by is closed.
   */
  readonly standby?: StandbyResource<R> | undefined
  /** How the host opens such a resource, as it said when it attached it. */
  open?(provider: P): MaybePromise<R>
  /**
   * Says that `resource` is what this handoff has opened. `opened` does, where it is given the job: call it before
   * anything is done to what a provider gave. Absent: in a job that was made by hand.
   *
   * @throws ReloadError `DUPLICATE` where the object is another live resource already. It is not to be closed.
   */
  claim?(resource: R): void
  /** Says that `resource`, of this handoff, was closed before the handoff was finalized or rolled back. */
  letGo?(resource: R): void
}

/**
 * An old resource that serves up to the commit, whatever `converge` does, and is as it was at the commit until its
 * handoff is finalized. While the reload bakes, it stands by.
 */
export interface IntactResource<R> {
  readonly resource: R
  /** Called in place of `finalize` where the reload was taken back and the resource serves again: removes all else. */
  release(): Promise<void>
}

export interface HandBackOptions<R> {
  /**
   * What becomes of the writes made since it was replaced: `replayed`, they are replayed on it; `shared`, it has seen
   * each of them, as the two have one medium.
   */
  readonly writes: 'replayed' | 'shared'
  /** Closes the one that replaced it, where that is another object: by steps of its own. */
  close(resource: R): Promise<void>
}

/** What served before the reload that is taken back: as it was at that commit. */
export interface StandbyResource<R> {
  readonly resource: R
  /** Hands over to it. Nothing is copied, and nothing is asked of the one that replaced it but to close. */
  handBack(ctx: StepContext, options: HandBackOptions<R>): ResourceHandoff<R>
}

/** The handoff of one live resource. The dispatcher drives it, in the order of the members. */
export interface ResourceHandoff<R> {
  /** The long part. The old resource goes on serving reads and writes. */
  prepare?(): Promise<void>
  /**
   * Called when every resource of the reload is prepared, before writes are held for `converge`: does under load what
   * would otherwise be done under the hold, however long the others took. Where there is a `successor`, it is called
   * whenever that is behind, and not otherwise.
   */
  catchUp?(): Promise<void>
  /**
   * What will serve, where it has every write once what the gate has recorded is replayed: asked from the end of
   * `prepare` on, whenever nothing is recorded and no write in flight. While that is so at the commit, writes are not
   * held, and `converge` is not called. Absent, or `undefined`: they are held for `converge`.
   */
  successor?(): R | undefined
  /**
   * The short part. Writes are held, and none is in flight, from here to the commit. Resolves with the resource that
   * serves after it.
   */
  converge(): Promise<R>
  /** Undoes everything, from any point before the commit. Called once, and never after the commit. */
  rollback(): Promise<void>
  /** Closes what is left of the old, after the commit and the drain. Called once. */
  finalize(): Promise<void>
  /** Its shape, where that is not the strategy's: when it converges, and what the report says. */
  readonly discipline?: Discipline | undefined
  /**
   * True where the handoff goes on whatever the old resource does: where a write to it never settles, that is abandoned
   * (`gate.abandoned` says so), and where it cannot be deactivated, that is reported and fails nothing.
   */
  readonly withoutOld?: boolean | undefined
  /**
   * The old resource, where it stays as it is until `finalize`: a reload that is taken back goes on with it, and one
   * that is rolled back lets its gate go before `rollback` of this or any other handoff is called.
   */
  readonly intact?: IntactResource<R> | undefined
}

/** A surface's discipline. */
export interface HandoffStrategy<P, R = never, W = never> {
  readonly surface: Surface<P, R, W>
  readonly discipline: Discipline
  /**
   * Judges a provider pair. Must have no side effect on anything live. Absent: a clean surface without live resources
   * is compatible, as nothing outlives its providers; anything else is unjudged. A strategy that judges in its handoff
   * alone says `compatible` here.
   */
  checkCompat?(pair: ProviderPair<P, R>, ctx: StepContext): MaybePromise<CompatVerdict>
  /**
   * Judges a key that comes: where what is stored or queued elsewhere already names it. `incompatible` refuses it, in
   * an install and a reload alike. Must have no side effect. Not asked where a reload is taken back. Absent: any may
   * come.
   */
  checkAddition?(added: AddedProvider<P>, ctx: StepContext): MaybePromise<CompatVerdict>
  /**
   * Judges that a key goes, in a reload or with its plugin: `incompatible` refuses it, as where queued work or stored
   * data still names the key. Must have no side effect. Not asked where a reload is taken back or the host closes.
   * Absent: every key may go.
   */
  checkRemoval?(removed: RemovedProvider<P>, ctx: StepContext): MaybePromise<CompatVerdict>
  /** Hands over one live resource. Absent: a live resource of this surface cannot be reloaded. */
  handoff?(job: HandoffJob<P, R>, ctx: StepContext): ResourceHandoff<R>
  /**
   * What to judge later versions by once `provider`'s key is removed: a stand-in that answers what `checkCompat` asks
   * of `old` and holds no reference into the plugin. Absent: a removed key is forgotten.
   */
  remember?(provider: P, ctx: StepContext): MaybePromise<P>
  /**
   * How resources of `provider` have to be cut over. Asked of the old and of the new provider of each live resource,
   * before anything is moved; where either answer is `exclusive`, the resource moves so, and its plugin is fenced,
   * whatever the caller of the reload said. What it throws refuses the reload. Absent: as the caller says.
   */
  cutover?(provider: P): Cutover
  /** Closes a resource that leaves without a successor. */
  close?(resource: R): MaybePromise<void>
  /**
   * Called in the turn in which `resource` begins to serve: at the commit, when it is attached, and where it was
   * stopped and is started again. What acts by itself (a timer, a consumer, a subscription) begins here and not when it
   * is opened: until the commit another one acts. Synchronous. A commit stands whatever it throws, and the report and
   * the observer are told.
   */
  activate?(resource: R): void
  /**
   * Called with writes held, right before `resource` is handed over by `converge`: what acts by itself ends here. Where
   * the reload is rolled back and `resource` goes on serving, `activate` follows. Synchronous. What it throws fails the
   * handoff.
   */
  deactivate?(resource: R): void
  /**
   * Called in the turn of each commit that changes which providers serve: an install, a reload, a removal, a take-back,
   * and the end of the host. For what the host does with providers by itself, such as running them by a schedule. The
   * calls are in the order of the commits. Synchronous. A commit stands whatever it throws, and the report and the
   * observer are told. Keep no provider that was replaced or removed.
   */
  committed?(change: ProviderChange<P>): void
}

/** A strategy whose types are forgotten. */
export type AnyStrategy = HandoffStrategy<unknown, unknown, unknown>

/** Providers by surface and key. */
export interface ProviderView {
  get<P, R, W>(surface: Surface<P, R, W>, key: string): P | undefined
  /** Every provider, as `[surface, key, provider]`. */
  entries(): Iterable<readonly [surface: AnySurface, key: string, provider: unknown]>
}
