import { metrics, type Histogram, type Meter, type ObservableResult } from '@opentelemetry/api'
import type { PluginHost, ReloadEvent } from '@uni/reload-core'
import { BUCKETS, INSTRUMENTS, type Instrument } from '../instruments.js'
import { measurementsOf, resourcesOutOfService, retiredVersions, type Measurement } from '../measurements.js'

export interface MeterOptions {
  /** Default: that of the global meter provider. */
  readonly meter?: Meter | undefined
}

type Timed = Exclude<Measurement, { of: 'reloads' }>

/** The metrics of one host, for OpenTelemetry. Times in seconds. */
export class OpenTelemetryMetrics {
  /** The host's `observer`, or one of its `observers`. */
  readonly observer: (event: ReloadEvent) => void
  #host: Pick<PluginHost, 'plugins' | 'resources'> | undefined

  constructor({ meter = metrics.getMeter('@uni/reload-telemetry') }: MeterOptions = {}) {
    const reloads = meter.createCounter(INSTRUMENTS.reloads.opentelemetry, {
      description: INSTRUMENTS.reloads.description,
      unit: '{reload}',
    })
    const histogram = ({ opentelemetry: name, description }: Instrument): Histogram =>
      meter.createHistogram(name, {
        description,
        unit: 's',
        advice: { explicitBucketBoundaries: [...BUCKETS] },
      })
    const timed: Readonly<Record<Timed['of'], Histogram>> = {
      reload: histogram(INSTRUMENTS.reload),
      'write-pause': histogram(INSTRUMENTS['write-pause']),
      'event-loop-block': histogram(INSTRUMENTS['event-loop-block']),
      drain: histogram(INSTRUMENTS.drain),
    }
    this.observer = (event) => {
      for (const measurement of measurementsOf(event)) {
        if (measurement.of === 'reloads') reloads.add(1, { 'uni_reload.outcome': measurement.outcome })
        else {
          timed[measurement.of].record(measurement.seconds, {
            'uni_reload.plugin': measurement.plugin,
            ...('outcome' in measurement && { 'uni_reload.outcome': measurement.outcome }),
          })
        }
      }
    }
    const gauge = (
      { opentelemetry: name, description }: Instrument,
      unit: string,
      read: (host: Pick<PluginHost, 'plugins' | 'resources'>, result: ObservableResult) => void,
    ): void => {
      meter.createObservableGauge(name, { description, unit }).addCallback((result) => {
        if (this.#host !== undefined) read(this.#host, result)
      })
    }
    gauge(INSTRUMENTS.retired, '{version}', (host, result) => {
      result.observe(retiredVersions(host))
    })
    gauge(INSTRUMENTS.halted, '{resource}', (host, result) => {
      result.observe(resourcesOutOfService(host).halted)
    })
    gauge(INSTRUMENTS.stuck, '{resource}', (host, result) => {
      result.observe(resourcesOutOfService(host).stuck)
    })
    gauge(INSTRUMENTS.plugin, '1', (host, result) => {
      for (const { id, version, generation, state } of host.plugins()) {
        if (state === 'retired') continue
        result.observe(1, {
          'uni_reload.plugin': id,
          'artifact.version': version,
          'uni_reload.generation': generation,
        })
      }
    })
  }

  /** What is read of the host whenever the metrics are: which versions serve, are retired, or have halted resources. */
  watch(host: Pick<PluginHost, 'plugins' | 'resources'>): void {
    this.#host = host
  }
}
