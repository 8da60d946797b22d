import type { Clock } from '@uni/reload-core'

export interface RoundsInit {
  readonly clock: Clock
  /** Milliseconds without a change after which a round begins. */
  readonly debounceMs: number
  /**
   * Looks at what has changed. Must not reject.
   *
   * @param signal fires when the rounds are ended.
   * @param retries how many rounds there were since the last change.
   * @returns in how many milliseconds there is to be another round without a change; `undefined` for none.
   */
  readonly round: (signal: AbortSignal, retries: number) => Promise<number | undefined>
  /** Told where the next round is put off, as there were too many. */
  readonly onPutOff?: (ms: number) => void
}

/** A change so soon after the end of a round may have been made by that round. */
const SOON_MS = 2_000
/** So many such rounds one after another are a person's who saves often. */
const FREE_ROUNDS = 8
const LONGEST_MS = 60_000
/** How many times the debounce a round waits for changes that go on and on. */
const PATIENCE = 20

type State =
  | { readonly is: 'idle' }
  /** @param notBefore as there were too many rounds. */
  | {
      readonly is: 'waiting'
      readonly since: number
      readonly notBefore: number
      readonly isRetry: boolean
      readonly cancel: () => void
    }
  | { readonly is: 'running'; readonly over: Promise<void>; changed: boolean }
  | { readonly is: 'ended' }

/**
 * Rounds of work that changes ask for: one at a time, each when changes have ceased for a while. All changes before a
 * round are its own, and all that come during it are the next one's. Where each round seems to bring about the next,
 * they become ever rarer.
 */
export class Rounds {
  readonly #init: RoundsInit
  readonly #end = new AbortController()
  #state: State = { is: 'idle' }
  #endedAt = Number.NEGATIVE_INFINITY
  /** How many rounds there were one after another, each of which may have brought about the next. */
  #inARow = 0
  #retries = 0
  #settled: (() => void)[] = []

  constructor(init: RoundsInit) {
    this.#init = init
  }

  /** Something has changed. */
  changed(): void {
    const state = this.#state
    if (state.is === 'running') state.changed = true
    if (state.is === 'idle' || state.is === 'waiting') this.#retries = 0
    if (state.is === 'idle' || (state.is === 'waiting' && state.isRetry)) this.#waitForQuiet()
    else if (state.is === 'waiting') this.#wait(state.since, state.notBefore)
  }

  /** Begins a round at once, where none is under way. */
  begin(): void {
    if (this.#state.is === 'waiting') this.#state.cancel()
    if (this.#state.is === 'idle' || this.#state.is === 'waiting') this.#run()
  }

  /** Resolves when there is nothing to do, or the rounds are ended. */
  settled(): Promise<void> {
    if (this.#state.is === 'idle' || this.#state.is === 'ended') return Promise.resolve()
    return new Promise((resolve) => this.#settled.push(resolve))
  }

  /** Resolves when the round under way is over. */
  async end(): Promise<void> {
    const state = this.#state
    this.#state = { is: 'ended' }
    if (state.is === 'waiting') state.cancel()
    this.#end.abort()
    this.#tellSettled()
    if (state.is === 'running') await state.over
  }

  #waitForQuiet(): void {
    const { clock, debounceMs, onPutOff } = this.#init
    const now = clock.now()
    if (this.#state.is === 'waiting') this.#state.cancel()
    this.#inARow = now - this.#endedAt <= SOON_MS ? this.#inARow + 1 : 0
    const putOffMs = Math.min(LONGEST_MS, debounceMs * 2 ** (this.#inARow - FREE_ROUNDS))
    if (this.#inARow > FREE_ROUNDS) onPutOff?.(putOffMs)
    this.#wait(now, this.#inARow > FREE_ROUNDS ? now + putOffMs : now)
  }

  #wait(since: number, notBefore: number, isRetry = false): void {
    const { clock, debounceMs } = this.#init
    if (this.#state.is === 'waiting') this.#state.cancel()
    const now = clock.now()
    const quiet = isRetry ? now : Math.min(now + debounceMs, since + PATIENCE * debounceMs)
    const cancel = clock.after(Math.max(quiet, notBefore) - now, () => {
      this.#run()
    })
    this.#state = { is: 'waiting', since, notBefore, isRetry, cancel }
  }

  #run(): void {
    const over = Promise.resolve().then(() => this.#round())
    this.#state = { is: 'running', changed: false, over }
  }

  async #round(): Promise<void> {
    const againInMs = await this.#init.round(this.#end.signal, this.#retries)
    const state = this.#state
    const now = this.#init.clock.now()
    if (state.is !== 'running') return
    this.#endedAt = now
    this.#state = { is: 'idle' }
    if (state.changed) {
      this.#retries = 0
      this.#waitForQuiet()
    } else if (againInMs === undefined) {
      this.#tellSettled()
    } else {
      this.#retries += 1
      this.#wait(now, now + againInMs, true)
    }
  }

  #tellSettled(): void {
    for (const resolve of this.#settled.splice(0)) resolve()
  }
}
