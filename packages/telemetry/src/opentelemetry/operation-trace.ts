import {
  context,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Link,
  type Span,
  type Tracer,
} from '@opentelemetry/api'
import { ReloadError, type Blocker, type OperationTag, type ReloadEvent, type ReloadPhase } from '@uni/reload-core'
import { pluginId } from '../plugin-id.js'
import { readLeaseLabel } from './lease-label.js'

type OperationEvent = Extract<ReloadEvent, OperationTag>
type Reported = Extract<ReloadEvent, { type: 'reported' }>

interface OpenSpan {
  readonly span: Span
  /** What has the span as its parent. */
  readonly within: Context
}

/** The spans of one operation. */
export class OperationTrace {
  readonly #tracer: Tracer
  readonly #stepsFromMs: number
  readonly #whole: OpenSpan
  readonly #phases = new Map<ReloadPhase, OpenSpan>()
  /** Of the two events that end an operation that was committed, in whichever order. */
  #reported = false
  #finalized = false

  constructor(tracer: Tracer, { kind, operation, plugins }: OperationTag, stepsFromMs: number) {
    this.#tracer = tracer
    this.#stepsFromMs = stepsFromMs
    const [only, ...others] = plugins.map(pluginId)
    this.#whole = this.#begin(`uni_reload.${kind}`, context.active(), {
      'uni_reload.operation': operation,
      'uni_reload.plugins': [...plugins],
      ...(only !== undefined && others.length === 0 && { 'deployment.name': only }),
    })
  }

  /** Nothing more will be told of it. */
  get isOver(): boolean {
    return this.#reported && this.#finalized
  }

  tell(event: OperationEvent): void {
    switch (event.type) {
      case 'phase-started':
        this.#phases.set(event.phase, this.#begin(`uni_reload.${event.phase}`, this.#whole.within))
        break
      case 'phase-ended':
        this.#endPhase(event.phase)
        break
      case 'phase-failed':
        if (ReloadError.is(event.error) && event.error.code === 'DRAIN_TIMEOUT') {
          this.#blocked(event.error.details as readonly Blocker[])
        }
        this.#endPhase(event.phase, event)
        break
      case 'resource':
        this.#step(event)
        break
      case 'reported':
        this.#report(event)
        break
      case 'failed':
        this.#whole.span.setAttribute('deployment.status', 'failed')
        end(this.#whole.span, event)
        this.#reported = this.#finalized = true
        break
      case 'kept':
        this.#blocked(event.blockers)
        break
      case 'finalized':
        this.#finalized = true
        break
      default:
        this.#whole.span.addEvent(`uni_reload.${event.type}`)
    }
  }

  #begin(
    name: string,
    within: Context,
    attributes: Attributes = {},
    from: { at?: number; links?: Link[] } = {},
  ): OpenSpan {
    const { at, links } = from
    const span = this.#tracer.startSpan(
      name,
      { attributes, ...(at !== undefined && { startTime: at }), ...(links && { links }) },
      within,
    )
    return { span, within: trace.setSpan(within, span) }
  }

  #endPhase(phase: ReloadPhase, failure?: { readonly error: unknown }): void {
    const open = this.#phases.get(phase)
    if (open !== undefined) end(open.span, failure)
    this.#phases.delete(phase)
  }

  /** It is told of when it is over: its span began that long before. */
  #step({ step, surface, key, resource, ms, ...rest }: Extract<ReloadEvent, { type: 'resource' }>): void {
    const failure = rest.error === undefined ? undefined : { error: rest.error }
    if (ms < this.#stepsFromMs && failure === undefined) return
    const phase = [...this.#phases.values()].at(-1) ?? this.#whole
    const attributes = { 'uni_reload.surface': surface, 'uni_reload.key': key, 'uni_reload.resource': resource }
    end(this.#begin(`uni_reload.handoff.${step}`, phase.within, attributes, { at: Date.now() - ms }).span, failure)
  }

  #report({ outcome, reports }: Reported): void {
    const { span } = this.#whole
    const [only, ...others] = reports
    span.setAttributes({
      'uni_reload.outcome': outcome === 'dry-run' ? 'dry_run' : outcome,
      'uni_reload.write_pause': Math.max(0, ...reports.map(({ pauseMs }) => pauseMs)) / 1000,
      'uni_reload.event_loop_block': Math.max(0, ...reports.map(({ blockedMs }) => blockedMs)) / 1000,
      'deployment.status': 'succeeded',
      ...(only?.from !== undefined && others.length === 0 && { 'uni_reload.from_version': only.from }),
      ...(only?.to !== undefined && others.length === 0 && { 'artifact.version': only.to }),
    })
    end(span)
    this.#reported = true
    // Nothing retires in a dry run.
    if (outcome === 'dry-run') this.#finalized = true
  }

  /** By leases that outlived a drain's deadline. */
  #blocked(blockers: readonly Blocker[]): void {
    const read = blockers.map(({ label }) => readLeaseLabel(label))
    const links = read.flatMap(({ span }): Link[] => (span === undefined ? [] : [{ context: span }]))
    const attributes = { 'uni_reload.blockers': read.map(({ label }) => label) }
    end(this.#begin('uni_reload.blocked', this.#whole.within, attributes, { links }).span)
  }
}

function end(span: Span, failure?: { readonly error: unknown }): void {
  if (failure !== undefined) {
    const { error } = failure
    const thrown = error instanceof Error ? error : new Error(String(error))
    span.setAttribute('error.type', ReloadError.is(error) ? error.code : thrown.name)
    span.recordException(thrown)
    span.setStatus({ code: SpanStatusCode.ERROR, message: thrown.message })
  }
  span.end()
}
