import { LoroDoc, type LoroMap, type LoroText } from 'loro-crdt'

export interface SampleSheet {
  readonly doc: LoroDoc
  /** Operations that have not reached it. */
  readonly late: readonly Uint8Array[]
}

/**
 * Sheets that show what one can hold. The same ones each time; the last two are edits of one sheet that have not met.
 */
export function* sampleSheets(): Generator<SampleSheet> {
  yield onTime(
    edited('11', (title, cells) => {
      title.insert(0, 'Plain title, twice edited')
      title.delete(5, 6)
      cells.set('A1', 1.5)
      cells.set('A2', '=A1*2')
      cells.set('B1', true)
      cells.set('B2', null)
    }),
  )
  yield onTime(
    edited('12', (title, cells) => {
      title.insert(0, 'Zoë 👩‍🚀')
      title.mark({ start: 0, end: 3 }, 'bold', true)
      cells.set('nested', { deep: [1, 'two', { three: null }] })
      cells.set('gone', 1)
      cells.delete('gone')
    }),
  )
  const shared = edited('13', (title, cells) => {
    title.insert(0, 'shared')
    cells.set('A1', 'before')
  })
  const base = shared.export({ mode: 'snapshot' })
  const left = edited(
    '14',
    (title, cells) => {
      title.insert(6, ' by the left')
      cells.set('A1', 'left')
    },
    base,
  )
  const late = [left.export({ mode: 'update', from: shared.oplogVersion() })]
  yield onTime(left)
  const right = edited(
    '15',
    (title, cells) => {
      title.delete(0, 3)
      title.insert(0, 'Right: ')
      cells.set('A1', 'right')
      cells.set('A2', 'new')
    },
    base,
  )
  yield { doc: right, late }
}

function onTime(doc: LoroDoc): SampleSheet {
  return { doc, late: [] }
}

function edited(peer: `${number}`, edit: (title: LoroText, cells: LoroMap) => void, base?: Uint8Array): LoroDoc {
  const doc = new LoroDoc()
  doc.setPeerId(peer)
  if (base) doc.import(base)
  edit(doc.getText('title'), doc.getMap('cells'))
  doc.commit()
  return doc
}
