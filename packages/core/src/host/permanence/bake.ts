import { onAbort } from '../../on-abort.js'
import { Step } from '../../dispatch/step.js'
import type { StepEnvironment } from '../../dispatch/step-environment.js'
import { ReloadError, describeThrown } from '../../errors.js'
import type { MaybePromise } from '../../maybe-promise.js'
import type { Direction } from '../../take-back/direction.js'
import type { StandbySet } from '../../take-back/standby-set.js'
import { TakingBack } from '../../take-back/taking-back.js'
import type { BakeReport, ReloadResult } from '../report/results.js'

/** A period after the commit in which a reload can be taken back. */
export interface BakeOptions {
  /** Milliseconds that the old version stays ready to serve again. */
  readonly ms: number
  /**
   * Whether the new version does well. It is called at the end of the period, or every `everyMs` of it. The reload is
   * taken back where it gives anything but `true`, throws, or does not answer within `timeouts.bake`. Default: the new
   * version does well.
   */
  readonly healthy?: ((signal: AbortSignal) => MaybePromise<boolean>) | undefined
  /** Milliseconds from one call of `healthy` to the next. Default: `ms`. */
  readonly everyMs?: number | undefined
}

type EndedEarly = Extract<BakeReport, { outcome: 'accepted' | 'superseded' }>['outcome']

export interface BakeInit {
  readonly options: BakeOptions
  readonly environment: StepEnvironment
  /** The plugins that bake, as errors name them. */
  readonly plugin: string
  /** The old resources, as they were at the commit. */
  readonly standbys: StandbySet
  /** Settles when the operation that is changing one of the plugins is over; `undefined` where none is. */
  underWay(): Promise<void> | undefined
  makePermanent(): Promise<void>
  /** The take-back. It begins in the turn in which this is called. */
  takeBack(direction: Direction): Promise<readonly ReloadResult[]>
}

/** The bake of one reload: the period, and how it ends. */
export class Bake {
  readonly over: Promise<BakeReport>
  readonly #init: BakeInit
  readonly #ended = new AbortController()
  readonly #gone = new AbortController()
  #early: EndedEarly | undefined
  /** Why the host wants the reload taken back; `undefined` where it does not. */
  #asked: string | undefined
  /** Whether the period is over, so that the reload can no longer be taken back. */
  #isPast = false
  #goingBack = false
  /** The calls of `accept` that are under way: each makes the new version permanent. */
  readonly #accepting = new Set<Promise<void>>()

  constructor(init: BakeInit) {
    this.#init = init
    this.over = this.#run()
  }

  /** Fires when the old version serves again. */
  get wentBack(): AbortSignal {
    return this.#gone.signal
  }

  /**
   * Ends the period by making the new version permanent. The reload cannot be taken back meanwhile.
   *
   * @throws ReloadError `RELOAD_IN_PROGRESS` where the reload is being taken back. Throws what `make` throws: the
   * period goes on then.
   */
  async accept(make: () => Promise<void>): Promise<void> {
    if (this.#goingBack) {
      throw new ReloadError('RELOAD_IN_PROGRESS', 'the reload is being taken back', {
        phase: 'bake',
        plugin: this.#init.plugin,
        hint: 'Await finalized of its result, which says whether that succeeds.',
      })
    }
    const accepting = make()
    this.#accepting.add(accepting)
    try {
      await accepting
      this.end('accepted')
    } finally {
      this.#accepting.delete(accepting)
    }
  }

  /**
   * Takes the reload back now, or, where something changes the plugin or makes it permanent, once that is over.
   * Resolves with how the period ended.
   *
   * @throws ReloadError `NOT_BAKING` where the period is over.
   */
  async takeBack(): Promise<BakeReport> {
    if (this.#isPast || this.#early !== undefined) throw notBaking(this.#init.plugin)
    if (!this.#goingBack) {
      this.#asked ??= 'the host asked for it'
      this.#ended.abort()
    }
    return this.over
  }

  end(outcome: EndedEarly): void {
    if (this.#goingBack) {
      // This is the commit of the take-back itself.
      this.#init.standbys.takenBack()
      this.#gone.abort()
      return
    }
    if (this.#early !== undefined) return
    this.#early = outcome
    this.#init.standbys.letGo()
    this.#ended.abort()
  }

  async #run(): Promise<BakeReport> {
    const { ms, everyMs = ms } = this.#init.options
    for (let left = ms; left > 0; left -= everyMs) {
      await this.#pause(Math.min(left, everyMs))
      // Asked for once more, as the host may have asked while the answer was on its way here.
      const problem = this.#early === undefined ? (this.#asked ?? (await this.#problem()) ?? this.#asked) : undefined
      // The loop ends in the turn in which nothing else is under way, and the take-back begins in that turn: between
      // two turns something else might begin.
      if (problem !== undefined)
        for (let other = this.#other(); other; other = this.#other()) await other.catch(() => {})
      if (this.#early !== undefined) return { outcome: this.#early }
      if (problem !== undefined) return this.#takeBack(problem)
    }
    this.#isPast = true
    this.#init.standbys.letGo()
    try {
      await this.#init.makePermanent()
      return { outcome: 'healthy' }
    } catch (error) {
      return { outcome: 'healthy', error }
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        cancel()
        stopListening()
        resolve()
      }
      const cancel = this.#init.environment.clock.after(ms, done)
      const stopListening = onAbort(this.#ended.signal, done)
    })
  }

  /** What is under way that has to end before the reload can be taken back; `undefined` where nothing is. */
  #other(): Promise<void> | undefined {
    return this.#early === undefined ? ([...this.#accepting][0] ?? this.#init.underWay()) : undefined
  }

  /** Asks `healthy`. Resolves with why the reload is to be taken back; `undefined` where it is not. */
  async #problem(): Promise<string | undefined> {
    const { options, environment, plugin } = this.#init
    const step = new Step(environment, { plugin })
    try {
      const healthy = await step.run('bake', { code: 'HANDOFF', signal: this.#ended.signal }, () =>
        step.call('healthy', (signal) => options.healthy?.(signal) ?? true),
      )
      return this.#asked ?? (healthy === true ? undefined : 'healthy said no')
    } catch (error) {
      return this.#asked ?? describeThrown(error)
    }
  }

  async #takeBack(reason: string): Promise<BakeReport> {
    this.#goingBack = true
    try {
      return { outcome: 'taken-back', reason, results: await this.#init.takeBack(new TakingBack(this.#init.standbys)) }
    } catch (error) {
      this.#init.standbys.letGo()
      return { outcome: 'stranded', reason, error: error as ReloadError }
    }
  }
}

/** The error of a `takeBack` where the reload does not bake. */
export function notBaking(plugin: string): ReloadError {
  return new ReloadError('NOT_BAKING', 'the reload cannot be taken back: its bake is over, or it had none', {
    phase: 'bake',
    plugin,
    hint: 'Reload the plugin to the version before. Only a reload that bakes can be taken back.',
  })
}
