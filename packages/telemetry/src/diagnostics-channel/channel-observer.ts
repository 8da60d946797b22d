import { channel, tracingChannel } from 'node:diagnostics_channel'
import type { OperationTag, ReloadEvent, ReloadObserver, ReloadPhase, ReloadReport } from '@uni/reload-core'

/** What subscribers of `tracing:uni_reload.operation:*` are given: one object from the start of an operation to its end. */
export interface OperationMessage extends OperationTag {
  /** At `asyncStart` and `asyncEnd` of one that was committed, or tried. */
  outcome?: 'committed' | 'dry-run' | undefined
  reports?: readonly ReloadReport[] | undefined
  /** At `error`, and from there on: nothing was changed. */
  error?: unknown
}

/** What subscribers of `tracing:uni_reload.phase:*` are given: one object from the start of a phase to its end. */
export interface PhaseMessage extends OperationTag {
  readonly phase: ReloadPhase
  /** At `error`, and from there on. */
  error?: unknown
}

/**
 * An observer that publishes on the channels of `node:diagnostics_channel`:
 *
 * - `tracing:uni_reload.operation:*`, from the call of a reload, an install or a removal to its report or error;
 * - `tracing:uni_reload.phase:*`, each phase, those after the report included;
 * - `uni_reload.event`, each event as the observer is given it.
 *
 * The first two have the shape of a `TracingChannel`: `start` and `end` when it begins, `asyncStart` and `asyncEnd` when
 * it is over, `error` before these where it failed. Nothing is made for a channel without subscribers. Each host has an
 * observer of its own.
 */
export function channelObserver(): ReloadObserver {
  const operations = new Tracing<OperationMessage>('uni_reload.operation')
  const phases = new Tracing<PhaseMessage>('uni_reload.phase')
  const events = channel('uni_reload.event')
  return (event) => {
    if (events.hasSubscribers) events.publish(event)
    switch (event.type) {
      case 'phase-started':
        if (event.phase === 'validate') operations.begin(`${event.operation}`, () => tagOf(event))
        phases.begin(phaseKey(event), () => ({ ...tagOf(event), phase: event.phase }))
        break
      case 'phase-ended':
        phases.end(phaseKey(event), {})
        break
      case 'phase-failed':
        phases.end(phaseKey(event), { error: event.error })
        break
      case 'reported':
        operations.end(`${event.operation}`, { outcome: event.outcome, reports: event.reports })
        break
      case 'failed':
        operations.end(`${event.operation}`, { error: event.error })
        break
      default:
    }
  }
}

function tagOf({ operation, kind, plugins }: OperationTag): OperationTag {
  return { operation, kind, plugins }
}

function phaseKey({ operation, phase }: Extract<ReloadEvent, { phase: ReloadPhase }>): string {
  return `${operation} ${phase}`
}

/** Publishes the begin and the end of what is known by a key, for those who subscribed before its begin. */
class Tracing<M extends object> {
  readonly #channels: ReturnType<typeof tracingChannel<string, M>>
  readonly #open = new Map<string, M>()

  constructor(name: string) {
    this.#channels = tracingChannel<string, M>(name)
  }

  begin(key: string, message: () => M): void {
    const { start, end, asyncStart, asyncEnd, error } = this.#channels
    if (![start, end, asyncStart, asyncEnd, error].some(({ hasSubscribers }) => hasSubscribers)) return
    const begun = message()
    this.#open.set(key, begun)
    start.publish(begun)
    end.publish(begun)
  }

  end(key: string, result: Partial<M>): void {
    const message = this.#open.get(key)
    if (message === undefined) return
    this.#open.delete(key)
    Object.assign(message, result)
    const { asyncStart, asyncEnd, error } = this.#channels
    if ('error' in result) error.publish(message)
    asyncStart.publish(message)
    asyncEnd.publish(message)
  }
}
