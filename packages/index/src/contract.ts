import { defineSurface, narrowable, ReloadError, type MaybePromise, type Slices, type Surface } from '@uni/reload-core'
import type { RecordBatch, Schema } from 'apache-arrow'

/** A kind of index, as a plugin registers it: builds indexes of this kind, and opens what a handle of it persisted. */
export interface IndexKindProvider<H extends IndexHandle = IndexHandle> {
  /** The key, such as `fulltext`. */
  readonly kind: string
  /** Begins an index over `source`, one row per indexed item. The columns are the kind's own contract. */
  build(source: RecordBatch, options?: unknown): MaybePromise<IndexBuild<H>>
  /**
   * Opens what a handle persisted, be it of this version or of the one before. The image is read before `open` settles:
   * it is removed when the handoff is over.
   */
  open(image: IndexImage, ctx: IndexContext): MaybePromise<H>
  /** Small indexes to judge a later version by, before anything live is touched. */
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
   * The best `k` of the rows that `filter` admits: what `probe` would give of them all, without the others. Not the
   * best `k` of all rows, filtered afterwards, which would be fewer. What a filter is, plain data, is the kind's own
   * contract; one that is not understood is refused, never ignored.
   */
  probeFiltered?(query: RecordBatch, k: number, filter: unknown): MaybePromise<RecordBatch>
  /**
   * Whether this handle takes filters. Where it is not `true`, `probeFiltered` is not to be called: filter what `probe`
   * gives.
   */
  readonly supportsFilter?: boolean | undefined
  /**
   * The whole content at one point in time. What is returned is handed over: the handle neither writes to the bytes
   * again nor touches the file, which the handoff removes in the end.
   */
  persist(ctx: IndexContext): MaybePromise<PersistedIndex>
  /** What this handle's users rely on: the schema of the batches `probe` answers, unless the kind says otherwise. */
  schema(): Schema
  /**
   * Applies one batch of changes, wholly or (rejecting) not at all. The same batch may be applied again to a successor,
   * so it has to mean the same there. Without `apply` the index takes no writes.
   */
  apply?(changes: RecordBatch): MaybePromise<void>
  /**
   * `isolated`: writes made while `persist` is pending, or while its stream is being read, do not show in the image.
   */
  readonly snapshot?: 'isolated' | undefined
  /** Called once. */
  close?(): MaybePromise<void>
}

/** Bytes, chunks of them, or one file. Never empty: the image of an empty index says that it is one. */
export type PersistedIndex = Uint8Array | AsyncIterable<Uint8Array> | PersistedFile

export interface PersistedFile {
  /** The path of one regular file. */
  readonly file: string
  /**
   * The CRC-32 of the file, by which it is checked before it is read or its path is given away. Without it only its
   * length is.
   */
  readonly crc32?: number | undefined
}

/**
 * What a handle persisted, in whichever form the reader likes. Not to be written to: neither the bytes nor the file.
 * What arrives as a stream and is not spooled can be read once.
 */
export interface IndexImage {
  /** The whole image; the very array that was persisted, where that was one. */
  bytes(): Promise<Uint8Array>
  stream(): AsyncIterable<Uint8Array>
  /** The path of a file that has the whole image. Needs a spool, see `fileSpool`. */
  file(): Promise<string>
  /** In bytes, where it is known. */
  readonly byteLength?: number | undefined
}

/** What `persist` and `open` run in. */
export interface IndexContext {
  /** Fires when the step's deadline passes or the reload is aborted. */
  readonly signal: AbortSignal
  /** Reports progress, in units of the provider's choosing; reaches the host's observer. */
  progress(done: number, total?: number): void
  /** Cuts long synchronous work into slices, at the pace that the host has set for all that a reload does. */
  slices(): Slices
  /** The key of the provider. */
  readonly key: string
  /** The name of the live resource. */
  readonly name: string
}

/** A question to an index: one for `probe`, or one for `probeFiltered`. */
export type IndexQuery = RecordBatch | FilteredQuery

export interface FilteredQuery {
  readonly query: RecordBatch
  readonly filter: unknown
}

/** A small index and questions about it, both made by the provider itself. */
export interface IndexSample {
  readonly source: RecordBatch
  readonly queries: readonly IndexQuery[]
  /** Rows asked for per query. Default 10. */
  readonly k?: number | undefined
}

export interface IndexKindSurface extends Surface<IndexKindProvider, IndexHandle, RecordBatch> {
  /** Kinds whose handles are an `H`. */
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
