import { decodeImportBlobMeta, LoroDoc } from 'loro-crdt'
import { joinParts, splitParts } from '../../tagged-parts.js'

/** What a sheet means. */
export interface SheetValue {
  readonly title: string
  readonly cells: Readonly<Record<string, unknown>>
}

/** How a persisted sheet is encoded, by Loro's name for it. Every version reads both. */
const TAG = { snapshot: 1, update: 2 } as const

/**
 * A Loro document, and the operations that wait for ones before them: Loro keeps these in memory, and leaves them out
 * of what it exports.
 */
export class SheetDocument {
  readonly doc: LoroDoc
  #waiting: readonly Uint8Array[] = []

  constructor(doc: LoroDoc = new LoroDoc()) {
    this.doc = doc
  }

  /** @throws Error where the bytes are no sheet, or a torn one. */
  static open(bytes: Uint8Array): SheetDocument {
    const { tag, parts } = splitParts(bytes)
    if (tag !== TAG.snapshot && tag !== TAG.update) {
      throw new Error(`the bytes are no sheet: expected the tag ${TAG.snapshot} or ${TAG.update}, found ${tag}`)
    }
    const sheet = new SheetDocument()
    for (const part of parts) sheet.apply(part)
    return sheet
  }

  /** @throws Error where the operation is torn or damaged; the document is as before. */
  apply(op: Uint8Array): void {
    const { pending } = imported(this.doc, op)
    if (pending !== null) this.#waiting = [...this.#waiting, new Uint8Array(op)]
    if (this.#waiting.length > 0) this.#waiting = this.#waiting.filter((one) => !includes(this.doc, one))
  }

  merge(other: SheetDocument): void {
    this.apply(other.doc.export({ mode: 'update', from: this.doc.oplogVersion() }))
    for (const op of other.#waiting) this.apply(op)
  }

  persist(mode: 'snapshot' | 'update'): Uint8Array {
    return joinParts({ tag: TAG[mode], parts: [this.doc.export({ mode }), ...this.#waiting] })
  }
}

function imported(doc: LoroDoc, bytes: Uint8Array): ReturnType<LoroDoc['import']> {
  try {
    return doc.import(bytes)
  } catch (error) {
    // Loro throws texts.
    throw new Error(`Loro does not take the bytes: ${String(error)}`, { cause: error })
  }
}

function includes(doc: LoroDoc, op: Uint8Array): boolean {
  const order = doc.oplogVersion().compare(decodeImportBlobMeta(op, false).partialEndVersionVector)
  return order !== undefined && order >= 0
}
