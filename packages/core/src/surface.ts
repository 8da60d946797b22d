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
  readonly methods?: readonly string[] | undefined
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

export interface SurfaceDefinition<P> {
  id: string
  keyOf(provider: P): string
  methods?: readonly (keyof P & string)[] | undefined
}

/** A surface whose resources take writes says how one is applied: otherwise it would be lost. */
export interface WrittenSurfaceDefinition<P, R, W> extends SurfaceDefinition<P> {
  apply(resource: R, write: W): MaybePromise<void>
  sizeOf?(write: W): number
}

/**
 * Defines a surface. One with writes, `defineSurface<P, R, W>`, needs an `apply`; one without has none.
 *
 * @throws TypeError where the id is not a non-empty string.
 */
export function defineSurface<P, R = never>(definition: SurfaceDefinition<P> & { apply?: undefined }): Surface<P, R>
export function defineSurface<P, R, W>(definition: WrittenSurfaceDefinition<P, R, W>): Surface<P, R, W>
export function defineSurface<P, R, W>(
  definition: SurfaceDefinition<P> | WrittenSurfaceDefinition<P, R, W>,
): Surface<P, R, W> {
  if (typeof definition.id !== 'string' || definition.id === '') throw new TypeError('a surface needs a non-empty id')
  return Object.freeze({ ...definition })
}

/**
 * The same surface with an `of`, by which whoever knows more of its providers than the surface says narrows its types,
 * once: `scalarFn.of<[degrees: number], number>()`.
 */
export function narrowable<S extends object, Of extends () => unknown>(surface: S): S & { readonly of: Of } {
  const narrowed: S & { readonly of: Of } = Object.freeze({ ...surface, of: (() => narrowed) as unknown as Of })
  return narrowed
}

/** Why `keyOf` is synchronous. */
export const KEY_AT_ONCE = 'a provider is registered in the turn it is provided in'
