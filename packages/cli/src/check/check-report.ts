/** The verdict on one key, or on one live resource. */
export interface CheckVerdict {
  readonly surface: string
  readonly key: string
  readonly resource?: string | undefined
  /** `added`, `removed`: nothing was there to compare it with. */
  readonly level: 'compatible' | 'migrate' | 'unjudged' | 'incompatible' | 'added' | 'removed'
  /** Why, for whoever has to act on it. */
  readonly reason?: string | undefined
}

/** Whether an upgrade may be hot-reloaded. */
export interface CheckReport {
  readonly plugin: string
  readonly from: string
  readonly to: string
  /** The file that the new version begins with. */
  readonly file: string
  /** False where anything is `incompatible`, or the reload fails for another reason. */
  readonly compatible: boolean
  readonly verdicts: readonly CheckVerdict[]
  /** What fails the reload besides the verdicts. */
  readonly failure?: { readonly code: string; readonly message: string } | undefined
  /** Milliseconds that the check took, loading included. */
  readonly ms: number
}
