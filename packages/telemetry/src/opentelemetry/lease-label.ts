import { isSpanContextValid, trace, type SpanContext } from '@opentelemetry/api'

/**
 * A lease's label that says by which span the lease was taken: where it holds up a drain, the span of the drain is linked
 * to it. Written as a `traceparent` of W3C Trace Context (https://www.w3.org/TR/trace-context/). Without an active span
 * it is the label alone.
 */
export function leaseLabel(label: string): string {
  const context = trace.getActiveSpan()?.spanContext()
  if (context === undefined || !isSpanContextValid(context)) return label
  const flags = context.traceFlags.toString(16).padStart(2, '0')
  return `${label} [00-${context.traceId}-${context.spanId}-${flags}]`
}

/** The span that is named in a label, and the label without it. */
export function readLeaseLabel(given: string): { readonly label: string; readonly span?: SpanContext } {
  const found = /^(.*) \[00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})\]$/s.exec(given)
  if (found === null) return { label: given }
  const [, label, traceId, spanId, flags] = found as unknown as [string, string, string, string, string]
  return { label, span: { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: false } }
}
