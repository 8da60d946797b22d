import type { Hocuspocus, Server } from '@hocuspocus/server'
import {
  checkOptions,
  option,
  PluginHost,
  type AnyStrategy,
  type Plugin,
  type PluginHostOptions,
} from '@uni/reload-core'
import { DocumentStates, type AnyDocumentState } from './document-state.js'
import { HookCaptures } from './hook-captures.js'
import { OpenDocuments } from './open-documents.js'
import { Patience } from './patience.js'
import { PendingStores } from './pending-stores.js'
import { ServedHooks } from './served-hooks.js'
import { ServingSets } from './serving-sets.js'
import { Shutdown } from './shutdown.js'
import { extensionsHandoff, type Bridge } from './strategy.js'

const PATIENCE_MS = 5_000
const STORE_MS = 30_000

export interface ReloadHocuspocusOptions {
  /** What is installed before this resolves: `extensionPlugin`s, and any others. */
  readonly plugins: readonly Plugin[]
  /** Of the other surfaces that the plugins provide. */
  readonly strategies?: readonly AnyStrategy[] | undefined
  /** What is opened for each document, as long as that is open. */
  readonly documentStates?: readonly AnyDocumentState[] | undefined
  /** Of the `PluginHost`. */
  readonly host?: Omit<PluginHostOptions, 'strategies'> | undefined
  /**
   * How long a hook waits because of a reload: while its plugin is replaced exclusively, and until a new version was
   * told of its document. Then it goes on. Milliseconds, default 5,000: clients take a server that says nothing for
   * 30 seconds for gone.
   */
  readonly patienceMs?: number | undefined
  /** How long `close` tries to store documents whose stores fail. Milliseconds, default 30,000. */
  readonly storeMs?: number | undefined
  /** Told of what fails and fails nothing else. Default: `console.error`. */
  readonly onError?: ((error: unknown) => void) | undefined
}

/** A Hocuspocus whose extensions can be replaced. */
export interface ReloadableHocuspocus {
  /** Where plugins are added, replaced and removed. */
  readonly host: PluginHost
  /**
   * Ends it in good order: clients are disconnected, what is pending is stored, every document is closed, then every
   * plugin. `server.destroy()` does the same, and so does Hocuspocus at SIGTERM, SIGINT and SIGQUIT.
   *
   * @throws ReloadError `STEP_TIMEOUT` that names the documents that could not be stored; all else is closed then.
   */
  close(): Promise<void>
}

/**
 * Has plugins serve the hooks of a Hocuspocus, beside the extensions that it was made with. Call it in the turn in which
 * the server is made, or at least before it listens, and await it before it does.
 *
 * @throws ReloadError as `addAll` of the host does.
 */
export async function reloadHocuspocus(
  target: Server | Hocuspocus,
  given: ReloadHocuspocusOptions,
): Promise<ReloadableHocuspocus> {
  const options = checkOptions<ReloadHocuspocusOptions>(given, 'reloadHocuspocus options', {
    plugins: option.required(option.list(option.given)),
    strategies: option.list(option.given),
    documentStates: option.list(option.given),
    host: option.given,
    patienceMs: option.positive,
    storeMs: option.positive,
    onError: option.function,
  })
  const { onError = (error: unknown) => console.error(error) } = options
  const server = 'hocuspocus' in target ? target : undefined
  const hocuspocus = 'hocuspocus' in target ? target.hocuspocus : target
  const { configuration } = hocuspocus
  const version = await versionOf(hocuspocus)
  const serving = new ServingSets()
  const bridge: Bridge = {
    configuration: () => ({ configuration, version, instance: hocuspocus }),
    serves: (view) => hooks.serves(view),
    committed(change) {
      serving.take(change)
      for (const key of change.removed.keys()) documents.removePlugin(key)
      for (const key of change.added.keys()) documents.addPlugin(key)
      hooks.came([...change.added.values(), ...Array.from(change.replaced.values(), ({ next }) => next)])
    },
  }
  const host = new PluginHost({
    ...options.host,
    strategies: [extensionsHandoff(bridge), ...(options.strategies ?? [])],
  })
  const patience = new Patience(options.patienceMs ?? PATIENCE_MS)
  const captures = new HookCaptures(host, patience, () => serving.list)
  const documents = new OpenDocuments(host, onError)
  const states = new DocumentStates(
    (options.documentStates ?? []).map((state) => state.open(host)),
    onError,
  )
  const stores = new PendingStores(hocuspocus)
  const hooks = new ServedHooks({ hocuspocus, captures, documents, patience, serving, states, stores, onError })
  const shutdown = new Shutdown({ hocuspocus, server, host, states, stores, storeMs: options.storeMs ?? STORE_MS })
  await host.addAll(options.plugins)
  return { host, close: () => shutdown.close() }
}

/** Hocuspocus says it to `onConfigure` alone, which for `hocuspocus` has been called already. */
function versionOf(hocuspocus: Hocuspocus): Promise<string> {
  const Same = hocuspocus.constructor as typeof Hocuspocus
  return new Promise((resolve) => {
    new Same().configure({ extensions: [{ onConfigure: async ({ version }) => resolve(version) }] })
  })
}
