import dashboard from '@uni/reload-telemetry/grafana.json' with { type: 'json' }
import { PrometheusMetrics } from '@uni/reload-telemetry/prometheus'
import { describe, expect, it } from 'vitest'
import { counterHost, counting } from './fixtures/counter-host.js'

const names = await exposed()

/** The names of all series that a host has exposed after a reload. */
async function exposed(): Promise<ReadonlySet<string>> {
  const metrics = new PrometheusMetrics()
  const { handle, host } = await counterHost(metrics.observer)
  metrics.watch(host)
  await (
    await host.reload(handle, counting('2.0.0'))
  ).finalized
  const lines = (await metrics.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  await host.close()
  return new Set(lines.map((line) => (/^\w+/.exec(line) as RegExpExecArray)[0]))
}

const queries: readonly string[] = [
  ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  ...dashboard.templating.list.flatMap(({ query }) => (query === 'prometheus' ? [] : [query])),
  ...dashboard.annotations.list.map(({ expr }) => expr),
]

describe('the dashboard for Grafana', () => {
  it.each(queries)('T6 asks for series that a host exposes: %s', (query) => {
    const asked = query.match(/uni_reload_\w+/g) ?? []
    expect(asked.length).toBeGreaterThan(0)
    expect(asked.filter((name) => !names.has(name))).toEqual([])
  })

  it('T6 has a panel for each metric', () => {
    const shown = new Set(queries.flatMap((query) => query.match(/uni_reload_\w+/g) ?? []))
    const metrics = [...names].filter((name) => !/_(sum|count)$/.test(name))
    expect(metrics.filter((name) => !shown.has(name))).toEqual([])
  })
})
