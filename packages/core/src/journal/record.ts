/** The versions of one plugin before and after an operation. An install has no `from`, a removal no `to`. */
export interface JournaledChange {
  readonly plugin: string
  readonly from?: string | undefined
  readonly to?: string | undefined
}

/** A verdict that an operator overruled. */
export interface JournaledAcceptance {
  readonly surface: string
  readonly key: string
  /** The live resource, where the verdict was on one. */
  readonly resource?: string | undefined
  /** The reason that the operator has given. */
  readonly reason: string
  /** The reason in the verdict that was overruled. */
  readonly overruled: string
}

/**
 * What a host writes down of its operations. These are numbered from 1 in each run of a host.
 *
 * - `active` begins a run: the version of each plugin, `null` for one that was removed. Where the records before were
 *   summed up, it has the permanent versions, and `since` the operation that brought each.
 * - `intent` is written before anything of a new version runs.
 * - `prepared` is written before any live resource changes hands.
 * - `committed`: the new versions serve; `accepted` has the verdicts that were overruled for it. An install and a
 * removal
 *   are permanent with it, and a reload is not.
 * - `permanent`, the second commit: from here on, a crash comes back on the new versions.
 * - `rolled-back`: the old versions serve, as if nothing had been begun.
 * - `finalized`: the old versions are closed.
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

/** Where a host writes its operations down, so that the next run knows which versions to start. */
export interface Journal {
  /** Resolves when the record, and each one before it, would survive a crash. */
  append(record: JournalRecord): Promise<void>
}
