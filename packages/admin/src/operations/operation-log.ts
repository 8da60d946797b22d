import type { OperationTag, ReloadEvent } from '@uni/reload-core'
import { toJson } from '../events/event-json.js'
import type { Operation } from '../schemas.js'

type OperationEvent = Extract<ReloadEvent, OperationTag>
type Mutable<T> = { -readonly [K in keyof T]: T[K] }

interface Noted {
  readonly view: Mutable<Operation> & { phases: Mutable<Operation['phases'][number]>[] }
  /** By a clock that knows parts of a millisecond. */
  readonly startedAt: number
}

/** What the last operations of a host did, as its events tell. */
export class OperationLog {
  readonly #capacity: number
  readonly #operations = new Map<number, Noted>()

  /** @param capacity how many operations are kept. */
  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** The last one first. */
  all(): readonly Operation[] {
    return [...this.#operations.values()].map(({ view }) => view).toReversed()
  }

  get(operation: number): Operation | undefined {
    return this.#operations.get(operation)?.view
  }

  note(event: ReloadEvent): void {
    if (!('operation' in event)) return
    if (event.type === 'phase-started' && event.phase === 'validate') this.#begin(event)
    const noted = this.#operations.get(event.operation)
    if (noted !== undefined) tell(noted, event)
  }

  #begin({ operation, kind, plugins }: OperationTag): void {
    const view: Noted['view'] = {
      operation,
      kind,
      plugins: [...plugins],
      state: 'running',
      startedAt: new Date().toISOString(),
      phases: [],
      steps: {},
    }
    this.#operations.set(operation, { view, startedAt: performance.now() })
    const [oldest] = this.#operations.keys()
    if (this.#operations.size > this.#capacity && oldest !== undefined) this.#operations.delete(oldest)
  }
}

function tell({ view: noted, startedAt }: Noted, event: OperationEvent): void {
  switch (event.type) {
    case 'phase-started':
      noted.phases.push({ phase: event.phase, atMs: performance.now() - startedAt })
      break
    case 'phase-ended':
    case 'phase-failed': {
      const phase = noted.phases.findLast(({ phase: name }) => name === event.phase)
      if (phase === undefined) break
      phase.ms = event.ms
      if (event.type === 'phase-failed') phase.failed = true
      break
    }
    case 'resource':
      noted.steps[event.step] = (noted.steps[event.step] ?? 0) + 1
      break
    case 'committed':
      noted.state = 'committed'
      break
    case 'reported':
      noted.state = event.outcome
      noted.reports = toJson(event.reports) as Record<string, unknown>[]
      break
    case 'failed':
      noted.state = 'failed'
      noted.error = toJson(event.error) as Record<string, unknown>
      break
    case 'kept':
      noted.blockers = event.blockers.map(({ label, ageMs, holds }) => ({ label, ageMs, holds }))
      break
    case 'baked':
      noted.bake = event.outcome
      break
    case 'finalized':
      noted.finalized = true
      break
    default:
  }
}
