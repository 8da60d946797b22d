import {
  defineSurface,
  preCopy,
  type HandoffStrategy,
  type MaybePromise,
  type Plugin,
  type Surface,
} from '@uni/reload-core'

/** A live document as empty as can be: how many writes it has taken. */
export interface Note {
  readonly name: string
  writes: number
  close?(): MaybePromise<void>
}

/** A write is counted at once, and accepted when `until` says so. */
export interface NoteWrite {
  readonly until?: Promise<void>
}

export interface NoteKind {
  readonly kind: string
  open(name: string, writes: number): MaybePromise<Note>
}

export const KIND = 'note'

export const notes: Surface<NoteKind, Note, NoteWrite> = defineSurface<NoteKind, Note, NoteWrite>({
  id: 'notes',
  keyOf: ({ kind }) => kind,
  apply(note, { until }) {
    note.writes += 1
    return until
  },
})

export function noteOf(name: string, writes = 0): Note {
  return { name, writes }
}

export function notesHandoff(): HandoffStrategy<NoteKind, Note, NoteWrite> {
  const close = (note: Note): MaybePromise<void> => note.close?.()
  return {
    surface: notes,
    discipline: 'pre-copy',
    close,
    checkCompat: () => ({ level: 'compatible' }),
    handoff: (job, ctx) =>
      preCopy<NoteKind, Note, Note, undefined>(job, ctx, {
        snapshot: ({ name, writes }) => noteOf(name, writes),
        isolated: () => true,
        restore: (kind, { name, writes }) => kind.open(name, writes),
        close,
      }),
  }
}

/** @param open how this version opens them, where that is not as ever. */
export function notesPlugin(version: number, open: NoteKind['open'] = noteOf): Plugin {
  return {
    manifest: { id: 'notes', version: `${version}.0.0` },
    register: (registrar) => {
      registrar.provide(notes, { kind: KIND, open })
    },
  }
}
