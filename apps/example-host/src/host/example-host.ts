import { join } from 'node:path'
import { PluginHost, type LiveResource, type PluginHostOptions } from '@uni/reload-core'
import { storageBackend, type Storage, type StorageWrite } from '@uni/reload-core/surfaces'
import { CdcPump, type CdcLsn, type CheckpointStore } from '@uni/reload-cdc'
import { FileCheckpointStore } from '@uni/reload-cdc/node'
import { crdtKind, type CrdtState } from '@uni/reload-crdt'
import { buildIndex, indexKind, type IndexHandle } from '@uni/reload-index'
import { fileSpool } from '@uni/reload-index/node'
import type { RecordBatch } from 'apache-arrow'
import type { CatalogueEntry } from '../plugins/catalogue.js'
import { toBatch, type DocumentChange } from './document.js'
import { DocumentStore } from './document-store.js'
import { JobScheduler } from './job-scheduler.js'
import { strategies } from './strategies.js'

/** Names of live resources, and the keys of the providers that open them. */
type Opened = Readonly<Record<string, string>>

export interface ExampleHostOptions {
  /** Where the documents, the log and the checkpoints are kept. */
  readonly directory: string
  readonly plugins: readonly CatalogueEntry[]
  /** Indexes over the documents. */
  readonly indexes: Opened
  /** Texts, boards and sheets that people edit together. */
  readonly shared: Opened
  /** Streams of commits. */
  readonly streams: Opened
  readonly pluginHost?: Omit<PluginHostOptions, 'strategies'>
  /** Default: files in `directory`. */
  readonly checkpoints?: CheckpointStore
  onJobError(error: unknown): void
}

interface Parts {
  readonly plugins: PluginHost
  readonly store: DocumentStore
  readonly pump: CdcPump
  readonly indexes: readonly LiveResource<IndexHandle, RecordBatch>[]
  readonly shared: ReadonlyMap<string, LiveResource<CrdtState, Uint8Array>>
  readonly attachments: LiveResource<Storage, StorageWrite>
  readonly jobs: JobScheduler
}

/** A document database whose abilities come from plugins. */
export class ExampleHost implements AsyncDisposable {
  readonly plugins: PluginHost
  readonly store: DocumentStore
  readonly pump: CdcPump
  readonly shared: ReadonlyMap<string, LiveResource<CrdtState, Uint8Array>>
  readonly attachments: LiveResource<Storage, StorageWrite>
  readonly #indexes: readonly LiveResource<IndexHandle, RecordBatch>[]
  readonly #jobs: JobScheduler
  #closing: Promise<void> | undefined

  private constructor(parts: Parts) {
    this.plugins = parts.plugins
    this.store = parts.store
    this.pump = parts.pump
    this.shared = parts.shared
    this.attachments = parts.attachments
    this.#indexes = parts.indexes
    this.#jobs = parts.jobs
  }

  /** Opens the store, installs version 1 of every plugin, and opens what they serve. */
  static async open(options: ExampleHostOptions): Promise<ExampleHost> {
    const { directory } = options
    const store = new DocumentStore(join(directory, 'documents'))
    const plugins = new PluginHost({ ...options.pluginHost, strategies: strategies(store, fileSpool(join(directory, 'spool'))) })
    for (const entry of options.plugins) await plugins.add(entry.v1())

    const documents = toBatch([...store.documents()])
    const indexes = await attachAll(options.indexes, (name, key) =>
      plugins.attach(indexKind, { name, key, open: (provider) => buildIndex(provider, documents) }))
    const shared = await attachAll(options.shared, (name, key) =>
      plugins.attach(crdtKind, { name, key, open: (provider) => provider.empty() }))
    const attachments = await plugins.attach(storageBackend, {
      name: 'attachments', key: 'file', open: (provider) => provider.open(join(directory, 'attachments')),
    })
    const checkpoints = options.checkpoints ?? new FileCheckpointStore(join(directory, 'checkpoints'))
    const pump = new CdcPump({ host: plugins, log: store, checkpoints })
    await attachAll(options.streams, (name, key) => pump.start(name, key))
    const jobs = new JobScheduler(plugins, 'housekeeping', options.onJobError)
    return new ExampleHost({ plugins, store, pump, attachments, jobs, shared, indexes: [...indexes.values()] })
  }

  /** Commits changes to documents. Resolves when they are durable and searchable; the sinks follow by the log. */
  commit(changes: readonly DocumentChange[]): Promise<CdcLsn> {
    const batch = toBatch(changes)
    // Handed to the indexes in the order of the log, so that all end up with the same revisions.
    return this.store.commit(changes, async () => { await Promise.all(this.#indexes.map((index) => index.write(batch))) })
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

async function attachAll<T>(opened: Opened, attach: (name: string, key: string) => Promise<T>): Promise<ReadonlyMap<string, T>> {
  return new Map(await Promise.all(Object.entries(opened).map(async ([name, key]) => [name, await attach(name, key)] as const)))
}
