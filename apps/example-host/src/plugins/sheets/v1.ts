import type { Plugin } from '@uni/reload-core'
import { crdtKind, type CrdtKindProvider, type CrdtSample, type CrdtState } from '@uni/reload-crdt'
import { sampleSheets } from './samples.js'
import { SheetDocument, type SheetValue } from './sheet.js'

/**
 * Sheets: a map `cells` and a text `title`, edited by many at once. An operation is a Loro update; persisted as a
 * snapshot.
 */
export function sheetsV1(): Plugin {
  return {
    manifest: { id: 'sheets', version: '1.0.0', capabilities: [crdtKind.id] },
    register: (registrar) => {
      registrar.provide(crdtKind, new SheetsV1())
    },
  }
}

class SheetsV1 implements CrdtKindProvider {
  readonly kind = 'sheets'
  readonly version = '1.0.0'

  empty(): CrdtState {
    return new Sheet(new SheetDocument())
  }

  fromPersisted(bytes: Uint8Array): CrdtState {
    return new Sheet(SheetDocument.open(bytes))
  }

  *samples(): Generator<CrdtSample> {
    for (const { doc, late } of sampleSheets()) yield Object.assign(new Sheet(new SheetDocument(doc)), { late })
  }
}

class Sheet implements CrdtState {
  readonly #document: SheetDocument

  constructor(document: SheetDocument) {
    this.#document = document
  }

  apply(op: Uint8Array): void {
    this.#document.apply(op)
  }

  merge(other: CrdtState): void {
    if (!(other instanceof Sheet)) throw new TypeError('a sheet is merged with a sheet of the same version')
    this.#document.merge(other.#document)
  }

  value(): SheetValue {
    const { title = '', cells = {} } = this.#document.doc.toJSON() as Partial<SheetValue>
    return { title, cells }
  }

  persist(): Uint8Array {
    return this.#document.persist('snapshot')
  }

  close(): void {
    this.#document.doc.free()
  }
}
