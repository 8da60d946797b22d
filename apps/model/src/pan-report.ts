/** What the checker said at its end. */
export interface PanReport {
  readonly states: number
  readonly depth: number
  readonly megabytes: number
  /** The first error, in the checker's words. */
  readonly error: string | undefined
  /** Places in the model that no run has come to: what is behind them was not checked. */
  readonly unreached: readonly string[]
}

/** @throws Error where the search was not complete, as its silence then means nothing. */
export function readPanReport(output: string): PanReport {
  if (/max search depth too small|out of memory|Search not completed/i.test(withoutError(output)))
    throw new Error(`the search was not complete:\n${output}`)
  const [error] = /^pan:\d+: .*$/m.exec(output) ?? []
  return {
    states: Number(field(output, /^\s*(\d+) states, stored/m)),
    depth: Number(field(output, /depth reached (\d+)/)),
    megabytes: Number(field(output, /^\s*([\d.]+)\s+total actual memory usage/m)),
    error,
    unreached: [...output.matchAll(/^\t(\S+\.pml:\d+), state \d+, "(.*)"$/gm)]
      .filter(([, , text]) => text !== '-end-')
      .map(([, place, text]) => `${place} ${text}`),
  }
}

/** An error ends the search, and the checker says so; that is no other reason for it. */
function withoutError(output: string): string {
  return /^pan:\d+: (assertion|invalid)/m.test(output) ? output.replace(/.*Search not completed.*/g, '') : output
}

function field(output: string, pattern: RegExp): string {
  const [, found] = pattern.exec(output) ?? []
  if (found === undefined) throw new Error(`the checker did not say ${pattern}:\n${output}`)
  return found
}
