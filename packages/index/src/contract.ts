import { defineSurface, narrowable, ReloadError, type MaybePromise, type Slices, type Surface } from '@uni/reload-core'
import type { RecordBatch, Schema } from 'apache-arrow'

/**
 * A kind of index, as a plugin registers it: builds indexes of this kind, and opens the images that its handles
 * persisted.
 */
export interface IndexKindProvider<H extends IndexHandle = IndexHandle> {
  /** The key, such as `fulltext`. */
  readonly kind: string
  /** Begins an index over `source`, one row per indexed item. The columns are the kind's own contract. */
  build(source: RecordBatch, options?: unknown): MaybePromise<IndexBuild<H>>
  /**
   * Opens an image that a handle of this version or of the one before has persisted. Read the image before `open`
   * settles: it is removed when the handoff is over.
   */
  open(image: IndexImage, ctx: IndexContext): MaybePromise<H>
  /** Small indexes, with which a later version is judged before anything live is touched. */
  samples?(): Iterable<IndexSample>
}

export interface IndexBuild<H extends IndexHandle = IndexHandle> {
  finalize(): MaybePromise<H>
}

/** One open index. */
export interface IndexHandle {
  /** The best `k` rows for the query, best first. */
  probe(query: RecordBatch, k: number): MaybePromise<RecordBatch>
  /**
   * The best `k` of the rows that `filter` admits, as if there were no others. That is not the best `k` of all rows,
   * filtered afterwards, which would be fewer. A filter is plain data that the kind defines; one that is not understood
   * is refused, never ignored.
   */
  probeFiltered?(query: RecordBatch, k: number, filter: unknown): MaybePromise<RecordBatch>
  /**
   * Whether this handle takes filters. Where it is not `true`, do not call `probeFiltered`: filter what `probe` gives.
   */
  readonly supportsFilter?: boolean | undefined
  /**
   * Persists the whole content at one point in time. The handle gives the result away: it must neither write to the
   * bytes again nor touch the file, which the handoff removes in the end.
   */
  persist(ctx: IndexContext): MaybePromise<PersistedIndex>
  /**
   * The contract that users of this handle rely on: the schema of the batches that `probe` answers, unless the kind
   * says otherwise.
   */
  schema(): Schema
  /**
   * Applies one batch of changes, or rejects and applies none of it. The same batch may be applied again to a
   * successor, so it has to mean the same there. A handle without `apply` takes no writes.
   */
  apply?(changes: RecordBatch): MaybePromise<void>
  /**
   * `isolated`: writes that are made while `persist` is pending, or while its stream is being read, are not in the
   * image.
   */
  readonly snapshot?: 'isolated' | undefined
  /** Called once. */
  close?(): MaybePromise<void>
}

/** Bytes, chunks, or one file. Never empty: the image of an empty index has to say that the index is empty. */
export type PersistedIndex = Uint8Array | AsyncIterable<Uint8Array> | PersistedFile

export interface PersistedFile {
  /** The path of one regular file. */
  readonly file: string
  /**
   * The CRC-32 of the file, checked before the file is read or its path is given away. Without it only the length is
   * checked.
   */
  readonly crc32?: number | undefined
}

/**
 * What a handle persisted, in the form that the reader asks for. Neither the bytes nor the file may be written to. A
 * stream without a spool can be read once.
 */
export interface IndexImage {
  /** The whole image, in the array that was persisted where there was one. */
  bytes(): Promise<Uint8Array>
  stream(): AsyncIterable<Uint8Array>
  /** The path of a file with the whole image. Needs a spool, such as `fileSpool`. */
  file(): Promise<string>
  /** In bytes; absent where it is not known yet. */
  readonly byteLength?: number | undefined
}

/** The surroundings of a call of `persist` or `open`. */
export interface IndexContext {
  /** Fires when the step's deadline passes or the reload is aborted. */
  readonly signal: AbortSignal
  /** Reports progress, in units of the provider's choosing; reaches the host's observer. */
  progress(done: number, total?: number): void
  /** Cuts long synchronous work into slices, at the pace that the host has set for its reloads. */
  slices(): Slices
  /** The key of the provider. */
  readonly key: string
  /** The name of the live resource. */
  readonly name: string
}

/** A query to an index, for `probe` or for `probeFiltered`. */
export type IndexQuery = RecordBatch | FilteredQuery

export interface FilteredQuery {
  readonly query: RecordBatch
  readonly filter: unknown
}

/** A small index and queries to it, both made by the provider itself. */
export interface IndexSample {
  readonly source: RecordBatch
  readonly queries: readonly IndexQuery[]
  /** Rows asked for per query. Default 10. */
  readonly k?: number | undefined
}

export interface IndexKindSurface extends Surface<IndexKindProvider, IndexHandle, RecordBatch> {
  /** The same surface for kinds whose handles are an `H`. */
  of<H extends IndexHandle>(): Surface<IndexKindProvider<H>, H, RecordBatch>
}

/** The surface of index kinds. A write is one batch of changes, whose columns are the kind's own contract. */
export const indexKind: IndexKindSurface = narrowable(
  defineSurface<IndexKindProvider, IndexHandle, RecordBatch>({
    id: 'index-kind',
    keyOf: (provider) => provider.kind,
    methods: ['build', 'open'],
    apply(handle, changes) {
      if (typeof handle.apply === 'function') return handle.apply(changes)
      throw new ReloadError('PLUGIN', 'this index takes no writes, its handle has no apply', {
        surface: 'index-kind',
        step: 'apply',
        hint: 'Build the index anew, or use a kind whose handles implement apply(changes).',
      })
    },
  }),
)
