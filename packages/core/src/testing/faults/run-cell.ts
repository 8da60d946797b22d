import { describeThrown } from '../../errors.js'
import type { FinalReport, ReloadResult } from '../../host/report/results.js'
import type { HandoffStrategy } from '../../strategy.js'
import { Breaches } from './breaches.js'
import { nameOf } from './call-site.js'
import type { CallNames } from './call-names.js'
import type { Cell } from './cell.js'
import { BYSTANDER } from './circumstances.js'
import { Fault } from './fault.js'
import { FrozenPerformance } from './frozen-performance.js'
import { checkEnd, checkOrder } from './final-check.js'
import { checkEnding, type Ending } from './outcome-check.js'
import { PromptTimers } from './prompt-timers.js'
import { Stand } from './stand.js'
import { checkState } from './state-check.js'
import type { StrategySubject } from './subject.js'
import type { Trace } from './trace.js'
import { turn } from './turn.js'
import { UnheardRejections } from './unheard-rejections.js'
import { Users } from './users.js'
import { WatchedSignal } from './watched-signal.js'

export interface CellRun {
  readonly trace: Trace
  /** Whether the fault, the abort or the malformed plugin of the cell took effect. */
  readonly reached: boolean
  /** How what the caller was told differs from what the cell expects. */
  readonly told: readonly string[]
  /** What breaks an invariant, apart from what the caller was told. */
  readonly broken: readonly string[]
}

/**
 * Runs one cell: the reload with its fault, a check of everything that can be seen, a reload without a fault, and the
 * end of the host.
 */
export async function runCell<P, R, W>(
  strategy: HandoffStrategy<P, R, W>,
  subject: StrategySubject<P, R, W>,
  cell: Cell,
  names: CallNames,
): Promise<CellRun> {
  using unheard = new UnheardRejections()
  using _still = new FrozenPerformance()
  using _prompt = new PromptTimers()
  const run = await new CellRunner(strategy, subject, cell, names).run()
  await turn()
  const dropped = unheard.found.map(
    (reason) => `I8: a rejection that nobody hears would end the process: ${describeThrown(reason)}`,
  )
  return { ...run, broken: [...run.broken, ...dropped] }
}

class CellRunner<P, R, W> {
  readonly #strategy: HandoffStrategy<P, R, W>
  readonly #subject: StrategySubject<P, R, W>
  readonly #cell: Cell
  readonly #names: CallNames
  readonly #broken = new Breaches()
  readonly #told = new Breaches()
  readonly #signal = new WatchedSignal()
  readonly #faults: readonly Fault[]
  #stand: Stand<P, R, W> | undefined
  #reached = false

  constructor(strategy: HandoffStrategy<P, R, W>, subject: StrategySubject<P, R, W>, cell: Cell, names: CallNames) {
    this.#strategy = strategy
    this.#subject = subject
    this.#cell = cell
    this.#names = names
    this.#faults = cell.strikes.map(
      ({ fault }) =>
        new Fault(fault, {
          abort: () => {
            this.#signal.abort()
          },
          elsewhere: () => this.#stand?.elsewhere,
        }),
    )
  }

  async run(): Promise<CellRun> {
    const { circumstances, strikes, misshape, samples } = this.#cell
    const aims = strikes.map(({ site }, at) => ({ site: nameOf(site), fault: this.#faults[at] as Fault }))
    let users: Users<P, R, W> | undefined
    const stand = await Stand.open({
      strategy: this.#strategy,
      subject: this.#subject,
      circumstances,
      aims,
      misshape,
      samples,
      names: this.#names,
      onMoment: (moment) => this.#at(moment),
      onNewStep: () => users?.come(),
    })
    this.#stand = stand
    users = new Users(
      stand,
      this.#broken,
      strikes.some(({ site }) => site.phase === 'rollback'),
    )
    for (let nth = 0; nth < 2; nth += 1) await Promise.all([...stand.ledgers.values()].map((ledger) => ledger.write()))
    // An exclusive reload would wait for the leases of users who stay.
    if (circumstances.cutover === 'overlap') users.stay()

    const bystander = this.#reloadBystander(stand)
    stand.trace.start()
    const ending = await this.#reload(stand, users)
    if (ending === undefined) return this.#result(stand)
    for (const fault of this.#faults) fault.release()
    for (let turns = 0; turns < 3; turns += 1) await turn()
    await users.gone()
    stand.trace.stop()
    if (strikes.length === 0) checkOrder(stand.trace, this.#broken)
    checkEnding(this.#cell, this.#strategy.surface.id, ending, this.#told)

    const committed = ending.results?.some(({ status }) => status === 'committed') === true
    const beside = await bystander()
    await checkState(
      stand,
      this.#broken,
      { version: committed ? 2 : 1, generation: committed ? 1 : 0, bystander: beside },
      'after it',
    )
    await this.#reloadAgain(stand, { generation: committed ? 2 : 1, bystander: beside })
    await checkEnd(stand, this.#broken)
    this.#broken.must(
      this.#signal.listeners === 0,
      'I12',
      `${this.#signal.listeners} listeners are left on the caller's signal`,
    )
    return this.#result(stand)
  }

  #at(moment: string): void {
    const { abortAt, circumstances } = this.#cell
    if (moment === abortAt) this.#reached = true
    if (moment === abortAt || (circumstances.course === 'is aborted at the commit' && moment === 'phase commit'))
      this.#signal.abort()
  }

  #result({ trace }: Stand<P, R, W>): CellRun {
    const { abortAt } = this.#cell
    return {
      trace,
      told: this.#told.found,
      broken: this.#broken.found,
      reached: this.#faults.every(({ struck }) => struck) && (abortAt === undefined || this.#reached),
    }
  }

  /** Runs the reload up to the end of the old version. Resolves with `undefined` where it does not end. */
  async #reload(stand: Stand<P, R, W>, users: Users<P, R, W>): Promise<Ending | undefined> {
    const { cutover, course } = this.#cell.circumstances
    const reloading = stand.reload(2, { cutover, dryRun: course === 'is a dry run', signal: this.#signal.signal })
    const { ended, deadlines } = await stand.settle(reloading)
    this.#broken.must(ended, 'I8', `the reload does not end, however many deadlines pass`)
    if (!ended) return undefined
    users.come()
    let results: readonly ReloadResult[] | undefined
    let error: unknown
    try {
      results = await reloading
    } catch (thrown) {
      error = thrown ?? new Error('it was refused with nothing')
    }
    const finals = await this.#finalize(stand, users, results ?? [])
    return { results, error, finals, deadlines }
  }

  async #finalize(
    stand: Stand<P, R, W>,
    users: Users<P, R, W>,
    results: readonly ReloadResult[],
  ): Promise<readonly FinalReport[]> {
    for (const { id, state, heldBy } of stand.host.plugins()) {
      if (state === 'retired' && this.#cell.circumstances.cutover === 'overlap')
        this.#broken.must(
          heldBy.some(({ label }) => label === 'who stays'),
          'I9',
          `${id} is retired, and nobody is said to hold it`,
        )
    }
    users.leave()
    const finalizing = Promise.all(results.map(({ finalized }) => finalized))
    const { ended } = await stand.settle(finalizing)
    this.#broken.must(ended, 'I8', 'the old version is not closed, however many deadlines pass')
    return ended ? finalizing : []
  }

  /**
   * Gives a function that reloads the bystander while a call hangs: that must not wait for the call (I11). Resolves
   * with the bystander's version.
   */
  #reloadBystander(stand: Stand<P, R, W>): () => Promise<number> {
    const hang = this.#faults.find(({ sort }) => sort === 'hangs')
    if (hang === undefined) return () => Promise.resolve(1)
    const reloaded = hang.reached.then(async () => {
      const startedAt = stand.clock.now()
      const { finalized } = await stand.host.reload(stand.handle(BYSTANDER), stand.plugin(BYSTANDER, 2).plugin)
      this.#broken.must(stand.clock.now() === startedAt, 'I11', 'the reload of another plugin waits for this one')
      return finalized
    })
    return async () => {
      await stand.settle(reloaded)
      return reloaded.then(
        () => 2,
        (error: unknown) => {
          this.#broken.must(false, 'I11', `another plugin cannot be reloaded: ${describeThrown(error)}`)
          return 1
        },
      )
    }
  }

  async #reloadAgain(
    stand: Stand<P, R, W>,
    { generation, bystander }: { generation: number; bystander: number },
  ): Promise<void> {
    const reloading = stand
      .reload(3, { cutover: this.#cell.circumstances.cutover })
      .then((results) => Promise.all(results.map(({ finalized }) => finalized)))
    const { ended } = await stand.settle(reloading)
    try {
      const finals = ended ? await reloading : []
      this.#broken.must(
        ended && finals.every(({ status, errors }) => status === 'finalized' && errors.length === 0),
        'I3',
        'the next reload is not clean',
      )
    } catch (error) {
      this.#broken.must(false, 'I3', `the next reload is refused: ${describeThrown(error)}`)
      return
    }
    await checkState(stand, this.#broken, { version: 3, generation, bystander }, 'after the next reload')
  }
}
