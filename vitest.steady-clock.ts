/** Milliseconds from one look at the clock to the next. */
const LOOK_MS = 0.01

/**
 * Each look at `performance.now` takes as long as the one before, whatever the machine has to do besides: the library
 * cuts long work into slices by this clock, and they end at the same places in every run. Deadlines and drains have the
 * clock that a test gives them.
 */
let now = performance.now()
performance.now = () => {
  now += LOOK_MS
  return now
}
