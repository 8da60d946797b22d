import { setTimeout as delay } from 'node:timers/promises'
import type { LiveResource } from '@uni/reload-core'
import type { CrdtState } from '@uni/reload-crdt'
import * as Y from 'yjs'
import type { Acknowledged } from '../acknowledged.js'

/** A person's own replica of a note. What others type reaches it by way of {@link syncFrom}. */
export class Replica {
  readonly document = new Y.Doc()
  readonly #note: LiveResource<CrdtState, Uint8Array>
  readonly #name: string
  #edits = 0

  constructor(note: LiveResource<CrdtState, Uint8Array>, name: string) {
    this.#note = note
    this.#name = name
  }

  get text(): string {
    return this.document.getText('body').toString()
  }

  /** Types a token that occurs nowhere else, somewhere in the text. Resolves when the host has acknowledged it. */
  async type(acknowledged: Acknowledged): Promise<void> {
    this.#edits += 1
    const token = `<${this.#name}:${this.#edits}>`
    const body = this.document.getText('body')
    const before = Y.encodeStateVector(this.document)
    // Always between two tokens, so that each can be found again whole.
    const gaps = [0, ...[...body.toString().matchAll(/>/g)].map(({ index }) => index + 1)]
    body.insert(gaps[(this.#edits * 31) % gaps.length] as number, token)
    await this.#note.write(Y.encodeStateAsUpdate(this.document, before))
    acknowledged.edit(this.#note.name, token)
  }

  syncFrom(other: Replica): void {
    Y.applyUpdate(this.document, Y.encodeStateAsUpdate(other.document, Y.encodeStateVector(this.document)))
  }
}

export interface EditorOptions {
  readonly replicas: readonly Replica[]
  readonly acknowledged: Acknowledged
  readonly stop: AbortSignal
}

/** People typing into the same note, each into a replica of their own, and catching up with one another now and then. */
export async function runEditors({ replicas, acknowledged, stop }: EditorOptions): Promise<void> {
  for (let turn = 0; !stop.aborted; turn += 1) {
    await Promise.all(replicas.map((replica) => replica.type(acknowledged)))
    const [a, b] = [replicas[turn % replicas.length], replicas[(turn + 1) % replicas.length]]
    if (a && b && turn % 5 === 0) a.syncFrom(b)
    await delay(20)
  }
}
