import { defineSurface, type CompatVerdict, type MaybePromise, type Surface } from '@uni/reload-core'
import type { DataType, Vector } from 'apache-arrow'

/** A type of the host's own that is stored as an Arrow type: an Arrow extension type with a text form. */
export interface LogicalTypeProvider {
  /** The Arrow extension name, such as `acme.money`. Also the key. */
  readonly name: string
  /** The storage type of every column of this type. */
  readonly arrowType: DataType
  /** The encoding of values within the storage type, where it may change while the type does not. */
  readonly encodingVersion?: string | undefined
  /** The Arrow extension metadata. JSON is compared as JSON. */
  readonly metadata?: string | undefined
  /**
   * Parses a literal of the type into the value that a column of {@link arrowType} takes. Throws for a text that is
   * none.
   */
  fromLiteral(text: string): unknown
  /** The text form of a value that was parsed, or read from a column. */
  toDisplay(value: unknown): string
  /** Converts a column of this type into one of `target`. */
  castTo?(column: Vector, target: DataType): Vector
  /** Converts a column of an earlier version's storage type into one of {@link arrowType}; nulls stay null. */
  castFrom?(column: Vector): Vector
  /** Literals that later versions are judged by: ordinary ones, extreme ones, and every one that once showed a bug. */
  samples?(): Iterable<string>
  /**
   * The author's own verdict on the version before. It can refuse a version that the contract allows. If the contract
   * has changed, it can only be `migrate`, and only if {@link castFrom} converts every sample.
   */
  compatCheck?(old: LogicalTypeProvider): MaybePromise<CompatVerdict>
}

/** Logical types, by extension name. They have no live resources. */
export const logicalType: Surface<LogicalTypeProvider> = defineSurface<LogicalTypeProvider>({
  id: 'logical-type',
  keyOf: (provider) => provider.name,
  methods: ['fromLiteral', 'toDisplay'],
})
