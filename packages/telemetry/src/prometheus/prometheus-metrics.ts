import type { PluginHost, ReloadEvent } from '@uni/reload-core'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { BUCKETS, INSTRUMENTS, type Instrument } from '../instruments.js'
import { measurementsOf, resourcesOutOfService, retiredVersions, type Measurement } from '../measurements.js'

export interface PrometheusOptions {
  /** Where the metrics are registered, such as prom-client's own `register`. Default: a registry of their own. */
  readonly registry?: Registry | undefined
}

/** What of a host is read. */
type WatchedHost = Pick<PluginHost, 'plugins' | 'resources'>

type Timed = Exclude<Measurement, { of: 'reloads' }>

/** The metrics of one host, for Prometheus. */
export class PrometheusMetrics {
  readonly registry: Registry
  readonly #reloads: Counter<'outcome'>
  readonly #timed: Readonly<Record<Timed['of'], Histogram<'plugin' | 'outcome'>>>
  #host: WatchedHost | undefined

  constructor({ registry = new Registry() }: PrometheusOptions = {}) {
    this.registry = registry
    const registers = [registry]
    const named = ({ prometheus: name, description: help }: Instrument) => ({ name, help, registers })
    const histogram = (of: Timed['of']): Histogram<'plugin' | 'outcome'> =>
      new Histogram({
        ...named(INSTRUMENTS[of]),
        labelNames: of === 'reload' ? ['plugin', 'outcome'] : ['plugin'],
        buckets: [...BUCKETS],
      })
    this.#reloads = new Counter({ ...named(INSTRUMENTS.reloads), labelNames: ['outcome'] })
    this.#timed = {
      reload: histogram('reload'),
      'write-pause': histogram('write-pause'),
      'event-loop-block': histogram('event-loop-block'),
      drain: histogram('drain'),
    }
    const host = (): WatchedHost | undefined => this.#host
    const gauge = ({ prometheus: name, description: help }: Instrument, read: (host: WatchedHost) => number) =>
      new Gauge({
        name,
        help,
        registers: [],
        collect() {
          const watched = host()
          if (watched !== undefined) this.set(read(watched))
        },
      })
    registry.registerMetric(gauge(INSTRUMENTS.retired, retiredVersions))
    registry.registerMetric(gauge(INSTRUMENTS.halted, (watched) => resourcesOutOfService(watched).halted))
    registry.registerMetric(gauge(INSTRUMENTS.stuck, (watched) => resourcesOutOfService(watched).stuck))
    registry.registerMetric(pluginInfo(host))
  }

  /** The host's `observer`, or one of its `observers`. */
  readonly observer = (event: ReloadEvent): void => {
    for (const measurement of measurementsOf(event)) {
      if (measurement.of === 'reloads') this.#reloads.inc({ outcome: measurement.outcome })
      else if (measurement.of === 'reload') {
        const { plugin, outcome, seconds } = measurement
        this.#timed.reload.observe({ plugin, outcome }, seconds)
      } else this.#timed[measurement.of].observe({ plugin: measurement.plugin }, measurement.seconds)
    }
  }

  /** What is read of the host whenever the metrics are: which versions serve, are retired, or have halted resources. */
  watch(host: WatchedHost): void {
    this.#host = host
  }

  /** All metrics of the registry, in the text format that Prometheus reads; `contentType` of the registry names it. */
  text(): Promise<string> {
    return this.registry.metrics()
  }
}

function pluginInfo(host: () => WatchedHost | undefined): Gauge<'plugin' | 'version' | 'generation'> {
  return new Gauge({
    name: INSTRUMENTS.plugin.prometheus,
    help: INSTRUMENTS.plugin.description,
    registers: [],
    labelNames: ['plugin', 'version', 'generation'],
    collect() {
      this.reset()
      for (const { id, version, generation, state } of host()?.plugins() ?? []) {
        if (state !== 'retired') this.set({ plugin: id, version, generation }, 1)
      }
    },
  })
}
