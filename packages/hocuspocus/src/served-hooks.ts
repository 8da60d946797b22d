import type {
  afterLoadDocumentPayload,
  Document,
  Extension,
  Hocuspocus,
  HookName,
  onListenPayload,
  onStoreDocumentPayload,
} from '@hocuspocus/server'
import { ReloadError, Slices } from '@uni/reload-core'
import { AsyncLocalStorage } from 'node:async_hooks'
import type { CapturedSets } from './captured-sets.js'
import type { DocumentStates } from './document-state.js'
import type { DocumentView, OpenDocument } from './document-view.js'
import type { ExtensionSet } from './extension-set.js'
import type { HookCaptures } from './hook-captures.js'
import { hookOrder, type HookOrder } from './hook-order.js'
import type { OpenDocuments } from './open-documents.js'
import type { Patience } from './patience.js'
import type { PendingStores } from './pending-stores.js'
import type { ServingSets } from './serving-sets.js'

type Hooks = Hocuspocus['hooks']
type Payload = Parameters<Hooks>[1]
type Callback = Parameters<Hooks>[2]

/** Hooks whose failure Hocuspocus would not notice: what they watch goes on after the end of the host. */
const WATCHING: ReadonlySet<HookName> = new Set([
  'onChange',
  'onAwarenessUpdate',
  'onDisconnect',
  'afterHandleMessage',
  'afterStoreDocument',
  'afterUnloadDocument',
  'beforeBroadcastStateless',
])

export interface HookParts {
  readonly hocuspocus: Hocuspocus
  readonly captures: HookCaptures
  readonly documents: OpenDocuments
  readonly states: DocumentStates
  readonly stores: PendingStores
  readonly serving: ServingSets
  readonly patience: Patience
  onError(error: unknown): void
}

/** A chain of hooks that is running. Chains that it begins go on with what it has captured. */
interface Running {
  captured: CapturedSets | undefined
}

/** Runs the hooks of Hocuspocus: those of the host's own extensions, and of the plugins', in one order. */
export class ServedHooks {
  readonly #parts: HookParts
  readonly #native: Hooks
  /** How many extensions of the host's own Hocuspocus has sorted: the hooks of its configuration follow them. */
  readonly #sorted: number
  readonly #orders = new WeakMap<readonly ExtensionSet[], { readonly own: number; readonly order: HookOrder }>()
  readonly #running = new AsyncLocalStorage<Running>()
  /** Versions whose turn to be told of a document has come. */
  readonly #untold: DocumentView[] = []
  #listening: onListenPayload | undefined

  constructor(parts: HookParts) {
    this.#parts = parts
    const { hocuspocus } = parts
    this.#native = hocuspocus.hooks
    this.#sorted = Math.max(0, hocuspocus.configuration.extensions.length - 1)
    hocuspocus.hooks = (name, payload, callback = null) => this.#hooks(name, payload, callback)
  }

  /** A document begins to be served by a version, which is told of it soon, and before any other hook of it. */
  serves(view: DocumentView): void {
    const { set, open } = view
    if (set.isToldOf(open.document) || this.#parts.documents.loaded(open.document) === undefined) return
    if (!set.extensions.some((extension) => extension.afterLoadDocument !== undefined)) return
    this.#untold.push(view)
    if (this.#untold.length === 1) queueMicrotask(() => void this.#tellAll())
  }

  /** Versions that have come after the server began to listen are told that it does. */
  came(sets: readonly ExtensionSet[]): void {
    const payload = this.#listening
    if (payload === undefined) return
    for (const set of sets) set.listen(payload).catch(this.#parts.onError)
  }

  #hooks(name: HookName, payload: Payload, callback: Callback): Promise<unknown> {
    switch (name) {
      case 'onConfigure':
      case 'onDestroy':
        // A plugin has these called once for each of its versions.
        return this.#callOwn(name, payload, callback)
      case 'onListen':
        this.#listening = payload as onListenPayload
        return this.#chain(name, payload, callback)
      case 'onLoadDocument':
        return this.#load(payload as afterLoadDocumentPayload, callback)
      case 'afterLoadDocument':
        return this.#open(payload as afterLoadDocumentPayload, callback)
      case 'onStoreDocument':
        return this.#store(payload as onStoreDocumentPayload, callback)
      case 'beforeUnloadDocument':
        return this.#beforeUnload(payload, callback)
      case 'afterUnloadDocument':
        return this.#unload(payload as { documentName: string }, callback)
      default:
        return this.#chain(name, payload, callback)
    }
  }

  async #load(payload: afterLoadDocumentPayload, callback: Callback): Promise<unknown> {
    const { states } = this.#parts
    await states.open(payload.document, payload.documentName)
    try {
      return await this.#chain('onLoadDocument', payload, callback)
    } catch (error) {
      await states.close(payload.document)
      throw error
    }
  }

  async #open(payload: afterLoadDocumentPayload, callback: Callback): Promise<unknown> {
    const { documents, patience, states, serving } = this.#parts
    try {
      await patience.with(documents.enter(payload, serving.keys()))
      return await this.#chain('afterLoadDocument', payload, callback)
    } catch (error) {
      documents.leave(payload.document)
      await states.close(payload.document)
      throw error
    }
  }

  async #store(payload: onStoreDocumentPayload, callback: Callback): Promise<unknown> {
    const { stores } = this.#parts
    try {
      const stored: unknown = await this.#chain('onStoreDocument', payload, callback)
      stores.stored(payload.document)
      return stored
    } catch (error) {
      // By this error an extension says that it has stored the document, and the others need not.
      if (error instanceof Error && error.name === 'SkipFurtherHooksError') stores.stored(payload.document)
      else stores.failed(payload, error)
      throw error
    }
  }

  async #beforeUnload(payload: Payload, callback: Callback): Promise<unknown> {
    const { document } = payload as { document: Document }
    if (this.#parts.stores.has(document)) throw new Error(`document "${document.name}" is yet to be stored`)
    return this.#chain('beforeUnloadDocument', payload, callback)
  }

  async #unload(payload: { readonly documentName: string }, callback: Callback): Promise<unknown> {
    const { documents, states } = this.#parts
    const document = documents.named(payload.documentName)
    if (document !== undefined) documents.leave(document)
    try {
      return await this.#chain('afterUnloadDocument', payload as Payload, callback)
    } finally {
      if (document !== undefined) await states.close(document)
    }
  }

  /** Calls the hooks of one name, of the versions that serve when the chain begins, to the end of the last. */
  #chain(name: HookName, payload: Payload, callback: Callback): Promise<unknown> {
    const { captures } = this.#parts
    const outer = this.#running.getStore()?.captured
    if (outer !== undefined) return this.#call(outer, name, payload, callback)
    try {
      const captured = captures.capture(`hooks ${name}`)
      return captured instanceof Promise
        ? captured.then(
            (sets) => this.#under(sets, name, payload, callback),
            (error: unknown) => this.#uncaptured(error, name, payload, callback),
          )
        : this.#under(captured, name, payload, callback)
    } catch (error) {
      return this.#uncaptured(error, name, payload, callback)
    }
  }

  #uncaptured(error: unknown, name: HookName, payload: Payload, callback: Callback): Promise<unknown> {
    const isOver = ReloadError.is(error) && error.code === 'HOST_CLOSED' && WATCHING.has(name)
    return isOver ? this.#callOwn(name, payload, callback) : Promise.reject(error)
  }

  async #under(captured: CapturedSets, name: HookName, payload: Payload, callback: Callback): Promise<unknown> {
    const running: Running = { captured }
    try {
      return await this.#running.run(running, async () => {
        const telling = name === 'afterLoadDocument' ? undefined : this.#tellOf(documentOf(payload), captured)
        if (telling !== undefined) await this.#parts.patience.with(telling)
        return await this.#call(captured, name, payload, callback)
      })
    } finally {
      running.captured = undefined
      captured.end()
    }
  }

  #call(captured: CapturedSets, name: HookName, payload: Payload, callback: Callback): Promise<unknown> {
    const order = this.#order(captured.sets)
    if (name === 'afterLoadDocument')
      return this.#callTold(order, captured, payload as afterLoadDocumentPayload, callback)
    if (name !== 'onListen') return this.#callAll(order.extensions, name, payload, callback)
    const told = new Set(captured.sets.filter((set) => !set.listensInChain()))
    return this.#callAll(without(order, told), name, payload, callback)
  }

  /** Those that a commit has told of the document meanwhile are not told again, and are waited for. */
  #callTold(
    order: HookOrder,
    captured: CapturedSets,
    payload: afterLoadDocumentPayload,
    callback: Callback,
  ): Promise<unknown> {
    const { document } = payload
    this.#parts.documents.loads(document)
    const told = captured.sets.filter((set) => set.isToldOf(document))
    const chain = this.#callAll(without(order, new Set(told)), 'afterLoadDocument', payload, callback)
    for (const set of captured.sets) if (!told.includes(set)) set.toldOf(document, chain)
    if (told.length === 0) return chain
    return Promise.all([chain, ...told.map((set) => set.tellingOf(document))]).then(([given]) => given)
  }

  #callOwn(name: HookName, payload: Payload, callback: Callback): Promise<unknown> {
    return Reflect.apply(this.#native, this.#parts.hocuspocus, [name, payload, callback])
  }

  /** The loop of Hocuspocus itself, over another list. */
  #callAll(extensions: readonly Extension[], name: HookName, payload: Payload, callback: Callback): Promise<unknown> {
    const { hocuspocus } = this.#parts
    const configuration: unknown = Object.create(hocuspocus.configuration, { extensions: { value: extensions } })
    const listing = Object.create(hocuspocus, { configuration: { value: configuration } }) as Hocuspocus
    return Reflect.apply(this.#native, listing, [name, payload, callback])
  }

  #order(sets: readonly ExtensionSet[]): HookOrder {
    const { extensions } = this.#parts.hocuspocus.configuration
    const known = this.#orders.get(sets)
    if (known?.own === extensions.length) return known.order
    const order = hookOrder(extensions, this.#sorted, sets)
    this.#orders.set(sets, { own: extensions.length, order })
    return order
  }

  /** Tells versions of a document that was open before they came; `undefined` where all of them have been told. */
  #tellOf(document: Document | undefined, captured: CapturedSets): Promise<unknown> | undefined {
    const open = document && this.#parts.documents.loaded(document)
    if (open === undefined) return undefined
    let telling: Promise<unknown>[] | undefined
    for (const set of captured.sets) {
      const told = this.#tell(set, open)
      if (told !== undefined) (telling ??= []).push(told)
    }
    return telling && Promise.allSettled(telling)
  }

  #tell(set: ExtensionSet, { document, payload }: OpenDocument): Promise<unknown> | undefined {
    if (!set.isToldOf(document)) set.toldOf(document, this.#callAfterLoad(set, payload))
    return set.tellingOf(document)
  }

  async #callAfterLoad(set: ExtensionSet, payload: afterLoadDocumentPayload): Promise<void> {
    for (const extension of set.extensions) {
      try {
        await extension.afterLoadDocument?.(payload)
      } catch (error) {
        this.#parts.onError(error)
      }
    }
  }

  async #tellAll(): Promise<void> {
    const slices = new Slices()
    for (let view = this.#untold.shift(); view !== undefined; view = this.#untold.shift()) {
      this.#tellLeased(view).catch(this.#parts.onError)
      if (slices.due()) await slices.pause()
    }
  }

  /** Unless another version has taken its place already. */
  async #tellLeased({ open, set }: DocumentView): Promise<void> {
    const captured = await this.#parts.captures.capture('hooks afterLoadDocument')
    const running: Running = { captured }
    try {
      if (captured.sets.includes(set)) await this.#running.run(running, () => this.#tell(set, open))
    } finally {
      running.captured = undefined
      captured.end()
    }
  }
}

function documentOf(payload: Payload): Document | undefined {
  const { document, connection } = payload as { document?: Document; connection?: { document?: Document } }
  return document ?? connection?.document
}

function without({ extensions, setOf }: HookOrder, left: ReadonlySet<ExtensionSet>): readonly Extension[] {
  if (left.size === 0) return extensions
  return extensions.filter((extension) => {
    const set = setOf.get(extension)
    return set === undefined || !left.has(set)
  })
}
