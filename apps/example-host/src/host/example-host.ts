import { join } from 'node:path'
import { PluginHost, type Journal, type LiveResource, type PluginHostOptions } from '@uni/reload-core'
import { FileJournal, type RecoveryPlan } from '@uni/reload-core/node'
import { storageBackend, type Storage, type StorageWrite } from '@uni/reload-core/surfaces'
import { CdcPump, type CdcLsn, type CheckpointStore } from '@uni/reload-cdc'
import { FileCheckpointStore } from '@uni/reload-cdc/node'
import { crdtKind, type CrdtKindProvider, type CrdtState } from '@uni/reload-crdt'
import type { IndexHandle } from '@uni/reload-index'
import { fileSpool } from '@uni/reload-index/node'
import { cronerJobs, type CronerJobs } from '@uni/reload-jobs/croner'
import type { RecordBatch } from 'apache-arrow'
import type { CatalogueEntry } from '../plugins/catalogue.js'
import { toBatch, type DocumentChange } from './document.js'
import { DocumentStore } from './document-store.js'
import { IndexImages } from './index-images.js'
import { LiveState } from './live-state.js'
import { openIndex, saveIndex, type IndexPlace } from './open-index.js'
import { strategies } from './strategies.js'
import { versionsToStart } from './versions.js'

/** Names of live resources, and the keys of the providers that open them. */
type Opened = Readonly<Record<string, string>>

export interface ExampleHostOptions {
  /** Where the documents, the log, the journal, the images and the checkpoints are kept. */
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
  /** Which versions to start, and where to write down what becomes of them. Default: a file in `directory`. */
  readonly run?: { readonly journal: Journal & AsyncDisposable; readonly plan: RecoveryPlan }
  /** Told of what plugins throw that nobody waits for: jobs, timers, and what is done for a connection. */
  onError(error: unknown): void
}

/** An index, and how to save it. */
interface OpenIndex {
  readonly resource: LiveResource<IndexHandle, RecordBatch>
  readonly place: IndexPlace
}

interface Parts {
  readonly plugins: PluginHost
  readonly store: DocumentStore
  readonly journal: AsyncDisposable
  readonly pump: CdcPump
  readonly indexes: readonly OpenIndex[]
  readonly shared: ReadonlyMap<string, LiveResource<CrdtState, Uint8Array>>
  readonly attachments: LiveResource<Storage, StorageWrite>
  readonly jobs: CronerJobs
  readonly state: LiveState
}

/** A document database whose abilities come from plugins. */
export class ExampleHost implements AsyncDisposable {
  readonly plugins: PluginHost
  readonly store: DocumentStore
  readonly pump: CdcPump
  readonly shared: ReadonlyMap<string, LiveResource<CrdtState, Uint8Array>>
  readonly attachments: LiveResource<Storage, StorageWrite>
  readonly state: LiveState
  readonly #indexes: readonly OpenIndex[]
  readonly #journal: AsyncDisposable
  readonly #jobs: CronerJobs
  #closing: Promise<void> | undefined

  private constructor(parts: Parts) {
    this.plugins = parts.plugins
    this.store = parts.store
    this.pump = parts.pump
    this.shared = parts.shared
    this.attachments = parts.attachments
    this.state = parts.state
    this.#indexes = parts.indexes
    this.#jobs = parts.jobs
    this.#journal = parts.journal
  }

  /**
   * Opens the store, starts every plugin in the version that was permanent when the host was last running, and opens
   * what they serve: indexes from their images and the log, streams from their checkpoints, what is edited together
   * from its operations.
   */
  static async open(options: ExampleHostOptions): Promise<ExampleHost> {
    const { directory } = options
    const store = new DocumentStore(join(directory, 'documents'))
    const { journal, plan } = options.run ?? (await FileJournal.open(join(directory, 'plugins.journal')))
    const jobs = cronerJobs({ protect: true, onError: options.onError })
    const plugins = new PluginHost({
      ...options.pluginHost,
      journal,
      strategies: strategies({ log: store, spool: fileSpool(join(directory, 'spool')), jobs }),
    })
    await plugins.addAll(versionsToStart(options.plugins, plan))

    const images = new IndexImages(join(directory, 'index-images'))
    const indexes = await attachAll(options.indexes, async (name, key) => {
      const place = { name, key, store, images }
      return { place, resource: await openIndex(plugins, place) }
    })
    const shared = await attachAll(options.shared, (name, key) =>
      plugins.attach(crdtKind, { name, key, open: (provider) => sharedState(provider, store.edits(name)) }),
    )
    const attachments = await plugins.attach(storageBackend, {
      name: 'attachments',
      key: 'file',
      open: (provider) => provider.open(join(directory, 'attachments')),
    })
    const checkpoints = options.checkpoints ?? new FileCheckpointStore(join(directory, 'checkpoints'))
    const pump = new CdcPump({ host: plugins, log: store, checkpoints })
    await attachAll(options.streams, (name, key) => pump.start(name, key))
    jobs.start(plugins)
    const state = await LiveState.open(plugins, options.onError)
    return new ExampleHost({
      plugins,
      store,
      journal,
      pump,
      attachments,
      jobs,
      state,
      shared,
      indexes: [...indexes.values()],
    })
  }

  /** Commits changes to documents. Resolves when they are durable and searchable; the sinks follow by the log. */
  commit(changes: readonly DocumentChange[]): Promise<CdcLsn> {
    const batch = toBatch(changes)
    // Handed to the indexes in the order of the log, so that all end up with the same revisions.
    return this.store.commit(changes, async () => {
      await Promise.all(this.#indexes.map(({ resource }) => resource.write(batch)))
    })
  }

  /** Applies an operation to what is edited together. Resolves when it is durable. */
  async edit(name: string, operation: Uint8Array): Promise<void> {
    const resource = this.shared.get(name)
    if (resource === undefined) throw new Error(`nothing is edited together under the name ${name}`)
    await resource.write(operation)
    await this.store.edit(name, operation)
  }

  /** Saves every index, for a restart. */
  async save(): Promise<void> {
    for (const { resource, place } of this.#indexes) await saveIndex(this.plugins, resource, place)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  async #close(): Promise<void> {
    await this.#jobs.stop()
    await this.state[Symbol.asyncDispose]()
    await this.pump.stop()
    await this.plugins[Symbol.asyncDispose]()
    await this.#journal[Symbol.asyncDispose]()
    await this.store.close()
  }
}

async function attachAll<T>(
  opened: Opened,
  attach: (name: string, key: string) => Promise<T>,
): Promise<ReadonlyMap<string, T>> {
  return new Map(
    await Promise.all(Object.entries(opened).map(async ([name, key]) => [name, await attach(name, key)] as const)),
  )
}

function sharedState(provider: CrdtKindProvider, operations: Iterable<Uint8Array>): CrdtState {
  const state = provider.empty()
  for (const operation of operations) state.apply(operation)
  return state
}
