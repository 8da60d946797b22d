import type { Trace } from './trace.js'

/**
 * Few traces that show much: again and again the one that has most of what none has shown yet, which is what comes of a
 * step, and which step comes next.
 */
export function choose(traces: readonly Trace[], most: number): Trace[] {
  const left = new Map(traces.map((trace) => [trace, new Set(sights(trace))]))
  const chosen: Trace[] = []
  while (chosen.length < most) {
    let best: Trace | undefined
    for (const [trace, sees] of left) if (best === undefined || sees.size > (left.get(best)?.size ?? 0)) best = trace
    const seen = best && left.get(best)
    if (best === undefined || seen === undefined || seen.size === 0) break
    chosen.push(best)
    left.delete(best)
    for (const sees of left.values()) for (const sight of seen) sees.delete(sight)
  }
  return chosen
}

function* sights({ steps }: Trace): Generator<string> {
  for (const [at, [step, changed]] of steps.entries()) {
    yield `${step} then ${steps[at + 1]?.[0] ?? 'the end'}`
    // What is counted differs from run to run; what is named says what has come of the step.
    yield `${step} ${Object.entries(changed)
      .map(([name, value]) => (/^\d+$/.test(value) ? name : `${name}=${value}`))
      .join(' ')}`
  }
}
