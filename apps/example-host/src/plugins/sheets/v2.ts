import type { Plugin } from '@uni/reload-core'
import { crdtKind, type CrdtKindProvider, type CrdtSample, type CrdtState } from '@uni/reload-crdt'
import type { LoroMap, LoroText } from 'loro-crdt'
import { sampleSheets } from './samples.js'
import { SheetDocument, type SheetValue } from './sheet.js'

/** As before, persisted as updates, which are smaller than a snapshot and slower to open. */
export function sheetsV2(): Plugin {
  return {
    manifest: { id: 'sheets', version: '2.0.0', capabilities: [crdtKind.id] },
    register: (registrar) => {
      registrar.provide(crdtKind, new SheetsV2())
    },
  }
}

export class SheetsV2 implements CrdtKindProvider {
  readonly kind = 'sheets'
  readonly version: string = '2.0.0'

  empty(): CrdtState {
    return this.wrap(new SheetDocument())
  }

  fromPersisted(bytes: Uint8Array): CrdtState {
    return this.wrap(SheetDocument.open(bytes))
  }

  *samples(): Generator<CrdtSample> {
    for (const { doc, late } of sampleSheets()) yield Object.assign(this.wrap(new SheetDocument(doc)), { late })
  }

  protected wrap(document: SheetDocument): CrdtState {
    return new SmallSheet(document)
  }
}

export class SmallSheet implements CrdtState {
  readonly #document: SheetDocument
  readonly #title: LoroText
  readonly #cells: LoroMap

  constructor(document: SheetDocument) {
    this.#document = document
    this.#title = document.doc.getText('title')
    this.#cells = document.doc.getMap('cells')
  }

  apply(op: Uint8Array): void {
    this.#document.apply(op)
  }

  merge(other: CrdtState): void {
    if (!(other instanceof SmallSheet)) throw new TypeError('a sheet is merged with a sheet of the same version')
    this.#document.merge(other.#document)
  }

  value(): SheetValue {
    return { title: this.#title.toString(), cells: this.#cells.toJSON() as SheetValue['cells'] }
  }

  persist(): Uint8Array {
    return this.#document.persist('update')
  }

  close(): void {
    this.#title.free()
    this.#cells.free()
    this.#document.doc.free()
  }
}
