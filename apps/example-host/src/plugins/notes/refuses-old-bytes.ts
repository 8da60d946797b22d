import type { Plugin } from '@uni/reload-core'
import { crdtKind, type CrdtState } from '@uni/reload-crdt'
import type * as Y from 'yjs'
import { TAG } from './container.js'
import { DenseNote, NotesV2 } from './v2.js'

const OWN_TAG = 3

/** Marks what it writes with a tag of its own, and reads nothing else. */
export function refusesOldBytes(): Plugin {
  return {
    manifest: { id: 'notes', version: '3.0.0', capabilities: [crdtKind.id] },
    register: (registrar) => {
      registrar.provide(crdtKind, new RefusesOldBytes())
    },
  }
}

class RefusesOldBytes extends NotesV2 {
  override readonly version = '3.0.0'

  override fromPersisted(bytes: Uint8Array): CrdtState {
    if (bytes[0] !== OWN_TAG) throw new Error(`expected a note with the tag ${OWN_TAG}, found ${bytes[0] ?? 'no byte'}`)
    return super.fromPersisted(retagged(bytes, TAG.updateV2))
  }

  protected override wrap(doc: Y.Doc): CrdtState {
    return new OtherwiseTaggedNote(doc)
  }
}

class OtherwiseTaggedNote extends DenseNote {
  override persist(): Uint8Array {
    return retagged(super.persist(), OWN_TAG)
  }
}

function retagged(bytes: Uint8Array, tag: number): Uint8Array {
  const copy = new Uint8Array(bytes)
  copy[0] = tag
  return copy
}
