import type { Plugin } from '@uni/reload-core'
import { crdtKind, type CrdtState } from '@uni/reload-crdt'
import type { SheetDocument, SheetValue } from './sheet.js'
import { SheetsV2, SmallSheet } from './v2.js'

/** Reads every sheet without a complaint, and shows its title in the cell A1, and what is in that cell as its title. */
export function swapsTitle(): Plugin {
  return {
    manifest: { id: 'sheets', version: '3.0.0', capabilities: [crdtKind.id] },
    register: (registrar) => {
      registrar.provide(crdtKind, new SwapsTitle())
    },
  }
}

class SwapsTitle extends SheetsV2 {
  override readonly version = '3.0.0'

  protected override wrap(document: SheetDocument): CrdtState {
    return new SwappedSheet(document)
  }
}

class SwappedSheet extends SmallSheet {
  override value(): SheetValue {
    const { title, cells } = super.value()
    return 'A1' in cells ? { title: String(cells['A1']), cells: { ...cells, A1: title } } : { title, cells }
  }
}
