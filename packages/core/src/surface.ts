import type { MaybePromise } from './maybe-promise.js'

/**
 * One extension point, as a typed token.
 *
 * `P` is the provider a plugin registers, `R` the live resource a provider spawns (`never` where there is none), `W`
 * one write to that resource. A write is data, never a closure: it is applied to the old resource, recorded, and
 * applied again to the new one, so it must mean the same both times, and is not to be changed after it was handed over.
 */
export interface Surface<P, R = never, W = never> {
  /** Identity of the surface. Two copies of a package agree on a surface by this id. */
  readonly id: string
  /** Names of the methods a provider must have; checked when it registers. */
  readonly methods?: readonly string[]
  /** The key under which `provider` is registered: unique on the surface among all plugins of a host. */
  keyOf(provider: P): string
  /** Applies one write. Rejecting means the write was not applied. */
  apply?(resource: R, write: W): MaybePromise<void>
  /**
   * Bytes of memory that a write occupies while it is recorded. Absent: it is estimated, without looking at all of it.
   */
  sizeOf?(write: W): number
}

/** A surface whose types are forgotten: what the dispatcher, which knows no surface by name, works with. */
export type AnySurface = Surface<unknown, unknown, unknown>

export interface SurfaceDefinition<P, R, W> {
  id: string
  keyOf(provider: P): string
  apply?(resource: R, write: W): MaybePromise<void>
  sizeOf?(write: W): number
  methods?: readonly (keyof P & string)[]
}

/**
 * Defines a surface.
 *
 * @throws TypeError where the id is not a non-empty string.
 */
export function defineSurface<P, R = never, W = never>(definition: SurfaceDefinition<P, R, W>): Surface<P, R, W> {
  if (typeof definition.id !== 'string' || definition.id === '') throw new TypeError('a surface needs a non-empty id')
  return Object.freeze({ ...definition })
}

/** Why `keyOf` is synchronous. */
export const KEY_AT_ONCE = 'a provider is registered in the turn it is provided in'
