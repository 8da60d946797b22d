/** Runs work that may be interrupted to its end, without interrupting it. */
export function inOneGo<T>(work: Iterator<unknown, T>): T {
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value
  }
}
