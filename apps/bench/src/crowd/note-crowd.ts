import type { CrowdKind, StoredKind } from './kind.js'
import { KIND, noteOf, notes, notesHandoff, notesPlugin, type Note, type NoteKind, type NoteWrite } from './notes.js'

const MARK: NoteWrite = {}

export const noteCrowd: CrowdKind<NoteKind, Note, NoteWrite> = {
  surface: notes,
  key: KIND,
  strategy: notesHandoff,
  plugin: (version) => notesPlugin(version),
  open: (provider, name) => provider.open(name, 0),
  write: () => MARK,
  writesIn: ({ writes }) => writes,
}

export const storedNotes: StoredKind<Note> = {
  create: (name) => noteOf(name),
  save: ({ name, writes }) => noteOf(name, writes),
  load: (saved) => saved as Note,
}
