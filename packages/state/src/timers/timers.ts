import {
  DISPOSE,
  checkOptions,
  option,
  ReloadError,
  systemClock,
  type Clock,
  type LiveResource,
  type PluginHost,
  type ProviderLease,
} from '@uni/reload-core'
import { conform } from '../schema/conform.js'
import { whenServed, type ServingHost } from '../when-served.js'
import type { TimersProvider, TimersSurface } from './contract.js'
import { Schedule, type PendingTimer } from './schedule.js'

export interface TimersOptions {
  readonly name: string
  /** The key of the provider that fires the timers. */
  readonly key: string
  readonly clock?: Clock | undefined
  /** Called with what a firing throws. The timer counts as fired. */
  onError(error: unknown, id: string): void
}

export interface TimerOptions {
  /** The delay in milliseconds, 0 or more. */
  readonly afterMs: number
  /** The interval in milliseconds: it fires again each time, until it is cleared. Default: it fires once. */
  readonly everyMs?: number | undefined
}

type TimersHost = ServingHost & Pick<PluginHost, 'attach'>

/**
 * Opens timers that belong to the host. Each fires once each time it is due, by the version that serves then; a reload
 * neither loses nor repeats a firing.
 *
 * @throws ReloadError as `attach` does.
 */
export async function openTimers<T>(
  host: TimersHost,
  surface: TimersSurface<T>,
  options: TimersOptions,
): Promise<Timers<T>> {
  const checked = checkOptions(options, 'openTimers options', {
    name: option.required(option.text),
    key: option.required(option.text),
    clock: option.with('now', 'after'),
    onError: option.required(option.function),
  })
  const { clock = systemClock, name, key } = checked
  const firing = new Firing(host, surface, checked)
  const schedule = new Schedule<T>({ clock, fire: (timer, again) => firing.fire(timer, again) })
  return new Timers(schedule, clock, await host.attach(surface, { name, key, open: () => schedule }))
}

/** See {@link openTimers}. */
export class Timers<T> {
  readonly #schedule: Schedule<T>
  readonly #clock: Clock
  readonly #live: LiveResource<Schedule<T>, never>

  constructor(schedule: Schedule<T>, clock: Clock, live: LiveResource<Schedule<T>, never>) {
    this.#schedule = schedule
    this.#clock = clock
    this.#live = live
  }

  /** Sets a timer, in place of the one with this id. The payload is not copied. */
  set(id: string, payload: T, options: TimerOptions): void {
    option.text(id, 'set id', this)
    const { afterMs, everyMs } = checkOptions(options, 'set options', {
      afterMs: option.required(option.from(0)),
      everyMs: option.positive,
    })
    const dueAt = this.#clock.now() + afterMs
    this.#schedule.set({ id, payload, dueAt, ...(everyMs !== undefined && { everyMs }) })
  }

  /** Returns whether the timer was pending. A firing that has begun goes on. */
  clear(id: string): boolean {
    return this.#schedule.clear(id)
  }

  /** The pending timers, the next one first. */
  pending(): PendingTimer<T>[] {
    return this.#schedule.pending()
  }

  /** Stops firing; `pending()` still lists the timers. Resolves when they have left the host. */
  async close(): Promise<void> {
    this.#schedule.stop()
    const { finalized } = await this.#live.detach()
    await finalized
  }
}

/** Has the version that serves fire a timer, under a lease. */
class Firing<T> {
  readonly #host: TimersHost
  readonly #surface: TimersSurface<T>
  readonly #options: TimersOptions
  #waiting = false

  constructor(host: TimersHost, surface: TimersSurface<T>, options: TimersOptions) {
    this.#host = host
    this.#surface = surface
    this.#options = options
  }

  fire(timer: PendingTimer<T>, again: () => void): Promise<void> | undefined {
    let lease: ProviderLease<TimersProvider<T>>
    try {
      lease = this.#host.acquire(this.#surface, this.#options.key, { label: `timer ${timer.id}` })
    } catch (error) {
      if (ReloadError.is(error) && error.code === 'SURFACE_FENCED') void this.#whenServed(again)
      else this.#options.onError(error, timer.id)
      return undefined
    }
    return this.#fire(timer, lease)
  }

  async #fire({ id, payload, dueAt }: PendingTimer<T>, lease: ProviderLease<TimersProvider<T>>): Promise<void> {
    try {
      const { provider, signal } = lease
      const taken = provider.schema === undefined ? payload : await conform(provider.schema, payload)
      await provider.fire({ id, payload: taken, dueAt, signal })
    } catch (error) {
      this.#options.onError(error, id)
    } finally {
      lease[DISPOSE]()
    }
  }

  /** While the plugin is fenced, no version of it can be used. */
  async #whenServed(again: () => void): Promise<void> {
    if (this.#waiting) return
    this.#waiting = true
    try {
      await whenServed(this.#host, this.#surface, this.#options.key)
    } finally {
      this.#waiting = false
    }
    again()
  }
}
