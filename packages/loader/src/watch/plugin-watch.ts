import { ASYNC_DISPOSE, ReloadError } from '@uni/reload-core'
import { digestOf } from '../digest.js'
import { lookAt } from '../look-at.js'
import type { LoadedPlugin } from '../loaded-plugin.js'
import type { BuiltBundle, PluginLoader } from '../plugin-loader.js'
import { isOfAbsence } from './absent.js'
import { Rounds } from './rounds.js'
import { type WatchEvent, type WatchOutcome } from './watch-event.js'
import type { CheckedWatchOptions } from './watch-options.js'
import { RefusedByHost, WatchedHost, type WatchedPluginHost } from './watched-host.js'
import { WatchedSource } from './watched-source.js'

/** How soon a round is tried again by itself, which waits longer each time. */
const AGAIN_MS = 100
const LONGEST_AGAIN_MS = 10_000
/** A file that is away for longer than 100 ms · 2⁶ is waited for by its event. */
const TRIES_OF_ABSENCE = 6

/** A file that was emptied is about to be written, as most editors do it, unless it is empty for 100 ms · (2³ - 1). */
const TRIES_OF_EMPTY = 3

/** A watch of a plugin, until it is disposed of. */
export class PluginWatch implements AsyncDisposable {
  readonly #options: CheckedWatchOptions
  readonly #loader: PluginLoader
  readonly #host: WatchedHost
  readonly #source: WatchedSource
  readonly #rounds: Rounds
  readonly #changed = new Set<string>()
  readonly #onAbort = (): void => {
    void this[ASYNC_DISPOSE]()
  }
  #outcome: WatchOutcome | undefined
  #isOver = false

  constructor(host: WatchedPluginHost, loader: PluginLoader, options: CheckedWatchOptions) {
    this.#options = options
    this.#loader = loader
    this.#host = new WatchedHost(host, options)
    this.#source = new WatchedSource({
      path: loader.path,
      bundle: () => loader.bundle(),
      onChange: (file) => {
        this.#heard(file)
      },
      onUnwatched: (folder, error) => {
        this.#tell({ type: 'unwatched', folder, error })
      },
    })
    this.#rounds = new Rounds({
      clock: options.clock,
      debounceMs: options.debounceMs,
      round: (signal, retries) => this.#round(signal, retries),
      onPutOff: (ms) => {
        this.#tell({ type: 'put-off', ms })
      },
    })
    options.signal?.addEventListener('abort', this.#onAbort)
    if (options.signal?.aborted === true) this.#onAbort()
    else this.#rounds.begin()
  }

  /**
   * Resolves when no change that is known of is left to be looked at, with what became of the last one; and when the
   * watch has ended.
   */
  async settled(): Promise<WatchOutcome | undefined> {
    await this.#rounds.settled()
    return this.#outcome
  }

  /** Ends the watch: what is being reloaded and not committed yet is rolled back. The plugin stays in the host. */
  async [ASYNC_DISPOSE](): Promise<void> {
    this.#isOver = true
    this.#options.signal?.removeEventListener('abort', this.#onAbort)
    this.#source.close()
    await this.#rounds.end()
    // A round under way may have begun to watch once more.
    this.#source.close()
  }

  #heard(file: string): void {
    if (this.#isOver) return
    if (!this.#changed.has(file)) {
      this.#changed.add(file)
      this.#tell({ type: 'changed', file })
    }
    this.#rounds.changed()
  }

  async #round(signal: AbortSignal, retries: number): Promise<number | undefined> {
    if (retries < TRIES_OF_EMPTY && [...this.#changed].some(isEmpty)) return AGAIN_MS * 2 ** retries
    this.#changed.clear()
    const outcome = await this.#bring(signal, retries)
    if (outcome.type === 'reloaded') this.#tellOfFinal(outcome)
    const isTold = outcome.type === 'failed' && retries > 0 && isAlike(outcome, this.#outcome)
    if (!isTold) this.#tell(outcome)
    this.#outcome = outcome
    return outcome.type === 'failed' ? outcome.againInMs : undefined
  }

  async #bring(signal: AbortSignal, retries: number): Promise<WatchOutcome> {
    try {
      const built = await this.#source.bundle()
      try {
        return await this.#bringBundle(built, signal)
      } finally {
        await built.opened?.hold.letGo()
      }
    } catch (thrown) {
      const { step, error } = thrown instanceof RefusedByHost ? thrown : new RefusedByHost('load', thrown)
      return { type: 'failed', step, error, serving: this.#host.serving, againInMs: againInMs(error, retries) }
    }
  }

  async #bringBundle(built: BuiltBundle, signal: AbortSignal): Promise<WatchOutcome> {
    const digest = digestOf(built.bundle.code)
    const handle = this.#host.servingAs(digest)
    if (handle !== undefined) return { type: 'unchanged', handle }
    const { residue } = this.#options
    const load = (): Promise<LoadedPlugin> => this.#loader.load(built, digest)
    return await this.#host.bring(residue === undefined ? load : () => residue.loading(load), signal)
  }

  #tellOfFinal({ result }: Extract<WatchOutcome, { type: 'reloaded' }>): void {
    const { handle, finalized } = result
    void finalized.then((report) => {
      this.#tell({ type: 'finalized', handle, report })
    })
  }

  #tell(event: WatchEvent): void {
    if (this.#isOver) return
    try {
      const told: unknown = this.#options.observer?.(event)
      Promise.resolve(told).catch(() => {})
    } catch {
      // Whoever observes does not break what is observed.
    }
  }
}

function isEmpty(path: string): boolean {
  const found = lookAt(path)
  return found?.isFile() === true && found.size === 0
}

/** In how many milliseconds what failed is tried again by itself: the host was busy, or a file away. */
function againInMs(error: unknown, retries: number): number | undefined {
  const isBusy = ReloadError.is(error) && error.retryable
  const isAway = isOfAbsence(error) && retries < TRIES_OF_ABSENCE
  return isBusy || isAway ? Math.min(LONGEST_AGAIN_MS, AGAIN_MS * 2 ** retries) : undefined
}

function isAlike({ step, error }: WatchOutcome & { type: 'failed' }, before: WatchOutcome | undefined): boolean {
  return before?.type === 'failed' && before.step === step && String(before.error) === String(error)
}
