import type { afterLoadDocumentPayload, Document } from '@hocuspocus/server'
import { ReloadError, type LiveResource, type PluginHost } from '@uni/reload-core'
import { DocumentView, type OpenDocument } from './document-view.js'
import { extensionSets } from './surface.js'

/** A document, and what the host has attached of it, by plugin. */
interface Held {
  readonly open: OpenDocument
  readonly attached: Map<string, LiveResource<DocumentView, never>>
  /** Whether its `afterLoadDocument` hooks have begun: versions that come from then on are told of it by themselves. */
  isLoaded: boolean
}

/** The documents that are open, each of which is a live resource of every plugin with extensions. */
export class OpenDocuments {
  readonly #host: PluginHost
  readonly #onError: (error: unknown) => void
  readonly #held = new Map<Document, Held>()
  readonly #byName = new Map<string, Document>()
  /** Attaches that are under way, by the name of the resource: the next of the same name waits for them. */
  readonly #attaching = new Map<string, Promise<unknown>>()

  constructor(host: PluginHost, onError: (error: unknown) => void) {
    this.#host = host
    this.#onError = onError
  }

  named(name: string): Document | undefined {
    return this.#byName.get(name)
  }

  /** A document whose `afterLoadDocument` hooks have begun. */
  loaded(document: Document): OpenDocument | undefined {
    const held = this.#held.get(document)
    return held?.isLoaded === true ? held.open : undefined
  }

  /** Its `afterLoadDocument` hooks begin. */
  loads(document: Document): void {
    const held = this.#held.get(document)
    if (held !== undefined) held.isLoaded = true
  }

  /** A document is about to be open. Resolves when each plugin of `keys` has it. @throws ReloadError `HOST_CLOSED`. */
  async enter(payload: afterLoadDocumentPayload, keys: Iterable<string>): Promise<void> {
    const { document, documentName: name } = payload
    const held: Held = { open: { name, document, payload }, attached: new Map(), isLoaded: false }
    this.#held.set(document, held)
    this.#byName.set(name, document)
    await Promise.all(Array.from(keys, (key) => this.#attach(held, key)))
  }

  /** A plugin has come: it is to have each document. What fails is told to `onError`. */
  addPlugin(key: string): void {
    for (const held of this.#held.values()) this.#attach(held, key).catch(this.#onError)
  }

  removePlugin(key: string): void {
    for (const { attached } of this.#held.values()) attached.delete(key)
  }

  /** The document is gone: its name is free from this turn on. */
  leave(document: Document): void {
    const held = this.#held.get(document)
    if (held === undefined) return
    this.#held.delete(document)
    if (this.#byName.get(held.open.name) === document) this.#byName.delete(held.open.name)
    for (const live of held.attached.values()) this.#detach(live)
  }

  async #attach(held: Held, key: string): Promise<void> {
    const { open, attached } = held
    // Each plugin has the document under a name of its own.
    const name = `${key}/${open.name}`
    for (let before = this.#attaching.get(name); before !== undefined; before = this.#attaching.get(name)) await before
    if (!this.#isOpen(held)) return
    const attaching = this.#host.attach(extensionSets, { name, key, open: (set) => new DocumentView(open, set) })
    const over = attaching.then(
      (live) => {
        this.#attaching.delete(name)
        if (this.#isOpen(held)) attached.set(key, live)
        else this.#detach(live)
      },
      (error: unknown) => {
        this.#attaching.delete(name)
        // The plugin was removed meanwhile.
        if (!ReloadError.is(error) || error.code !== 'PROVIDER_NOT_FOUND') throw error
      },
    )
    this.#attaching.set(
      name,
      over.catch(() => {}),
    )
    await over
  }

  #isOpen({ open }: Held): boolean {
    return this.#held.has(open.document)
  }

  #detach(live: LiveResource<DocumentView, never>): void {
    live.detach().catch((error: unknown) => {
      if (!isGone(error)) this.#onError(error)
    })
  }
}

/** Whether a resource could not be detached because it had left already: with its plugin, or with the host. */
function isGone(error: unknown): boolean {
  return ReloadError.is(error) && (error.code === 'RESOURCE_CLOSED' || error.code === 'HOST_CLOSED')
}
