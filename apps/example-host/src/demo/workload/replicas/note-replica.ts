import * as Y from 'yjs'
import type { Replica } from './replica.js'

/**
 * A replica of a note: tokens are typed into its text, always between two others so that each can be found again whole.
 */
export class NoteReplica implements Replica {
  readonly #document = new Y.Doc()
  #edits = 0

  add(token: string): Uint8Array {
    this.#edits += 1
    const body = this.#document.getText('body')
    const before = Y.encodeStateVector(this.#document)
    const gaps = [0, ...[...body.toString().matchAll(/>/g)].map(({ index }) => index + 1)]
    body.insert(gaps[(this.#edits * 31) % gaps.length] as number, token)
    return Y.encodeStateAsUpdate(this.#document, before)
  }

  catchUpWith(other: Replica): void {
    if (!(other instanceof NoteReplica)) throw new TypeError('a note catches up with a note')
    Y.applyUpdate(this.#document, Y.encodeStateAsUpdate(other.#document, Y.encodeStateVector(this.#document)))
  }

  agreesWith(value: unknown): boolean {
    return (value as { readonly body?: unknown } | undefined)?.body === this.#document.getText('body').toString()
  }
}
