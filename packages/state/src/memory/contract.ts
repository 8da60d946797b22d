import type { MaybePromise, PluginIdentity } from '@uni/reload-core'
import type { StandardSchemaV1 } from '@standard-schema/spec'

/** One version of a plugin that works with a value in memory. `T` is the value, `W` one write. */
export interface MemoryProvider<T, W> {
  /** The key. */
  readonly name: string
  /** The value of a new resource. */
  initial(): MaybePromise<T>
  /**
   * Applies one write, wholly or not at all: changes `value` in place, or returns another value. If it throws, `value`
   * must be as it was.
   */
  apply(value: T, write: W): MaybePromise<T | undefined | void>
  /**
   * The schema of a value. A reload checks each live value: if the schema refuses one, the reload is refused, and the
   * error names the place in the value; if the output differs from the value, the output serves. Any library that
   * implements standard-schema will do, such as zod, valibot or arktype.
   */
  readonly schema?: StandardSchemaV1<unknown, T> | undefined
  /** Makes a value of this version out of a copy of one of an earlier version, before `schema` checks it. */
  migrate?(value: unknown, from: PluginIdentity | undefined): MaybePromise<unknown>
  /** Copies a value. Default: `structuredClone`. */
  readonly codec?: MemoryCodec<T> | undefined
}

/** Copies values that `structuredClone` cannot copy, such as instances of classes, or copies them faster. */
export interface MemoryCodec<T> {
  /** Takes an image that later writes do not change. Synchronous. Other versions decode it. */
  encode(value: T): unknown
  /** Must not change the image, which may be decoded again. */
  decode(image: unknown): T
}
