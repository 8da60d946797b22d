import type { Colors } from 'picocolors/types.js'

/** What a command reads and writes, so that a test may look at it. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** Whether standard output is a terminal: colours and progress are for people alone. */
  readonly isTerminal: boolean
  readonly colors: Colors
  /** Fires when the command is to end, as after Ctrl-C. */
  readonly signal: AbortSignal
  out(text: string): void
  /** For progress and problems. */
  err(text: string): void
}
