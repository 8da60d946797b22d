import type { Hocuspocus, Server } from '@hocuspocus/server'
import { attemptAll, describeThrown, ReloadError, type PluginHost } from '@uni/reload-core'
import type { DocumentStates } from './document-state.js'
import { extensionSets } from './surface.js'
import type { PendingStores } from './pending-stores.js'

export interface ShutdownParts {
  readonly hocuspocus: Hocuspocus
  readonly server: Server | undefined
  readonly host: PluginHost
  readonly states: DocumentStates
  readonly stores: PendingStores
  readonly storeMs: number
}

/** Ends a Hocuspocus in good order: documents first, then the plugins that store them. */
export class Shutdown {
  readonly #parts: ShutdownParts
  /** That of Hocuspocus. */
  readonly #destroy: (() => Promise<void>) | undefined
  #closing: Promise<void> | undefined

  constructor(parts: ShutdownParts) {
    this.#parts = parts
    const { server } = parts
    this.#destroy = server?.destroy.bind(server)
    // Hocuspocus calls it at signals, too.
    if (server) server.destroy = () => this.close()
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  async #close(): Promise<void> {
    const { hocuspocus, host, states, stores } = this.#parts
    // Whatever is stored from here on is stored at once: edits that clients sent before they are disconnected are
    // applied after the stores that are pending now.
    hocuspocus.configuration.debounce = 0
    stores.retryNow()
    const documentsClosed = this.#destroy?.() ?? this.#closeDocuments()
    await attemptAll(
      [() => this.#withinStoreMs(documentsClosed), () => states.closeAll(), () => host.close()],
      'closing Hocuspocus failed in several places',
    )
  }

  /** What `destroy` of a server does for its Hocuspocus. */
  async #closeDocuments(): Promise<void> {
    const { hocuspocus } = this.#parts
    await new Promise<void>((resolve) => {
      const closed = (): void => {
        if (hocuspocus.getDocumentsCount() === 0) resolve()
      }
      hocuspocus.configuration.extensions.push({ afterUnloadDocument: async () => closed() })
      closed()
      hocuspocus.closeConnections()
      hocuspocus.flushPendingStores()
    })
    await hocuspocus.hooks('onDestroy', { instance: hocuspocus })
  }

  async #withinStoreMs(documentsClosed: Promise<void>): Promise<void> {
    const { stores, storeMs } = this.#parts
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const failures = stores.failures()
        stores.giveUp()
        reject(notStored(failures, storeMs))
      }, storeMs)
    })
    try {
      await Promise.race([documentsClosed, late])
    } finally {
      clearTimeout(timer)
    }
  }
}

function notStored(
  failures: readonly { readonly name: string; readonly error: unknown }[],
  storeMs: number,
): ReloadError {
  const [first] = failures
  const names = failures.map(({ name }) => `"${name}"`).join(', ')
  const what = failures.length === 1 ? 'a document' : `${failures.length} documents`
  return new ReloadError(
    'STEP_TIMEOUT',
    first === undefined
      ? `documents are not closed after ${storeMs} ms`
      : `${what} (${names}) could not be stored within ${storeMs} ms: ${describeThrown(first.error)}`,
    {
      surface: extensionSets.id,
      step: first === undefined ? 'close' : 'onStoreDocument',
      cause: first?.error,
      hint: 'What clients have not kept of their last edits is lost: mend what stores them before you end the process.',
    },
  )
}
