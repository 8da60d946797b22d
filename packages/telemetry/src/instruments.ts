/** One thing that is measured, as it is named everywhere: `uni_reload.reload.duration` in OpenTelemetry is
 * `uni_reload_reload_duration_seconds` in Prometheus. */
export interface Instrument {
  readonly opentelemetry: string
  readonly prometheus: string
  readonly description: string
}

/** Versions are in `plugin_info` alone, and names of resources nowhere: both have no bound. */
export const INSTRUMENTS = {
  reloads: {
    opentelemetry: 'uni_reload.reloads',
    prometheus: 'uni_reload_reloads_total',
    description: 'Reloads, by how they ended',
  },
  reload: {
    opentelemetry: 'uni_reload.reload.duration',
    prometheus: 'uni_reload_reload_duration_seconds',
    description: 'From the call of a reload to its commit, or its failure',
  },
  'write-pause': {
    opentelemetry: 'uni_reload.write_pause.duration',
    prometheus: 'uni_reload_write_pause_seconds',
    description: 'The longest that one write was held in a reload',
  },
  'event-loop-block': {
    opentelemetry: 'uni_reload.event_loop_block.duration',
    prometheus: 'uni_reload_event_loop_block_seconds',
    description: 'The longest that the event loop did not turn in a reload',
  },
  drain: {
    opentelemetry: 'uni_reload.drain.duration',
    prometheus: 'uni_reload_drain_duration_seconds',
    description: 'From a commit to the end of the last lease of the version before it, or to the deadline',
  },
  retired: {
    opentelemetry: 'uni_reload.retired_versions',
    prometheus: 'uni_reload_retired_versions',
    description: 'Versions that were replaced or removed, and are still held by leases',
  },
  halted: {
    opentelemetry: 'uni_reload.resources.halted',
    prometheus: 'uni_reload_resources_halted',
    description: 'Live resources that could not be started again',
  },
  stuck: {
    opentelemetry: 'uni_reload.resources.stuck',
    prometheus: 'uni_reload_resources_stuck',
    description: 'Live resources of which a call is past its deadline',
  },
  plugin: {
    opentelemetry: 'uni_reload.plugin.info',
    prometheus: 'uni_reload_plugin_info',
    description: '1 for each version of a plugin that serves',
  },
} as const satisfies Readonly<Record<string, Instrument>>

/** Bounds of the buckets of all histograms, in seconds: from a write that is held for a moment to a drain of an hour. */
export const BUCKETS: readonly number[] = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600,
]
