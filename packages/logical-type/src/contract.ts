import { defineSurface, type CompatVerdict, type MaybePromise, type Surface } from '@uni/reload-core'
import type { DataType, Vector } from 'apache-arrow'

/** A type of the host's own, stored as an Arrow type: an Arrow extension type with its text form. */
export interface LogicalTypeProvider {
  /** The Arrow extension name, such as `acme.money`. Also the key. */
  readonly name: string
  /** The storage type of every column of this type. */
  readonly arrowType: DataType
  /** Names the encoding of values within the storage type, where it may change while the type does not. */
  readonly encodingVersion?: string | undefined
  /** The Arrow extension metadata. Where it is JSON, it is compared as JSON. */
  readonly metadata?: string | undefined
  /**
   * Parses the type's literal into the JavaScript value that a column of {@link arrowType} takes. Throws for what is
   * none.
   */
  fromLiteral(text: string): unknown
  /** The text form of a value, as parsed or as read from a column. */
  toDisplay(value: unknown): string
  /** Converts a column of this type into one of `target`. */
  castTo?(column: Vector, target: DataType): Vector
  /** Converts a column of an earlier version's storage type into one of {@link arrowType}; nulls stay null. */
  castFrom?(column: Vector): Vector
  /** Literals that later versions are held to: the ordinary, the extreme, and whatever was once a bug. */
  samples?(): Iterable<string>
  /**
   * The author's own judgement of the version before. It can refuse what the contract would let pass; of a changed
   * contract only a `migrate` is heard, and only where {@link castFrom} carries every sample over.
   */
  compatCheck?(old: LogicalTypeProvider): MaybePromise<CompatVerdict>
}

/** Logical types, keyed by extension name. They spawn no live resources. */
export const logicalType: Surface<LogicalTypeProvider> = defineSurface<LogicalTypeProvider>({
  id: 'logical-type',
  keyOf: (provider) => provider.name,
  methods: ['fromLiteral', 'toDisplay'],
})
