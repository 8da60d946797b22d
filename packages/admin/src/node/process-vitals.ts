import { monitorEventLoopDelay } from 'node:perf_hooks'

/**
 * How this process does, for the option `vitals`: the longest that its event loop did not turn since it was asked last,
 * in milliseconds, and its heap, in MiB.
 */
export function processVitals(): () => Readonly<Record<string, number>> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  return () => {
    const longest = Number.isFinite(delay.max) ? delay.max / 1e6 : 0
    delay.reset()
    return { 'event loop, longest ms': longest, 'heap, MiB': process.memoryUsage().heapUsed / 1_048_576 }
  }
}
