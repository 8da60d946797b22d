import { defineSurface, type MaybePromise, type Surface } from '@uni/reload-core'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Schedule } from './schedule.js'

/** What fires: one version of a plugin. `T` is what a timer is given. */
export interface TimersProvider<T> {
  /** Its key. */
  readonly name: string
  /** Called once for each time that a timer is due. What it throws goes to `onError` of the timers. */
  fire(timer: FiredTimer<T>): MaybePromise<void>
  /**
   * What the payload of a timer has to be. A reload holds the payload of each pending timer to it: one that it refuses
   * refuses the reload.
   */
  readonly schema?: StandardSchemaV1<unknown, T> | undefined
}

export interface FiredTimer<T> {
  readonly id: string
  readonly payload: T
  /** When it was due, in milliseconds of the host's clock. */
  readonly dueAt: number
  /** Fires where the version is forced out, as the host closes. */
  readonly signal: AbortSignal
}

export type TimersSurface<T> = Surface<TimersProvider<T>, Schedule<T>>

/**
 * A surface of timers, to be shared by the host and the plugins.
 *
 * @param id of the surface.
 */
export function timers<T>(id: string): TimersSurface<T> {
  return defineSurface<TimersProvider<T>, Schedule<T>>({ id, keyOf: ({ name }) => name, methods: ['fire'] })
}
