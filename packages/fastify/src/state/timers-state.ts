import { timers, type FiredTimer, type PendingTimer, type TimerOptions, type TimersProvider } from '@uni/reload-state'
import type { MaybePromise } from '@uni/reload-core'
import type { FastifyInstance } from 'fastify'
import type { StateDefinition } from './definition.js'

/** All timers of an app are on one surface, so that a version may bring further ones. */
export const timersSurface = timers<unknown>('fastify-timers')

/** Delayed and repeating timers, as routes work with them. */
export interface TimersState<T> {
  /** Sets a timer, in place of one of this id. Before its version serves, it is set when that does. */
  set(id: string, payload: T, options: TimerOptions): void
  clear(id: string): void
  /** What is pending, the next first. */
  pending(): readonly PendingTimer<T>[]
}

export interface TimersStateOptions<T> extends Pick<TimersProvider<T>, 'schema'> {
  /**
   * Called once for each time that a timer is due, by the version that serves then. What it throws is logged by
   * `fastify.log`.
   */
  fire(timer: FiredTimer<T>, fastify: FastifyInstance): MaybePromise<void>
}

/** Timers that reloads neither lose nor repeat, as `timers` of `@uni/reload-state` has them. */
export function timersState<T>(options: TimersStateOptions<T>): StateDefinition<TimersState<T>> {
  return {
    async open(site) {
      const { name, registrar, fastify, onceServing } = site
      registrar.provide(timersSurface, {
        name,
        schema: options.schema,
        fire: (timer) => options.fire(timer as FiredTimer<T>, fastify),
      })
      const live = await site.timers.open(site)
      return {
        set: (id, payload, when) => onceServing(() => live.set(id, payload, when)),
        clear: (id) => onceServing(() => void live.clear(id)),
        pending: () => live.pending() as PendingTimer<T>[],
      }
    },
  }
}
