import type { ReloadEvent } from '@uni/reload-core'

type StepEvent = Extract<ReloadEvent, { type: 'resource' }>

interface StepTotals {
  count: number
  failed: number
  longestMs: number
}

/** The steps of handoffs that came together: a reload has one of each step for each of its resources. */
export interface StepBatch {
  readonly operation: number
  readonly kind: StepEvent['kind']
  readonly plugins: readonly string[]
  readonly steps: Partial<Record<StepEvent['step'], StepTotals>>
  /** The longest of them, and those that failed, longest first. */
  readonly longest: readonly Pick<StepEvent, 'surface' | 'key' | 'resource' | 'step' | 'ms' | 'error'>[]
}

const LONGEST = 50
/** Milliseconds for which steps are put together. */
const BATCH_MS = 100

/** Puts the steps of handoffs together, so that ten thousand of them are some messages and not ten thousand. */
export class StepBatches {
  readonly #emit: (batch: StepBatch) => void
  readonly #open = new Map<number, { readonly steps: StepEvent[]; readonly timer: ReturnType<typeof setTimeout> }>()

  constructor(emit: (batch: StepBatch) => void) {
    this.#emit = emit
  }

  add(event: StepEvent): void {
    const open = this.#open.get(event.operation)
    if (open !== undefined) {
      open.steps.push(event)
      return
    }
    const timer = setTimeout(() => {
      this.flush(event.operation)
    }, BATCH_MS)
    this.#open.set(event.operation, { steps: [event], timer })
  }

  /** Emits what there is of an operation: before any other event of it, as its steps came before that. */
  flush(operation: number): void {
    const open = this.#open.get(operation)
    if (open === undefined) return
    clearTimeout(open.timer)
    this.#open.delete(operation)
    this.#emit(batchOf(open.steps))
  }
}

function batchOf(events: readonly StepEvent[]): StepBatch {
  const { operation, kind, plugins } = events[0] as StepEvent
  const steps: StepBatch['steps'] = {}
  for (const { step, ms, error } of events) {
    const totals = (steps[step] ??= { count: 0, failed: 0, longestMs: 0 })
    totals.count += 1
    totals.failed += error === undefined ? 0 : 1
    totals.longestMs = Math.max(totals.longestMs, ms)
  }
  const longest = events
    .toSorted((one, other) => Number(other.error !== undefined) - Number(one.error !== undefined) || other.ms - one.ms)
    .slice(0, LONGEST)
    .map(({ surface, key, resource, step, ms, error }) => ({ surface, key, resource, step, ms, error }))
  return { operation, kind, plugins, steps, longest }
}
