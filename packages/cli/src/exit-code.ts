/** How `uni-reload` ends, for scripts. */
export const EXIT = {
  ok: 0,
  /** The host, or the check, says no: nothing was changed. */
  refused: 1,
  /** The command line, or a file that it names, is wrong. */
  usage: 2,
  /** The host cannot be reached, or does not know the token. */
  unreachable: 3,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** Why a command ends before it is done. */
export class CommandError extends Error {
  readonly exitCode: ExitCode
  /** What to do about it. */
  readonly hint: string | undefined
  /** What `--json` gives of it. */
  readonly details: unknown

  constructor(
    exitCode: ExitCode,
    message: string,
    { hint, details }: { hint?: string | undefined; details?: unknown } = {},
  ) {
    super(message)
    this.exitCode = exitCode
    this.hint = hint
    this.details = details
  }
}
