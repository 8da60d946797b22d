import { defineSurface, type MaybePromise, type Surface } from '@uni/reload-core'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Schedule } from './schedule.js'

/** One version of a plugin that fires timers. `T` is the payload of a timer. */
export interface TimersProvider<T> {
  /** The key. */
  readonly name: string
  /** Called once each time a timer is due. What it throws goes to `onError` of the timers. */
  fire(timer: FiredTimer<T>): MaybePromise<void>
  /**
   * The schema of a payload. A reload checks the payload of each pending timer: if the schema refuses one, the reload
   * is refused.
   */
  readonly schema?: StandardSchemaV1<unknown, T> | undefined
}

export interface FiredTimer<T> {
  readonly id: string
  readonly payload: T
  /** The time at which it was due, in milliseconds of the host's clock. */
  readonly dueAt: number
  /** Fires when the version is forced out, as the host closes. */
  readonly signal: AbortSignal
}

export type TimersSurface<T> = Surface<TimersProvider<T>, Schedule<T>>

/**
 * A surface of timers, which the host and the plugins share.
 *
 * @param id of the surface.
 */
export function timers<T>(id: string): TimersSurface<T> {
  return defineSurface<TimersProvider<T>, Schedule<T>>({ id, keyOf: ({ name }) => name, methods: ['fire'] })
}
