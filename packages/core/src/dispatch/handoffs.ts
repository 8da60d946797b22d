import type { Clock } from '../clock.js'
import { ReloadError, type ErrorPlace, type ReloadPhase } from '../errors.js'
import type { WriteGate } from '../move/gate.js'
import { holdOrAbandon } from '../move/hold-or-abandon.js'
import { reopen } from '../move/reopen.js'
import type {
  AnyStrategy, Discipline, HandoffJob, LiveSample, Opening, ResourceHandoff, Transition,
} from '../strategy.js'
import { activate } from './activate.js'
import { forEachBounded } from './bounded.js'
import type { Claims } from './claims.js'
import type { ChosenCutover } from './cutovers.js'
import type { CompatEntry, HandoffReport } from './report.js'
import { synchronous } from '../synchronous.js'
import { onAbort } from './on-abort.js'
import { Step, type StepEnvironment } from './step.js'

/** One live resource of a reload: its strategy, its gate, and the providers before and after. */
export interface ResourceMove {
  readonly strategy: AnyStrategy
  readonly name: string
  readonly key: string
  readonly old: unknown
  readonly next: unknown
  readonly gate: WriteGate<unknown, unknown>
  readonly transition: Transition
  /** The plugin being reloaded, as errors name it. */
  readonly plugin?: string
  /** Whether the resource is the caller's, before and after: it is held only while it is handed over. */
  readonly handedIn?: boolean
  open?(provider: unknown, opening: Opening): unknown
  /** Whose the old one is, where it may have to be closed apart from the others. */
  readonly owner?: object | undefined
  /** Whether it is opened anew, with nothing asked of the old one. */
  readonly reopened?: boolean
  /** Where a reload is taken back: what served before it. */
  readonly kept?: unknown
}

export type HandoffStep = 'prepare' | 'converge' | 'activate' | 'rollback' | 'finalize'

/** One step of one resource's handoff, as the host's observer sees it. */
export interface HandoffEvent {
  readonly place: ErrorPlace
  readonly step: HandoffStep
  readonly ms: number
  readonly error?: unknown
}

export interface HandoffsOptions {
  /** Of each move. */
  readonly cutovers: ReadonlyMap<ResourceMove, ChosenCutover>
  /** How many resources are prepared, and how many converge, at a time. */
  readonly concurrency: number
  readonly signal?: AbortSignal
  onHandoff?(event: HandoffEvent): void
}

interface Item {
  readonly move: ResourceMove
  readonly cutover: ChosenCutover
  readonly place: ErrorPlace
  readonly step: Step
  /** The objects that it has the care of, each with who holds it: the old resource, what was kept, what was opened. */
  readonly holders: Map<unknown, ErrorPlace | undefined>
  handoff: ResourceHandoff<unknown> | undefined
  /** The closing of what is left of the old one, once it has begun. */
  finalized: Promise<void> | undefined
  /** Whether it is handed to what was kept of it. */
  isKept: boolean
  /** Whether it is opened anew. */
  isReopened: boolean
  copied: boolean
  /** Its `converge` was begun, so that the old resource may be stopped. */
  converging: boolean
  /** What was deactivated, and has to be activated again if it goes on serving. */
  deactivated: { readonly resource: unknown } | undefined
  activationError: ReloadError | undefined
  result: { readonly resource: unknown } | undefined
  prepareMs: number
  convergeMs: number
  /** Known once the gate has let go; a later reload counts anew. */
  pauseMs: number | undefined
}

/**
 * When a discipline converges. A stop-and-copy resource takes as long as its peers outside take: it goes first, as every
 * gate is held from its turn to the commit. A pre-copy resource takes only as long as the last few writes: it goes last.
 */
const CONVERGES: Record<Discipline, number> = { 'stop-and-copy': 0, clean: 1, contract: 1, 'pre-copy': 2 }
const DEFAULT: ChosenCutover = { cutover: 'overlap', by: undefined }
const TURNS = [0, 1, 2]
/** A hold that is longer than this is one that others are not to share. */
const LONG_MS = 5

export function placeOf({ strategy, key, name, plugin }: ResourceMove): ErrorPlace {
  return { surface: strategy.surface.id, key, resource: name, ...(plugin !== undefined && { plugin }) }
}

/** The handoffs of one reload, driven through their steps together. */
export class Handoffs {
  readonly #items: readonly Item[]
  readonly #options: HandoffsOptions
  readonly #clock: Clock
  readonly #claims: Claims
  /** In the order they were begun; rollback goes the other way. */
  readonly #begun: Item[] = []
  readonly #abort = new AbortController()

  constructor(moves: readonly ResourceMove[], environment: StepEnvironment, options: HandoffsOptions) {
    this.#options = options
    this.#clock = environment.clock
    this.#claims = environment.claims
    this.#items = moves.map((move) => {
      const place = placeOf(move)
      return {
        move, cutover: options.cutovers.get(move) ?? DEFAULT, place, step: new Step(environment, place),
        holders: new Map<unknown, ErrorPlace | undefined>(),
        handoff: undefined, finalized: undefined, isKept: false, isReopened: move.reopened === true, copied: false, converging: false,
        deactivated: undefined, activationError: undefined, result: undefined, prepareMs: 0, convergeMs: 0,
        pauseMs: undefined,
      }
    })
  }

  get report(): HandoffReport[] {
    return this.#items.map((
      { move, cutover, handoff, step, isKept, isReopened, prepareMs, convergeMs, pauseMs, activationError },
    ) => ({
      surface: move.strategy.surface.id, key: move.key, resource: move.name,
      discipline: handoff?.discipline ?? move.strategy.discipline,
      cutover: cutover.cutover, cutoverBy: cutover.by,
      prepareMs, convergeMs, pauseMs: pauseMs ?? move.gate.longestHeldMs, ...step.stretch,
      from: isReopened ? 'open' : isKept ? 'kept' : 'serving', outlived: [...step.outlivedErrors],
      bytes: step.bytes, replayedWrites: step.replayedWrites, activationError,
    }))
  }

  /** Verdicts on single resources, where their handoffs came to one. */
  get verdicts(): CompatEntry[] {
    return this.#items.flatMap((
      { move: { strategy, name, key, transition: { to } }, step },
    ) => step.verdicts.map((verdict): CompatEntry => ({
      surface: strategy.surface.id, key, step: 'handoff', resource: name,
      ...(to && { plugin: `${to.id}@${to.version}` }), verdict,
    })))
  }

  /** The resources that will serve, with the moves they come from. */
  * results(): Generator<readonly [move: ResourceMove, resource: unknown]> {
    for (const { move, result } of this.#items) if (result) yield [move, result.resource]
  }

  async prepare(): Promise<void> {
    await this.#each(this.#items, 'prepare', async (item) => {
      item.move.gate.resetLongestHeld()
      this.#begun.push(item)
      item.handoff = this.#begin(item)
      await item.handoff.prepare?.()
    })
  }

  async converge(): Promise<void> {
    for (const turn of TURNS) {
      const items = this.#items.filter(
        ({ move, handoff }) => CONVERGES[handoff?.discipline ?? move.strategy.discipline] === turn,
      )
      await this.#each(
        items.filter(({ handoff }) => handoff?.catchUp !== undefined), 'converge',
        async ({ handoff }) => handoff?.catchUp?.(), { told: false },
      )
      // Those that took long to catch up will take long for the rest as well. Nobody else is held meanwhile: those that
      // only ran beside them took a part of that time.
      const longestMs = items.reduce((longest, { convergeMs }) => Math.max(longest, convergeMs), 0)
      const behind = new Set(items.filter(({ convergeMs }) => convergeMs > Math.max(LONG_MS, longestMs / 2)))
      for (const some of [[...behind], items.filter((item) => !behind.has(item))]) {
        await this.#each(some, 'converge', (item) => this.#convergeHeld(item))
      }
    }
  }

  /** @throws ReloadError `HANDOFF` where a gate was closed or let go since it converged, so that not all could switch. */
  refuseUncommittable(): void {
    const astray = this.#items.find(({ move }) => move.gate.state !== 'held')
    if (astray === undefined) return
    throw new ReloadError('HANDOFF', `the gate of the resource is ${astray.move.gate.state}, not held`, {
      ...astray.place, phase: 'commit', hint: 'Neither close nor release a gate before its reload is committed or rolled back.',
    })
  }

  /**
   * Synchronous, runs no plugin code: every gate goes on against the new resource, or, where one cannot, none does.
   *
   * @param retain whether gates keep the writes that those need which may serve again.
   */
  commit({ retain }: { retain: boolean } = { retain: false }): void {
    this.refuseUncommittable()
    for (const item of this.#items) {
      if (item.result === undefined) continue
      item.move.gate.switchTo(item.result.resource, { retain: retain && item.handoff?.kept !== undefined })
      item.pauseMs = item.move.gate.longestHeldMs
      if (item.move.handedIn === true) this.#claims.letGo(item.result.resource, item.place)
    }
  }

  /** In the turn of the commit, once everybody sees it: whatever a strategy does here, the commit stands. */
  activate(): void {
    for (const item of this.#items) {
      if (item.result === undefined || item.move.strategy.activate === undefined) continue
      const startedAt = this.#clock.now()
      item.activationError = this.#activate(item, item.result.resource, 'commit')
      const { place, activationError: error } = item
      this.#options.onHandoff?.({ place, step: 'activate', ms: this.#clock.now() - startedAt, ...(error && { error }) })
    }
  }

  /**
   * Undoes what was begun, as many at a time as are handed over. Writers come first: where the old resource serves on,
   * its gate is let go before anything is closed, and what has to be started again comes before what has only to be
   * closed. Resolves with what failed on the way, last begun first.
   */
  async rollback(): Promise<unknown[]> {
    const begun = this.#begun.splice(0).toReversed()
    const servingOn = new Set(begun.filter(({ converging, handoff }) => !converging || handoff?.kept !== undefined))
    const errors = new Map<Item, unknown[]>(begun.map((item) => [item, servingOn.has(item) ? this.#letGo(item) : []]))
    const inOrder = [...begun.filter((item) => !servingOn.has(item)), ...servingOn]
    await forEachBounded(inOrder, this.#options.concurrency, async (item) => {
      const { handoff } = item
      await this.#timed(item, 'rollback', async () => {
        if (handoff) await item.step.run('rollback', { code: 'HANDOFF' }, () => handoff.rollback())
      }).catch((error: unknown) => { errors.get(item)?.push(error) })
      item.result = undefined
      const { handedIn, gate } = item.move
      this.#letGoHeld(item, new Set(handedIn === true || gate.halted !== undefined ? [] : [gate.resource]))
      // A gate must not stay held by a handoff whose rollback failed before it let go.
      if (!servingOn.has(item)) errors.get(item)?.push(...this.#letGo(item))
    }, () => {})
    return [...errors.values()].flat()
  }

  /** Those that something was kept of, and that are copied all the same: the record of what was written since has ended. */
  copied(): ResourceMove[] {
    return this.#items.flatMap(({ move, copied }) => copied ? [move] : [])
  }

  /** The old resources that are as they were at the commit, by gate. */
  kept(): ReadonlyMap<WriteGate<unknown, unknown>, unknown> {
    return new Map(this.#items.flatMap(({ move, handoff }) => handoff?.kept === undefined ? [] : [[move.gate, handoff.kept.resource]]))
  }

  /**
   * Closes, once, what is left of the old resources, but for those that serve again. Resolves with what failed on the way.
   *
   * @param isAsked which of them, by their owners. Default: all.
   */
  async finalize(again: ReadonlySet<unknown> = new Set(), isAsked: (owner: object | undefined) => boolean = () => true): Promise<unknown[]> {
    const errors: unknown[] = []
    await forEachBounded(this.#items.filter(({ move }) => isAsked(move.owner)), this.#options.concurrency, async (item) => {
      await (item.finalized ??= this.#finalize(item, again)).catch((error: unknown) => { errors.push(error) })
    }, () => {})
    return errors
  }

  async #finalize(item: Item, again: ReadonlySet<unknown>): Promise<void> {
    const { handoff } = item
    const kept = handoff?.kept
    const close = kept !== undefined && again.has(kept.resource) ? () => kept.release() : () => handoff?.finalize()
    try {
      await this.#timed(item, 'finalize', () => item.step.run('finalize', { code: 'HANDOFF' }, close))
    } finally {
      this.#letGoHeld(item, new Set([...again, item.result?.resource]))
    }
  }

  /** All but `serving` was closed. What was kept is closed by those that keep it. */
  #letGoHeld({ holders, move }: Item, serving: ReadonlySet<unknown>): void {
    for (const [resource, holder] of holders) {
      if (!serving.has(resource) && resource !== move.kept) this.#claims.letGo(resource, holder)
    }
    // A handoff that halted its gate is kept by that.
    holders.clear()
  }

  #noteServing({ holders, move: { gate } }: Item): void {
    if (gate.halted === undefined) holders.set(gate.resource, this.#claims.holderOf(gate.resource))
  }

  #claim({ step, place, holders }: Item, resource: unknown): void {
    const holder = this.#claims.holderOf(resource)
    if (holder !== undefined && holder === holders.get(resource)) return
    step.claim(resource)
    holders.set(resource, place)
  }

  /** What serves is refused here also where it is the item's own: who claims by this closes it again. */
  #openingOf({ step, place, holders }: Item): Opening {
    return {
      claim: (resource) => {
        step.claim(resource)
        holders.set(resource, place)
      },
      letGo: (resource) => { step.letGo(resource) },
    }
  }

  /** The old resource goes on: with writes, and with what it does by itself. */
  #letGo(item: Item): ReloadError[] {
    item.move.gate.release()
    item.pauseMs = item.move.gate.longestHeldMs
    const failed = this.#reactivate(item)
    return failed === undefined ? [] : [failed]
  }

  async #convergeHeld(item: Item): Promise<void> {
    const { gate } = item.move
    const handoff = item.handoff as ResourceHandoff<unknown>
    if (handoff.withoutOld === true) await holdOrAbandon(gate, item.step)
    else await item.step.call('hold writes', () => gate.hold(), { side: 'old' })
    // A write may have started a halted one meanwhile.
    this.#noteServing(item)
    await this.#deactivate(item, handoff.withoutOld === true)
    item.converging = true
    const resource = await handoff.converge()
    if (resource === undefined || resource === null) throw new Error('the handoff converged without a resource')
    if (gate.state !== 'held') {
      throw new Error(`the handoff converged and left its gate ${gate.state}; writes have to be held until the commit`)
    }
    this.#claim(item, resource)
    item.result = { resource }
  }

  #begin(item: Item): ResourceHandoff<unknown> {
    const { strategy, name, key, old, next, gate, transition, open, kept } = item.move
    if (strategy.handoff === undefined) throw new Error('the strategy of this surface cannot hand over a live resource')
    // Nobody has a checkpoint of what an earlier reload opened anew, and could not start again.
    item.isReopened ||= gate.halted?.from === 'open'
    item.isKept = !item.isReopened && kept !== undefined && gate.retains
    item.copied = kept !== undefined && !gate.retains
    if (item.move.handedIn === true && gate.halted === undefined) item.step.claim(gate.resource)
    item.holders.set(kept, this.#claims.holderOf(kept))
    this.#noteServing(item)
    const job: HandoffJob<unknown, unknown> = {
      name, key, old, next, gate, transition, cutover: item.cutover.cutover,
      ...(open && { open: (provider) => open(provider, this.#openingOf(item)) }),
      ...(!item.copied && kept !== undefined && { kept }),
      claim: (resource) => { this.#claim(item, resource) },
      letGo: (resource) => { this.#claims.letGo(resource, item.holders.get(resource) ?? item.place) },
    }
    if (item.isReopened) {
      const exclusive = item.move.reopened === true
        && (job.cutover === 'exclusive' || strategy.discipline === 'stop-and-copy')
      return reopen(job, item.step, { exclusive, close: (resource) => strategy.close?.(resource) })
    }
    const handoff: unknown = synchronous(strategy.handoff(job, item.step), 'handoff()', 'what takes time are its steps')
    if (!isHandoff(handoff)) throw new TypeError('the strategy returned something that is not a handoff')
    return handoff
  }

  /** A dry run takes nothing out of service. */
  async #deactivate(item: Item, withoutOld: boolean): Promise<void> {
    const { strategy, gate } = item.move
    if (strategy.deactivate === undefined || item.step.dryRun || gate.halted !== undefined) return
    const { resource } = gate
    await item.step.call('deactivate', () => {
      // Not before the call is made: one that was aborted ahead of it has ended nothing.
      item.deactivated = { resource }
      return synchronous(
        strategy.deactivate?.(resource), 'deactivate()', 'what acts by itself has to have ended when it returns',
      )
    }, { side: 'old' }).catch((error: unknown) => {
      if (!withoutOld || (ReloadError.is(error) && error.code === 'ABORTED')) throw error
      item.step.outlived(error)
    })
  }

  /** One that was stopped and started again was activated when it took the other's place. */
  #reactivate(item: Item): ReloadError | undefined {
    const { deactivated, move: { gate } } = item
    item.deactivated = undefined
    if (deactivated === undefined || gate.halted !== undefined || gate.resource !== deactivated.resource) {
      return undefined
    }
    return this.#activate(item, deactivated.resource, 'rollback')
  }

  #activate({ move, place, step }: Item, resource: unknown, phase: ReloadPhase): ReloadError | undefined {
    const startedAt = this.#clock.now()
    try {
      activate(move.strategy, resource, { ...place, phase })
      return undefined
    } catch (error) {
      return error as ReloadError
    } finally {
      step.blocked('activate', this.#clock.now() - startedAt)
    }
  }

  async #each(
    items: readonly Item[], phase: 'prepare' | 'converge', body: (item: Item) => Promise<void>,
    { told } = { told: true },
  ): Promise<void> {
    const { signal: abort } = this.#abort
    const unlink = this.#linkSignal()
    await forEachBounded(items, this.#options.concurrency, async (item) => {
      const ms = await this.#timed(item, phase, () =>
        item.step.run(phase, { code: 'HANDOFF', signal: abort }, () => body(item)), told)
      item[`${phase}Ms`] += ms
    }, () => this.#abort.abort(new ReloadError('ABORTED', 'another handoff of this reload failed', { phase })))
      .finally(unlink)
  }

  /** Not by `AbortSignal.any`: in Node 22 the caller's signal keeps something of each for as long as it lives. */
  #linkSignal(): () => void {
    const { signal } = this.#options
    if (signal === undefined) return () => {}
    const abort = (): void => { this.#abort.abort(signal.reason) }
    if (signal.aborted) abort()
    return onAbort(signal, abort)
  }

  /** @param told whether the observer hears of it also where it goes well: it is not told of half a step. */
  async #timed(item: Item, step: HandoffStep, run: () => Promise<unknown>, told = true): Promise<number> {
    const startedAt = this.#clock.now()
    const event = (more?: { error: unknown }): HandoffEvent => ({ place: item.place, step, ms: this.#clock.now() - startedAt, ...more })
    try {
      await run()
    } catch (error) {
      this.#options.onHandoff?.(event({ error }))
      throw error
    }
    const done = event()
    if (told) this.#options.onHandoff?.(done)
    return done.ms
  }
}

function isHandoff(value: unknown): value is ResourceHandoff<unknown> {
  if (typeof value !== 'object' || value === null) return false
  const { converge, rollback, finalize } = value as Partial<Record<string, unknown>>
  return [converge, rollback, finalize].every((member) => typeof member === 'function')
}

/**
 * Samples of a move's live resource, read between two of its writes. A halted resource has none to read, and one that
 * is opened anew is asked nothing.
 */
export function liveSample(move: ResourceMove): LiveSample<unknown> | undefined {
  return move.gate.halted !== undefined || move.reopened === true ? undefined : {
    name: move.name, use: (read) => move.gate.use(read),
  }
}
