import type { Document, Extension, onConfigurePayload, onListenPayload } from '@hocuspocus/server'
import { attemptAll, type MaybePromise } from '@uni/reload-core'
import type { Doc } from 'yjs'

/** Reads a document as a version understands it: see `ExtensionPlugin.read`. */
export type ReadDocument = (document: Doc, name: string) => MaybePromise<unknown>

/** What a version of a plugin provides: its extensions. */
export class ExtensionSet {
  /** Its key: the id of the plugin. */
  readonly name: string
  readonly extensions: readonly Extension[]
  readonly read: ReadDocument | undefined
  #configured: { readonly payload: onConfigurePayload; readonly done: Promise<void> } | undefined
  #listening = false
  /** The documents of which `afterLoadDocument` was called, or is being called. */
  readonly #told = new WeakMap<Document, 'done' | Promise<unknown>>()
  /** How many chains of hooks use it without a lease. */
  #users = 0
  #unused: (() => void) | undefined

  constructor(name: string, extensions: readonly Extension[], read: ReadDocument | undefined) {
    this.name = name
    this.extensions = extensions
    this.read = read
  }

  /** Calls `onConfigure` of its extensions, once, however often it is judged. */
  configure(payload: onConfigurePayload): Promise<void> {
    this.#configured ??= { payload, done: this.#call((extension) => extension.onConfigure?.(payload)) }
    return this.#configured.done
  }

  /** Calls `onListen` of its extensions, once. */
  async listen(payload: onListenPayload): Promise<void> {
    if (this.#beginsToListen()) await this.#call((extension) => extension.onListen?.(payload))
  }

  /** Whether it has yet to be told that the server listens; it counts as told from here on. */
  #beginsToListen(): boolean {
    const begins = !this.#listening
    this.#listening = true
    return begins
  }

  /** Leaves `onListen` to a chain that has begun. @returns whether it was not told before. */
  listensInChain(): boolean {
    return this.#beginsToListen()
  }

  /** Whether its extensions were told of the document by `afterLoadDocument`, or are being told. */
  isToldOf(document: Document): boolean {
    return this.#told.has(document)
  }

  /** Settles when they have been told of it; `undefined` where nothing is to be waited for. */
  tellingOf(document: Document): Promise<unknown> | undefined {
    const told = this.#told.get(document)
    return told === 'done' ? undefined : told
  }

  /** They are being told of it. */
  toldOf(document: Document, telling: Promise<unknown>): void {
    this.#told.set(document, telling)
    const done = (): void => void this.#told.set(document, 'done')
    telling.then(done, done)
  }

  enter(): void {
    this.#users += 1
  }

  leave(): void {
    this.#users -= 1
    if (this.#users === 0) this.#unused?.()
  }

  /** Calls `onDestroy` of its extensions where they were configured, when no chain of hooks uses them any more. */
  async destroy(): Promise<void> {
    if (this.#users > 0) {
      await new Promise<void>((resolve) => {
        this.#unused = resolve
      })
    }
    const configured = this.#configured
    if (configured === undefined) return
    const { instance } = configured.payload
    // A configuration that goes on, or has failed, may have opened something all the same.
    await configured.done.catch(() => {})
    await attemptAll(
      this.extensions.map((extension) => () => extension.onDestroy?.({ instance })),
      `onDestroy of several extensions of "${this.name}" failed`,
    )
  }

  async #call(hook: (extension: Extension) => unknown): Promise<void> {
    for (const extension of this.extensions) await hook(extension)
  }
}
