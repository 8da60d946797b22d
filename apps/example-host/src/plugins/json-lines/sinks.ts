/** One file of the plugin, and the columns it gets. */
export interface Sink {
  /** The key of its provider, and the name of its file before `.jsonl`. */
  readonly name: string
  /** Absent: all of them. */
  readonly columns?: readonly string[]
}

export const SINKS: readonly Sink[] = [
  { name: 'json-lines-all' },
  { name: 'json-lines-titles', columns: ['id', 'title'] },
]
