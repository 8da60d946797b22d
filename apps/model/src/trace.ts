/** What of a run can be seen from outside, by name. */
type Visible = Readonly<Record<string, string>>

/**
 * A run of a model: the steps the outside took, each with what could be seen to change when everything had come to
 * rest.
 */
export interface Trace {
  readonly seed: number
  readonly start: Visible
  readonly steps: readonly (readonly [step: string, changed: Visible])[]
}

/** A file of traces of one model. */
export interface TraceFile {
  /** Of the sources they were taken from: a model that has changed since needs new ones. */
  readonly digest: string
  readonly traces: readonly Trace[]
}

/** Reads what a model prints in a simulation: `@state name=value …` and `@step what` by turns. */
export function readTrace(seed: number, output: string): Trace {
  const lines = output.split('\n').filter((line) => line.startsWith('@'))
  const [first, ...rest] = lines
  if (first?.startsWith('@state ') !== true)
    throw new Error(`the simulation with seed ${seed} shows no state:\n${output}`)
  const start = readState(first)
  const steps: (readonly [string, Visible])[] = []
  let before = start
  for (let at = 0; at + 1 < rest.length; at += 2) {
    const [step, state] = [rest[at] ?? '', readState(rest[at + 1] ?? '')]
    if (!step.startsWith('@step '))
      throw new Error(`the simulation with seed ${seed} has "${step}" where a step belongs`)
    steps.push([step.slice('@step '.length), changes(before, state)])
    before = state
  }
  return { seed, start, steps }
}

function readState(line: string): Visible {
  return Object.fromEntries(
    line
      .slice('@state '.length)
      .trim()
      .split(' ')
      .map((pair) => pair.split('=') as [string, string]),
  )
}

function changes(before: Visible, after: Visible): Visible {
  return Object.fromEntries(Object.entries(after).filter(([name, value]) => before[name] !== value))
}
