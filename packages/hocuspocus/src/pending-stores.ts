import type { Document, Hocuspocus, onStoreDocumentPayload } from '@hocuspocus/server'

const FIRST_RETRY_MS = 200
const LAST_RETRY_MS = 10_000

interface Failed {
  readonly payload: onStoreDocumentPayload
  readonly error: unknown
  readonly retryMs: number
  readonly timer: NodeJS.Timeout
}

/**
 * Documents whose last store has failed. Each is stored again after a while, by the version that serves then, and stays
 * in memory until it is: Hocuspocus by itself would neither try again nor keep it when its last client leaves.
 */
export class PendingStores {
  readonly #hocuspocus: Hocuspocus
  readonly #failed = new Map<Document, Failed>()

  constructor(hocuspocus: Hocuspocus) {
    this.#hocuspocus = hocuspocus
  }

  has(document: Document): boolean {
    return this.#failed.has(document)
  }

  /** Names of the documents, and what their stores have failed with. */
  failures(): { readonly name: string; readonly error: unknown }[] {
    return Array.from(this.#failed, ([{ name }, { error }]) => ({ name, error }))
  }

  stored(document: Document): void {
    clearTimeout(this.#failed.get(document)?.timer)
    this.#failed.delete(document)
  }

  failed(payload: onStoreDocumentPayload, error: unknown): void {
    const { document } = payload
    const before = this.#failed.get(document)
    clearTimeout(before?.timer)
    const retryMs = before === undefined ? FIRST_RETRY_MS : Math.min(2 * before.retryMs, LAST_RETRY_MS)
    const timer = setTimeout(() => this.#retry(payload), retryMs)
    this.#failed.set(document, { payload, error, retryMs, timer })
  }

  /** Stores all of them anew, at once. */
  retryNow(): void {
    for (const { payload, timer } of this.#failed.values()) {
      clearTimeout(timer)
      this.#retry(payload)
    }
  }

  /** Tries no more. */
  giveUp(): void {
    for (const { timer } of this.#failed.values()) clearTimeout(timer)
    this.#failed.clear()
  }

  #retry(payload: onStoreDocumentPayload): void {
    void this.#hocuspocus.storeDocumentHooks(payload.document, payload, true)
  }
}
