import { chooseCutovers, type ChosenCutover } from '../../dispatch/cutovers.js'
import {
  compatReport,
  judge,
  refuseAstray,
  refuseIncompatible,
  type JudgedAddition,
  type JudgedPair,
  type JudgedRemoval,
} from '../../dispatch/compat.js'
import type { ResourceMove } from '../../dispatch/resource-move.js'
import { handlerMove } from '../../dispatch/handler-move.js'
import type { CountedVerdict } from '../../dispatch/judging.js'
import { holdingHandedIn } from '../../dispatch/holding-handed-in.js'
import { withMoves, type UnreadPair } from '../../dispatch/pairs.js'
import type { CompatEntry, CompatReport } from '../../dispatch/report.js'
import type { ReloadKindHandlers } from '../../dispatch/request.js'
import { Step } from '../../dispatch/step.js'
import { StrategyKeys } from '../../dispatch/strategy-keys.js'
import type { StepEnvironment } from '../../dispatch/step-environment.js'
import type { Cutover, Transition } from '../../strategy.js'
import type { Direction } from '../../take-back/direction.js'
import type { Attached } from '../resource/attached.js'
import { AttachedMove, type Passage } from '../resource/attached-move.js'
import type { HostState } from '../state/host-state.js'
import type { PluginVersion } from '../epoch/plugin-version.js'
import { isReopened, refuseUnknown, type ReloadSource } from '../resource/reload-source.js'
import { Contracts } from './contracts.js'
import { Fencing } from './fencing.js'
import { refuseOrphans } from './refuse-orphans.js'
import type { ProvidedBy, Succession } from './succession.js'
import type { SurfaceTable } from '../epoch/surface-table.js'

export interface PreflightOptions {
  readonly signal: AbortSignal | undefined
  readonly cutover: Cutover
  readonly onOrphan: 'reject' | 'close'
  readonly handlers: ReloadKindHandlers | undefined
  readonly from: ReloadSource | undefined
  readonly direction: Direction
  /**
   * Called in the turn in which the listing of the live resources ends: what is attached from then on is not among
   * them.
   */
  onListed(): void
}

/** The phase `preflight`: lists what the operation will hand over, close and remember, and judges its providers. */
export class Preflight {
  readonly moves: ResourceMove[] = []
  /**
   * Live resources whose key nothing will provide, or that no plugin will open, any more: with the version that
   * provides them until then.
   */
  readonly orphans = new Map<Attached, PluginVersion>()
  /**
   * Live resources that a leaving version has had opened with a provider that stays, and that its successor does not
   * declare: with the leaving version.
   */
  readonly released = new Map<Attached, PluginVersion>()
  readonly contracts: Contracts
  /** How each resource is cut over. */
  cutovers: ReadonlyMap<ResourceMove, ChosenCutover> = new Map()
  readonly fencing: Fencing
  compat: CompatReport = { compatible: true, entries: [] }
  readonly #state: HostState
  readonly #succession: Succession
  readonly #environment: StepEnvironment
  readonly #options: PreflightOptions
  /** The pairs of all keys that are served before and after, without samples of live resources. */
  #unread: readonly UnreadPair[] = []
  /** By what provides the key from the commit on. */
  readonly #passages = new Map<ProvidedBy, Passage>()

  constructor(state: HostState, succession: Succession, environment: StepEnvironment, options: PreflightOptions) {
    this.#state = state
    this.#succession = succession
    this.contracts = new Contracts(succession, state.tables)
    this.fencing = new Fencing(succession, environment.pace, options.cutover)
    this.#environment = environment
    this.#options = options
  }

  /**
   * @throws ReloadError `ORPHANED_RESOURCE`, `HANDOFF`, `SCHEMA_INCOMPAT`, `PROVIDER_NOT_FOUND`, `RESOURCE_NOT_FOUND`,
   * `STEP_TIMEOUT`, `ABORTED`. Touches nothing live.
   */
  async run(): Promise<void> {
    await this.#awaitOpening()
    await this.#listAttached()
    this.#listHandlers()
    if (this.#options.onOrphan === 'reject')
      refuseOrphans([...this.orphans].filter(([attached]) => this.#openerLettingGo(attached) === undefined))
    this.cutovers = await chooseCutovers(this.moves, this.#options.cutover, this.#environment, this.#options.signal)
    await this.fencing.decide(this.cutovers)
    const judged = [...(await this.#pairs()), ...this.#additions(), ...this.#removals()]
    if (this.#options.direction.refusesAstray) refuseAstray(this.#environment.judging, judged)
    await holdingHandedIn(this.moves, this.#environment, async () => {
      this.compat = await judge(judged, this.#environment, this.#options.signal)
      refuseIncompatible(this.compat, this.#environment.judging)
      // A host that is closing remembers nothing: no key comes back to it.
      if (!this.#state.environment.isClosing) {
        await this.contracts.rememberRemoved(this.#environment, this.#options.signal)
      }
    })
  }

  /**
   * Whether a resource of this key that is attached now can be handed over with the others: its plugin is not fenced,
   * its successor provides the key, and its strategy need not be asked for the cutover first.
   */
  admits(table: SurfaceTable, key: string): boolean {
    const { cutover, from, direction } = this.#options
    if (!direction.admits || cutover === 'exclusive' || from !== undefined) return false
    const owner = this.#succession.before(table.id, key)?.owner
    if (
      owner === undefined ||
      this.fencing.versions.includes(owner) ||
      this.#succession.after(table.id, key) === undefined
    )
      return false
    return table.strategy.cutover === undefined || this.fencing.overlaps(table.id, key)
  }

  /** Lists a resource whose key {@link admits} has admitted. */
  admit(attached: Attached, owner: PluginVersion): AttachedMove {
    return this.#moveOf(attached, owner, this.#succession.after(attached.table.id, attached.key) as ProvidedBy)
  }

  /** A resource is detached, which may have been listed. */
  withdraw(attached: Attached): void {
    this.orphans.delete(attached)
  }

  /** The live resource that is handed over; `undefined` where the host holds it itself. */
  attachedOf(move: ResourceMove): Attached | undefined {
    return move instanceof AttachedMove ? move.attached : undefined
  }

  /**
   * Judges the keys of resources that were to be handed back to a standby and are copied after all.
   *
   * @throws ReloadError `SCHEMA_INCOMPAT`, `STEP_TIMEOUT`.
   */
  async judgeCopied(): Promise<void> {
    const { entries } = await this.#judgeLate(this.#options.direction.toJudgeLate())
    this.#report(entries)
  }

  /**
   * Judges the keys of resources that joined after the preflight, by these resources. Verdicts that the report does not
   * have yet are added to it.
   *
   * @throws ReloadError `SCHEMA_INCOMPAT`, `STEP_TIMEOUT`, `ABORTED`.
   */
  async judgeJoined(joined: readonly ResourceMove[]): Promise<void> {
    const keys = new StrategyKeys(joined)
    const pairs = this.#unread.filter((pair) => keys.has(pair))
    const { entries } = await this.#judgeLate(await withMoves(pairs, joined, this.#environment.pace))
    this.#report(entries.filter(({ verdict }) => verdict.level !== 'compatible').filter((entry) => !this.#has(entry)))
  }

  async #judgeLate(judged: readonly JudgedPair[]): Promise<CompatReport> {
    const late = await judge(judged, this.#environment, this.#options.signal)
    refuseIncompatible(late, this.#environment.judging)
    return late
  }

  #report(late: readonly CompatEntry[]): void {
    if (late.length > 0) this.compat = compatReport([...this.compat.entries, ...late], this.#environment.judging)
  }

  #has({ surface, key, verdict }: CompatEntry): boolean {
    return this.compat.entries.some(
      (entry) => entry.surface === surface && entry.key === key && isSame(entry.verdict, verdict),
    )
  }

  async #awaitOpening(): Promise<void> {
    const { signal } = this.#options
    for (const version of this.#succession.retired) {
      const pending = this.#state.resources.pendingOpens(version)
      if (pending.length === 0) continue
      const step = new Step(this.#environment, { plugin: version.label })
      await step.runCall(
        'preflight',
        { code: 'HANDOFF', ...(signal && { signal }) },
        'wait for pending opens',
        async () => {
          await Promise.allSettled(pending)
        },
      )
    }
  }

  async #listAttached(): Promise<void> {
    const { pace } = this.#environment
    const retired = new Set(this.#succession.retired)
    for (const attached of this.#state.resources.attached) {
      if (pace.due()) await pace.pause()
      const { owner } = attached
      if (owner === undefined) continue
      const lettingGo = this.#openerLettingGo(attached)
      if (!retired.has(owner)) {
        if (lettingGo !== undefined) this.released.set(attached, lettingGo)
        continue
      }
      const next = lettingGo === undefined ? this.#succession.after(attached.table.id, attached.key) : undefined
      if (next === undefined) {
        this.orphans.set(attached, owner)
        continue
      }
      this.moves.push(this.#moveOf(attached, owner, next))
    }
    this.#options.onListed()
    refuseUnknown(this.#options.from, this.moves)
  }

  /**
   * The leaving version that had the host open this resource, where its successor does not declare it; else
   * `undefined`.
   */
  #openerLettingGo({ openedBy, table, name }: Attached): PluginVersion | undefined {
    if (openedBy === undefined || this.#succession.next(openedBy)?.declares(table.id, name) !== undefined)
      return undefined
    return this.#succession.retired.find(({ id }) => id === openedBy)
  }

  #moveOf(attached: Attached, owner: PluginVersion, next: ProvidedBy): AttachedMove {
    const { openedBy, table, name } = attached
    const opener = openedBy === undefined ? undefined : this.#succession.next(openedBy)
    return new AttachedMove(attached, this.#passage(owner, next), {
      open: opener?.declares(table.id, name)?.open ?? attached.open,
      standby: this.#options.direction.standbyOf(attached.gate),
      reopened: isReopened(this.#options.from, attached),
    })
  }

  /** From `owner` to what provides the key next: one object for all resources of the key. */
  #passage(owner: PluginVersion, next: ProvidedBy): Passage {
    const known = this.#passages.get(next)
    if (known?.owner === owner) return known
    const { surface, key, provider } = next.registration
    const passage: Passage = {
      owner,
      old: owner.provides(surface, key)?.provider,
      next: provider,
      transition: this.#transition(owner, next.owner),
      plugin: this.#succession.label(owner),
    }
    this.#passages.set(next, passage)
    return passage
  }

  #listHandlers(): void {
    for (const { surface, handoff } of this.#options.handlers?.entries() ?? []) {
      const table = this.#state.tables.of(surface)
      const before = this.#succession.before(table.id, handoff.key)
      const after = this.#succession.after(table.id, handoff.key)
      const owner = before?.owner
      this.moves.push(
        handlerMove(
          table.strategy,
          handoff,
          {
            ...(owner && { plugin: this.#succession.label(owner), owner }),
            old: before?.registration.provider,
            next: after?.registration.provider,
            transition: this.#transition(owner, after?.owner),
          },
          this.#environment.clock,
        ),
      )
    }
  }

  async #pairs(): Promise<readonly JudgedPair[]> {
    const pairs: UnreadPair[] = []
    for (const version of this.#succession.installed) {
      for (const registration of version.registrations) {
        const old = this.contracts.lastServed(registration)
        if (old === undefined) continue
        const { strategy, surface, key, provider } = registration
        pairs.push({
          strategy,
          key,
          old,
          next: provider,
          transition: this.#transition(this.#succession.before(surface, key)?.owner, version),
          plugin: version.label,
        })
      }
    }
    this.#unread = pairs
    const judged = await withMoves(pairs, this.moves, this.#environment.pace)
    return this.#options.direction.toJudge(judged, this.moves)
  }

  /** The keys that come, under which nothing was served that is remembered, and whose strategy is asked. */
  #additions(): JudgedAddition[] {
    if (!this.#options.direction.asksOfKeys) return []
    return this.#succession.added
      .filter(({ registration }) => registration.strategy.checkAddition !== undefined)
      .filter(({ registration }) => this.contracts.lastServed(registration) === undefined)
      .map(({ registration: { strategy, key, provider }, owner }) => ({
        strategy,
        key,
        added: provider,
        plugin: owner.label,
      }))
  }

  /**
   * The removed keys whose strategy is asked. While a host closes none is: a strategy does not keep a host from
   * closing.
   */
  #removals(): JudgedRemoval[] {
    if (this.#state.environment.isClosing || !this.#options.direction.asksOfKeys) return []
    return this.#succession.removed
      .map(({ registration: { strategy, key, provider }, owner }) => ({
        strategy,
        key,
        removed: provider,
        plugin: this.#succession.label(owner),
      }))
      .filter(({ strategy }) => strategy.checkRemoval !== undefined)
  }

  #transition(from: PluginVersion | undefined, to: PluginVersion | undefined): Transition {
    const { direction } = this.#options.direction
    return { direction, ...(from && { from: from.identity }), ...(to && { to: to.identity }) }
  }
}

function isSame(one: CountedVerdict, other: CountedVerdict): boolean {
  return one.level === other.level && reasonOf(one) === reasonOf(other)
}

function reasonOf(verdict: CountedVerdict): string | undefined {
  return 'reason' in verdict ? verdict.reason : undefined
}
