import { trace, type Tracer } from '@opentelemetry/api'
import type { ReloadObserver } from '@uni/reload-core'
import { OperationTrace } from './operation-trace.js'

export interface TraceOptions {
  /** Default: that of the global tracer provider. */
  readonly tracer?: Tracer | undefined
  /**
   * Milliseconds. A step of a handoff that took as long, or failed, is a span: a reload may have ten thousand of them.
   * Default 10.
   */
  readonly stepsFromMs?: number | undefined
}

/**
 * An observer that makes a span of each operation, below the span that is active when the operation is called; one of
 * each phase; and one of each long step of a handoff. The phases after the commit may end long after the operation. A
 * drain that does not end in time has a span `uni_reload.blocked`, linked to the requests whose leases held it up, where
 * `leaseLabel` labelled these. Each host has an observer of its own.
 */
export function traceObserver(options: TraceOptions = {}): ReloadObserver {
  const { tracer = trace.getTracer('@uni/reload-telemetry'), stepsFromMs = 10 } = options
  const operations = new Map<number, OperationTrace>()
  return (event) => {
    if (!('operation' in event)) return
    if (event.type === 'phase-started' && event.phase === 'validate') {
      operations.set(event.operation, new OperationTrace(tracer, event, stepsFromMs))
    }
    const operation = operations.get(event.operation)
    operation?.tell(event)
    if (operation?.isOver === true) operations.delete(event.operation)
  }
}
