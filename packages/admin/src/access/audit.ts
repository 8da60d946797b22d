/** One call that changed something, or tried to. */
export interface AuditEntry {
  readonly at: string
  readonly method: string
  readonly path: string
  /** What was asked for, without the bytes of a package. */
  readonly asked: unknown
  readonly status: number
  /** Of the error, where it failed. */
  readonly code?: string | undefined
}
