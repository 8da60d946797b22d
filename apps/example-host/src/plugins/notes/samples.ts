import * as Y from 'yjs'

export interface SampleDocument {
  readonly doc: Y.Doc
  /** Operations that have not reached it. */
  readonly late: readonly Uint8Array[]
}

/**
 * Documents that show what a note can hold. The same ones each time; the last two are edits of one note that have not
 * met.
 */
export function* sampleDocuments(): Generator<SampleDocument> {
  yield onTime(
    edited(11, (body, meta) => {
      body.insert(0, 'Plain text, twice edited')
      body.delete(5, 5)
      meta.set('author', 'Ada')
      meta.set('stars', 5)
    }),
  )
  yield onTime(
    edited(12, (body, meta) => {
      body.insert(0, 'Zoë 👩‍🚀\nsecond line')
      body.format(0, 3, { bold: true })
      body.insertEmbed(4, { image: 'astronaut.png' })
      meta.set('tags', ['a', 'b'])
      meta.set('nested', { deep: { value: null } })
      meta.set('gone', true)
      meta.delete('gone')
    }),
  )
  const base = Y.encodeStateAsUpdate(
    edited(13, (body, meta) => {
      body.insert(0, 'shared')
      meta.set('title', 'before')
    }),
  )
  const left = edited(
    14,
    (body, meta) => {
      body.insert(6, ' by the left')
      meta.set('title', 'left')
    },
    base,
  )
  yield onTime(left)
  const right = edited(
    15,
    (body, meta) => {
      body.delete(0, 3)
      body.insert(0, 'Right: ')
      meta.set('title', 'right')
    },
    base,
  )
  yield { doc: right, late: [Y.encodeStateAsUpdate(left, Y.encodeStateVectorFromUpdate(base))] }
}

function onTime(doc: Y.Doc): SampleDocument {
  return { doc, late: [] }
}

function edited(clientId: number, edit: (body: Y.Text, meta: Y.Map<unknown>) => void, base?: Uint8Array): Y.Doc {
  const doc = new Y.Doc()
  doc.clientID = clientId
  if (base) Y.applyUpdate(doc, base)
  doc.transact(() => edit(doc.getText('body'), doc.getMap('meta')))
  return doc
}
