export { leaseLabel } from './lease-label.js'
export { OpenTelemetryMetrics, type MeterOptions } from './opentelemetry-metrics.js'
export { traceObserver, type TraceOptions } from './trace-observer.js'
