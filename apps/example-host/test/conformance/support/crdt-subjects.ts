import type { Plugin } from '@uni/reload-core'
import { crdtKind } from '@uni/reload-crdt'
import type { CrdtReplica, CrdtSubject } from '@uni/reload-crdt/testing'
import type { CatalogueEntry } from '../../../src/plugins/catalogue.js'
import { boardsEntry } from '../../../src/plugins/boards/entry.js'
import { notesEntry } from '../../../src/plugins/notes/entry.js'
import { sheetsEntry } from '../../../src/plugins/sheets/entry.js'
import { providerOf } from '../../plugins/support/providers.js'
import { BoardReplica } from './board-replica.js'
import { NoteReplica } from './note-replica.js'
import { SheetReplica } from './sheet-replica.js'

/** A CRDT plugin, and who edits its documents. */
export interface EditedKind {
  readonly entry: CatalogueEntry
  replica(id: number): CrdtReplica
}

export const notes: EditedKind = { entry: notesEntry, replica: (id) => new NoteReplica(id) }
export const boards: EditedKind = { entry: boardsEntry, replica: (id) => new BoardReplica(id) }
export const sheets: EditedKind = { entry: sheetsEntry, replica: (id) => new SheetReplica(id) }

/** A version of a plugin, and another one (where it is given) that reads what this one writes. */
export function subjectOf({ replica }: EditedKind, plugin: Plugin, other?: Plugin): CrdtSubject {
  return {
    provider: providerOf(plugin, crdtKind),
    replica,
    ...(other && { older: [{ version: other.manifest.version, provider: providerOf(other, crdtKind) }] }),
  }
}
