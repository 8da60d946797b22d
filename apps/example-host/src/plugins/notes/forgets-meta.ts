import type { Plugin } from '@uni/reload-core'
import { crdtKind, type CrdtState } from '@uni/reload-crdt'
import type * as Y from 'yjs'
import { DenseNote, NotesV2, type NoteValue } from './v2.js'

/** Reads every note without a complaint, and shows nobody its `meta`. */
export function forgetsMeta(): Plugin {
  return {
    manifest: { id: 'notes', version: '3.0.0', capabilities: [crdtKind.id] },
    register: (registrar) => {
      registrar.provide(crdtKind, new ForgetsMeta())
    },
  }
}

class ForgetsMeta extends NotesV2 {
  override readonly version = '3.0.0'

  protected override wrap(doc: Y.Doc): CrdtState {
    return new NoteWithoutMeta(doc)
  }
}

class NoteWithoutMeta extends DenseNote {
  override value(): NoteValue {
    return { ...super.value(), meta: {} }
  }
}
