import { join } from 'node:path'
import { PluginHost, type LiveResource, type PluginHostOptions } from '@uni/reload-core'
import { storageBackend, type Storage, type StorageWrite } from '@uni/reload-core/surfaces'
import { CdcPump, type CdcLsn, type CheckpointStore } from '@uni/reload-cdc'
import { FileCheckpointStore } from '@uni/reload-cdc/node'
import { crdtKind, type CrdtState } from '@uni/reload-crdt'
import { buildIndex, indexKind, type IndexHandle } from '@uni/reload-index'
import type { RecordBatch } from 'apache-arrow'
import type { CatalogueEntry } from '../plugins/catalogue.js'
import { toBatch, type DocumentChange } from './document.js'
import { DocumentStore } from './document-store.js'
import { JobScheduler } from './job-scheduler.js'
import { strategies } from './strategies.js'

export interface ExampleHostOptions {
  /** Where the documents, the log and the checkpoints are kept. */
  readonly directory: string
  readonly plugins: readonly CatalogueEntry[]
  /** The names of the documents people edit together. */
  readonly notes: readonly string[]
  readonly pluginHost?: Omit<PluginHostOptions, 'strategies'>
  /** Default: files in `directory`. */
  readonly checkpoints?: CheckpointStore
  onJobError(error: unknown): void
}

/** The streams this host feeds: name → key of the provider that opens it. */
const STREAMS = { audit: 'json-lines-all', titles: 'json-lines-titles' } as const

/** A document database whose abilities come from plugins. */
export class ExampleHost implements AsyncDisposable {
  readonly plugins: PluginHost
  readonly store: DocumentStore
  readonly pump: CdcPump
  readonly movies: LiveResource<IndexHandle, RecordBatch>
  readonly notes: ReadonlyMap<string, LiveResource<CrdtState, Uint8Array>>
  readonly attachments: LiveResource<Storage, StorageWrite>
  readonly #jobs: JobScheduler
  #closing: Promise<void> | undefined

  private constructor(parts: Pick<ExampleHost, 'plugins' | 'store' | 'pump' | 'movies' | 'notes' | 'attachments'> & { jobs: JobScheduler }) {
    this.plugins = parts.plugins
    this.store = parts.store
    this.pump = parts.pump
    this.movies = parts.movies
    this.notes = parts.notes
    this.attachments = parts.attachments
    this.#jobs = parts.jobs
  }

  /** Opens the store, installs version 1 of every plugin, and opens what they serve. */
  static async open(options: ExampleHostOptions): Promise<ExampleHost> {
    const store = new DocumentStore(join(options.directory, 'documents'))
    const plugins = new PluginHost({ ...options.pluginHost, strategies: strategies(store) })
    for (const entry of options.plugins) await plugins.add(entry.v1())

    const movies = await plugins.attach(indexKind, {
      name: 'movies', key: 'fulltext', open: (provider) => buildIndex(provider, toBatch([...store.documents()])),
    })
    const notes = await Promise.all(options.notes.map(async (name) =>
      [name, await plugins.attach(crdtKind, { name, key: 'notes', open: (provider) => provider.empty() })] as const))
    const attachments = await plugins.attach(storageBackend, {
      name: 'attachments', key: 'file', open: (provider) => provider.open(join(options.directory, 'attachments')),
    })
    const checkpoints = options.checkpoints ?? new FileCheckpointStore(join(options.directory, 'checkpoints'))
    const pump = new CdcPump({ host: plugins, log: store, checkpoints })
    await Promise.all(Object.entries(STREAMS).map(([name, key]) => pump.start(name, key)))
    const jobs = new JobScheduler(plugins, 'housekeeping', options.onJobError)
    return new ExampleHost({ plugins, store, pump, movies, notes: new Map(notes), attachments, jobs })
  }

  /** Commits changes to documents. Resolves when they are durable and searchable; the sinks follow by the log. */
  commit(changes: readonly DocumentChange[]): Promise<CdcLsn> {
    // Handed to the index in the order of the log, so that both end up with the same revisions.
    return this.store.commit(changes, () => this.movies.write(toBatch(changes)))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#closing ??= this.#close()
  }

  async #close(): Promise<void> {
    await this.#jobs[Symbol.asyncDispose]()
    await this.pump.stop()
    await this.plugins[Symbol.asyncDispose]()
    await this.store.close()
  }
}
