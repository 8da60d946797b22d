/** What an operation does to one plugin: versions before and after; `from` is absent at an install, `to` at a removal. */
export interface JournaledChange {
  readonly plugin: string
  readonly from?: string | undefined
  readonly to?: string | undefined
}

/** A verdict that an operator overruled. */
export interface JournaledAcceptance {
  readonly surface: string
  readonly key: string
  /** Where the verdict was on one live resource. */
  readonly resource?: string | undefined
  /** The operator's own. */
  readonly reason: string
  /** What was found. */
  readonly overruled: string
}

/**
 * What a host writes down of its operations. They are numbered from 1 in each run of a host; a run begins with `active`.
 *
 * - `active` what the run began with: the version of each plugin, `null` for one that was removed; or, where records
 *   were summed up, what is permanent by then, `since` the operation that made it so.
 * - `intent` before anything of a new version runs.
 * - `prepared` before any live resource is taken out of the old version's hands.
 * - `committed` the new versions serve, whatever was `accepted` for that. A reload is not permanent yet; an install
 *   and a removal are.
 * - `permanent` the second commit: a crash comes back on the new versions from here on.
 * - `rolled-back` the old versions serve, as if nothing had been begun.
 * - `finalized` the old versions are closed.
 */
export type JournalRecord =
  | {
      readonly type: 'active'
      readonly plugins: Readonly<Record<string, string | null>>
      readonly since?: Readonly<Record<string, number>> | undefined
    }
  | { readonly type: 'intent'; readonly operation: number; readonly changes: readonly JournaledChange[] }
  | {
      readonly type: 'committed'
      readonly operation: number
      readonly accepted?: readonly JournaledAcceptance[] | undefined
    }
  | { readonly type: 'prepared' | 'permanent' | 'rolled-back' | 'finalized'; readonly operation: number }

/** Where a host writes its operations down, so that the next run knows what this one was doing. */
export interface Journal {
  /** Resolves when the record, and each one before it, would survive a crash. */
  append(record: JournalRecord): Promise<void>
}
