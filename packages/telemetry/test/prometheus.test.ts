import { PrometheusMetrics } from '@uni/reload-telemetry/prometheus'
import { Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { counterHost, counting } from './fixtures/counter-host.js'

/** The value of each series, such as `name{label="value"}`, of those that begin so. */
async function series(metrics: PrometheusMetrics, prefix: string): Promise<Record<string, number>> {
  const lines = (await metrics.text()).split('\n').filter((line) => line.startsWith(prefix))
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  )
}

async function measured() {
  const metrics = new PrometheusMetrics()
  const made = await counterHost(metrics.observer)
  metrics.watch(made.host)
  return { metrics, ...made }
}

describe('the metrics for Prometheus', () => {
  it('T1 count reloads by how they ended, and no install or removal', async () => {
    const { host, handle, metrics } = await measured()
    await host.reload(handle, counting('2.0.0'), { dryRun: true })
    await expect(host.reload(handle, counting('3.0.0', true))).rejects.toThrow('not a counter')
    await expect(host.reload({ ...handle, generation: 7 }, counting('3.0.0'))).rejects.toThrow('STALE_HANDLE')
    const { handle: v2 } = await host.reload(handle, counting('2.0.0'), { bake: { ms: 60_000, healthy: () => true } })
    await host.takeBack(v2)
    expect(await series(metrics, 'uni_reload_reloads_total')).toEqual({
      'uni_reload_reloads_total{outcome="dry_run"}': 1,
      'uni_reload_reloads_total{outcome="failed"}': 2,
      'uni_reload_reloads_total{outcome="committed"}': 1,
      'uni_reload_reloads_total{outcome="taken_back"}': 1,
    })
    expect(await series(metrics, 'uni_reload_reload_duration_seconds_count')).toEqual({
      'uni_reload_reload_duration_seconds_count{plugin="@shop/counting",outcome="dry_run"}': 1,
      'uni_reload_reload_duration_seconds_count{plugin="@shop/counting",outcome="failed"}': 2,
      'uni_reload_reload_duration_seconds_count{plugin="@shop/counting",outcome="committed"}': 1,
      'uni_reload_reload_duration_seconds_count{plugin="@shop/counting",outcome="taken_back"}': 1,
    })
    await host.close()
  })

  it('T1 give seconds, as the report gives milliseconds', async () => {
    const { clock, handle, host, metrics } = await measured()
    const slow = counting('2.0.0')
    const { report } = await host.reload(handle, {
      ...slow,
      async init() {
        await clock.advance(1500)
      },
    })
    expect(report.totalMs).toBeGreaterThanOrEqual(1500)
    expect(await series(metrics, 'uni_reload_reload_duration_seconds_sum')).toEqual({
      'uni_reload_reload_duration_seconds_sum{plugin="@shop/counting",outcome="committed"}': report.totalMs / 1000,
    })
    expect(await series(metrics, 'uni_reload_write_pause_seconds_sum')).toEqual({
      'uni_reload_write_pause_seconds_sum{plugin="@shop/counting"}': report.pauseMs / 1000,
    })
    await host.close()
  })

  it('T2 say which versions serve, and how many are still held', async () => {
    const { clock, handle, host, metrics } = await measured()
    const lease = host.capture({ label: 'a long query' })
    const { finalized } = await host.reload(handle, counting('2.0.0'))
    expect(await series(metrics, 'uni_reload_plugin_info')).toEqual({
      'uni_reload_plugin_info{plugin="@shop/counting",version="2.0.0",generation="1"}': 1,
    })
    expect(await series(metrics, 'uni_reload_retired_versions')).toEqual({ uni_reload_retired_versions: 1 })
    await clock.advance(250)
    lease[Symbol.dispose]()
    await finalized
    expect(await series(metrics, 'uni_reload_retired_versions')).toEqual({ uni_reload_retired_versions: 0 })
    expect(await series(metrics, 'uni_reload_drain_duration_seconds_sum')).toMatchObject({
      'uni_reload_drain_duration_seconds_sum{plugin="@shop/counting"}': 0.25,
    })
    await host.close()
  })

  it('T2 are zero, and not absent, where no resource is out of service', async () => {
    const { host, metrics } = await measured()
    expect(await series(metrics, 'uni_reload_resources')).toEqual({
      uni_reload_resources_halted: 0,
      uni_reload_resources_stuck: 0,
    })
    await host.close()
  })

  it('are registered where they are asked to be', () => {
    const registry = new Registry()
    expect(new PrometheusMetrics({ registry }).registry).toBe(registry)
    expect(registry.getSingleMetric('uni_reload_reloads_total')).toBeDefined()
  })
})
