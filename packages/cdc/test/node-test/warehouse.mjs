// A table in memory, `{ rows: [], lsn: 0n }`, that keeps its LSN with its rows.
export const warehouse = (table) => ({
  name: 'warehouse',
  start({ fromLsn = table.lsn, gap }) {
    if (gap) table.lsn = gap.to
    let handed = fromLsn
    let open = true
    return {
      deliver({ lsnEnd, mutations }) {
        if (!open) throw new Error('the stream was shut down')
        const ids = Array.from({ length: mutations.numRows }, (_, at) => mutations.getChild('id').get(at))
        if (!ids.every(Number.isInteger)) throw new Error('a row has no id')
        if (lsnEnd > table.lsn) {                          // otherwise it was stored before
          table.rows.push(...ids)
          table.lsn = lsnEnd
        }
        handed = lsnEnd
      },
      checkpoint: () => handed,
      shutdown() { open = false },
    }
  },
})
