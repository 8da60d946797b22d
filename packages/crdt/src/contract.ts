import { defineSurface, narrowable, type CompatVerdict, type MaybePromise, type Surface } from '@uni/reload-core'

/**
 * One document of a CRDT kind. Everything but `close` answers synchronously, so that what is read is a point in time.
 */
export interface CrdtState {
  /**
   * Applies one operation. Throwing means that it was not applied. The bytes are not to be written to: they may be
   * applied again, to a successor.
   */
  apply(op: Uint8Array): void
  /** Joins `other`, a state of the same provider, into this one. `other` stays as it is. */
  merge(other: CrdtState): void
  /**
   * What the document means, as plain data: JSON-like values, `undefined`, `bigint`, `Map`, `Set`, `Date`, typed arrays
   * and buffers, with cycles. An instance of a class is read through its `toJSON()`; without one, or as a function, a
   * symbol or a promise, it cannot be compared and the check refuses it.
   */
  value(): unknown
  /** The whole document. The bytes are copied before the state is used again. */
  persist(): Uint8Array
  /**
   * `isolated`: what `value()` gave does not change when the document does, so that it is compared where it is, in
   * slices.
   */
  readonly values?: 'isolated' | undefined
  /**
   * Frees what the state holds. Called once, by whoever opened it. A state that shows a document of the host's leaves
   * that open.
   */
  close?(): MaybePromise<void>
}

/** A document that shows what a kind can hold, and, if it likes, what may yet come to it. */
export interface CrdtSample extends CrdtState {
  /**
   * Operations that were made elsewhere without knowledge of this state, and have not reached it, in the order in which
   * they arrive. They show what a value does not: whether deletions, identifiers and history are kept for as long as an
   * operation may refer to them.
   */
  readonly late?: readonly Uint8Array[] | undefined
}

/** What a new version may use while it judges the old one. */
export interface SchemaCheckContext {
  /** Fires when the check's deadline passes or the reload is aborted. */
  readonly signal: AbortSignal
}

/** One kind of CRDT document, as a plugin provides it. */
export interface CrdtKindProvider<S extends CrdtState = CrdtState> {
  /** The key on the surface. */
  readonly kind: string
  /** A fresh document without content. */
  empty(): S
  /** Opens a document from what `persist` of this version, or of an earlier one, gave. Rejects what it cannot read. */
  fromPersisted(bytes: Uint8Array): MaybePromise<S>
  /**
   * Fresh documents that show what the kind can hold; replicas that were edited concurrently show how it merges. Later
   * versions are judged by them, and by what their `late` operations make of them. The caller closes each.
   */
  samples?(): Iterable<CrdtSample>
  /**
   * Asked of the new version, once the values agree: it may refuse the old one, or declare a `migrate`. It cannot
   * overrule a value that differs.
   */
  schemaCompatCheck?(old: CrdtKindProvider, ctx: SchemaCheckContext): MaybePromise<CompatVerdict>
}

export interface CrdtKindSurface extends Surface<CrdtKindProvider, CrdtState, Uint8Array> {
  /** Kinds whose documents are an `S`, and that have what `P` has besides. */
  of<S extends CrdtState, P extends CrdtKindProvider<S> = CrdtKindProvider<S>>(): Surface<P, S, Uint8Array>
}

/** CRDT kinds. A write to a document is one operation, in the kind's own encoding. */
export const crdtKind: CrdtKindSurface = narrowable(
  defineSurface<CrdtKindProvider, CrdtState, Uint8Array>({
    id: 'crdt-kind',
    keyOf: (provider) => provider.kind,
    methods: ['empty', 'fromPersisted'],
    apply: (state, op) => state.apply(op),
  }),
)
