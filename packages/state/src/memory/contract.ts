import type { MaybePromise, PluginIdentity } from '@uni/reload-core'
import type { StandardSchemaV1 } from '@standard-schema/spec'

/** A value in memory, as one version of a plugin works with it. `T` is the value, `W` one write. */
export interface MemoryProvider<T, W> {
  /** Its key. */
  readonly name: string
  /** The value of one that is new. */
  initial(): MaybePromise<T>
  /**
   * Applies one write, wholly or not at all: changes `value` in place, or returns what takes its place. What it throws
   * means that `value` is as it was.
   */
  apply(value: T, write: W): MaybePromise<T | undefined | void>
  /**
   * What a value has to be. A reload holds each live value to it: one that it refuses refuses the reload, with the
   * place in the value; where its output differs from what it was given, that output is what serves. Any library that
   * implements standard-schema fits, such as zod, valibot or arktype.
   */
  readonly schema?: StandardSchemaV1<unknown, T> | undefined
  /** Makes a value of an earlier version one of this version, before `schema` sees it. It is given a copy. */
  migrate?(value: unknown, from: PluginIdentity | undefined): MaybePromise<unknown>
  /** How a value is copied. Default: `structuredClone`. */
  readonly codec?: MemoryCodec<T> | undefined
}

/** Copies a value that `structuredClone` does not keep, such as one of classes, or faster than that does. */
export interface MemoryCodec<T> {
  /** Takes an image, at once, that later writes do not reach; other versions decode it. */
  encode(value: T): unknown
  /** Leaves the image as it is: it may be decoded again. */
  decode(image: unknown): T
}
