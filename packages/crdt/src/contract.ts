import { defineSurface, narrowable, type CompatVerdict, type MaybePromise, type Surface } from '@uni/reload-core'

/** One document of a CRDT kind. Everything but `close` is synchronous, so that a reader sees one point in time. */
export interface CrdtState {
  /**
   * Applies one operation, or throws and does not apply it. It must not write to the bytes: they may be applied again,
   * to a successor.
   */
  apply(op: Uint8Array): void
  /** Joins `other`, a state of the same provider, into this one. `other` does not change. */
  merge(other: CrdtState): void
  /**
   * What the document means, as plain data: JSON-like values, `undefined`, `bigint`, `Map`, `Set`, `Date`, typed arrays
   * and buffers, also with cycles. An instance of a class is read through its `toJSON()`. An instance without one, a
   * function, a symbol or a promise cannot be compared: the check refuses the version.
   */
  value(): unknown
  /** The whole document. The caller copies the bytes before it uses the state again. */
  persist(): Uint8Array
  /**
   * `isolated`: a result of `value()` does not change with the document, so that it is compared without a copy, in
   * slices.
   */
  readonly values?: 'isolated' | undefined
  /**
   * Frees what the state holds. Called once, by whoever opened it. A state that works with a document of the host
   * leaves that open.
   */
  close?(): MaybePromise<void>
}

/** A document that shows what a kind can hold, optionally with operations that may reach it later. */
export interface CrdtSample extends CrdtState {
  /**
   * Operations that were made elsewhere without knowledge of this state, in the order in which they arrive. They show
   * what a value does not: whether deletions, identifiers and history are kept for as long as an operation may refer to
   * them.
   */
  readonly late?: readonly Uint8Array[] | undefined
}

/** What a new version may use to judge the old one. */
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
  /**
   * Opens a document from the bytes that `persist` of this version or an earlier one gave. Rejects bytes that it cannot
   * read.
   */
  fromPersisted(bytes: Uint8Array): MaybePromise<S>
  /**
   * Fresh documents that show what the kind can hold; replicas that were edited concurrently show how it merges. Later
   * versions are judged by their values, and by the values after their `late` operations. The caller closes each.
   */
  samples?(): Iterable<CrdtSample>
  /**
   * Called on the new version once all values agree: it may refuse the old version, or declare a `migrate`. It cannot
   * overrule a value that differs.
   */
  schemaCompatCheck?(old: CrdtKindProvider, ctx: SchemaCheckContext): MaybePromise<CompatVerdict>
}

export interface CrdtKindSurface extends Surface<CrdtKindProvider, CrdtState, Uint8Array> {
  /** The same surface for kinds whose documents are an `S`, and whose providers are a `P`. */
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
