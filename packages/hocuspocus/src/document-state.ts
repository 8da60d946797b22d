import type { Document } from '@hocuspocus/server'
import type { PluginHost, Surface } from '@uni/reload-core'
import { PerKey, type InUse, type PerKeyOptions } from '@uni/reload-state'

/** What is opened for each document: a live resource of any surface, whose plugins are replaced as ever. */
export interface DocumentState<P, R, W> extends PerKeyOptions<P, R> {
  readonly surface: Surface<P, R, W>
}

/** A kind of state whose types are forgotten: see {@link documentState}. */
export interface AnyDocumentState {
  /** @internal */
  open(host: PluginHost): StateOfDocuments
}

/** Each document has one of these from before its `onLoadDocument` until after its `afterUnloadDocument`. */
export function documentState<P, R, W>(state: DocumentState<P, R, W>): AnyDocumentState {
  return {
    open(host) {
      const { surface, ...options } = state
      const perKey = new PerKey(host, surface, options)
      return { surface: surface.id, open: (name) => perKey.open(name), closeAll: () => perKey.closeAll() }
    },
  }
}

type AnyState = InUse<unknown, unknown>

/** @internal */
export interface StateOfDocuments {
  readonly surface: string
  open(name: string): Promise<Pick<AnyState, 'close'>>
  closeAll(): Promise<void>
}

/** By this, two copies of the package find what either has put on a document. */
const STATES = Symbol.for('@uni/reload-hocuspocus/states')

interface WithStates {
  [STATES]?: Map<string, unknown>
}

/**
 * The state that a document has of a surface, for its hooks.
 *
 * @throws Error where the host has no such state, or the document is not open.
 */
export function stateOf<P, R, W>(
  document: Document,
  surface: Surface<P, R, W>,
): Pick<InUse<R, W>, 'name' | 'write' | 'use'> {
  const state = (document as WithStates)[STATES]?.get(surface.id)
  if (state !== undefined) return state as InUse<R, W>
  throw new Error(
    `document "${document.name}" has no state of the surface "${surface.id}". ` +
      'Give it to reloadHocuspocus as one of documentStates, and use it while the document is open.',
  )
}

/** The states of all documents. */
export class DocumentStates {
  readonly #kinds: readonly StateOfDocuments[]
  readonly #onError: (error: unknown) => void

  constructor(kinds: readonly StateOfDocuments[], onError: (error: unknown) => void) {
    this.#kinds = kinds
    this.#onError = onError
  }

  /** @throws ReloadError as `attach` does, with none of them open. */
  async open(document: Document, name: string): Promise<void> {
    const states = new Map<string, Pick<AnyState, 'close'>>()
    ;(document as WithStates)[STATES] = states
    try {
      for (const kind of this.#kinds) states.set(kind.surface, await kind.open(name))
    } catch (error) {
      await this.close(document)
      throw error
    }
  }

  /** What cannot be saved stays open, and is saved by {@link closeAll}. */
  async close(document: Document): Promise<void> {
    const states = (document as WithStates)[STATES] as Map<string, Pick<AnyState, 'close'>> | undefined
    delete (document as WithStates)[STATES]
    for (const state of states?.values() ?? []) await state.close().catch(this.#onError)
  }

  async closeAll(): Promise<void> {
    for (const kind of this.#kinds) await kind.closeAll()
  }
}
