import { context, SpanStatusCode, trace, type HrTime } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base'
import type { ReloadEvent, ReloadPhase } from '@uni/reload-core'
import { observers } from '@uni/reload-telemetry'
import { leaseLabel, OpenTelemetryMetrics, traceObserver } from '@uni/reload-telemetry/opentelemetry'
import { describe, expect, it, onTestFinished } from 'vitest'
import { counterHost, counting } from './fixtures/counter-host.js'

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())

async function traced(stepsFromMs?: number) {
  const exporter = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  const tracer = provider.getTracer('test')
  const phases: ReloadPhase[] = []
  const note = (event: ReloadEvent): void => {
    if (event.type === 'phase-started') phases.push(event.phase)
  }
  const made = await counterHost(observers(traceObserver({ tracer, stepsFromMs }), note))
  onTestFinished(() => made.host.close())
  exporter.reset()
  return { exporter, tracer, begun: (phase: ReloadPhase) => expect.poll(() => phases).toContain(phase), ...made }
}

const named = (spans: readonly ReadableSpan[], name: string): ReadableSpan => {
  const found = spans.filter((span) => span.name === `uni_reload.${name}`)
  expect(found.map((span) => span.name)).toEqual([`uni_reload.${name}`])
  return found[0] as ReadableSpan
}
const children = (spans: readonly ReadableSpan[], parent: ReadableSpan): string[] =>
  spans.filter((span) => span.parentSpanContext?.spanId === parent.spanContext().spanId).map(({ name }) => name)
const millisecondsOf = ([seconds, nanoseconds]: HrTime): number => seconds * 1000 + nanoseconds / 1e6

describe('the spans of a reload', () => {
  it('T3 are below the span that called it, a phase each, and say what became of it', async () => {
    const { exporter, handle, host, tracer } = await traced()
    const caller = tracer.startSpan('deploy')
    const { finalized } = await context.with(trace.setSpan(context.active(), caller), () =>
      host.reload(handle, counting('2.0.0')),
    )
    await finalized
    const spans = exporter.getFinishedSpans()
    const reload = named(spans, 'reload')
    expect(reload.parentSpanContext?.spanId).toBe(caller.spanContext().spanId)
    expect(reload.attributes).toMatchObject({
      'uni_reload.operation': 2,
      'uni_reload.plugins': ['@shop/counting@2.0.0'],
      'uni_reload.outcome': 'committed',
      'uni_reload.from_version': '1.0.0',
      'artifact.version': '2.0.0',
      'deployment.name': '@shop/counting',
      'deployment.status': 'succeeded',
    })
    expect(new Set(children(spans, reload))).toEqual(
      new Set(
        ['validate', 'stage', 'preflight', 'prepare', 'converge', 'commit', 'drain', 'finalize'].map(
          (phase) => `uni_reload.${phase}`,
        ),
      ),
    )
  })

  it('T3 say why it failed, by its code, in each span that failed', async () => {
    const { exporter, handle, host } = await traced()
    await expect(host.reload(handle, counting('2.0.0', true))).rejects.toThrow('not a counter')
    const spans = exporter.getFinishedSpans()
    for (const name of ['reload', 'preflight']) {
      expect(named(spans, name)).toMatchObject({
        status: { code: SpanStatusCode.ERROR },
        attributes: { 'error.type': 'SCHEMA_INCOMPAT' },
      })
    }
    expect(named(spans, 'reload').attributes['deployment.status']).toBe('failed')
  })

  it('T4 have the steps of handoffs that took long, and no others', async () => {
    const quick = await traced(Number.POSITIVE_INFINITY)
    await (
      await quick.host.reload(quick.handle, counting('2.0.0'))
    ).finalized
    expect(quick.exporter.getFinishedSpans().filter(({ name }) => name.includes('handoff'))).toEqual([])
    const all = await traced(0)
    await (
      await all.host.reload(all.handle, counting('2.0.0'))
    ).finalized
    const spans = all.exporter.getFinishedSpans()
    const prepare = named(spans, 'handoff.prepare')
    expect(prepare.attributes).toEqual({
      'uni_reload.surface': 'counter',
      'uni_reload.key': 'visits',
      'uni_reload.resource': 'visits',
    })
    expect(children(spans, named(spans, 'prepare'))).toEqual(['uni_reload.handoff.prepare'])
    expect(millisecondsOf(prepare.startTime)).toBeLessThanOrEqual(millisecondsOf(prepare.endTime))
  })

  it('T4 are linked to the requests whose leases outlived the drain', async () => {
    const { clock, exporter, handle, host, tracer } = await traced()
    const request = tracer.startSpan('GET /visits')
    const lease = context.with(trace.setSpan(context.active(), request), () =>
      host.capture({ label: leaseLabel('GET /visits') }),
    )
    const { finalized } = await host.reload(handle, counting('2.0.0'), { drain: { deadlineMs: 1000 } })
    await clock.advance(1000)
    expect((await finalized).status).toBe('kept')
    const blocked = named(exporter.getFinishedSpans(), 'blocked')
    expect(blocked.attributes).toEqual({ 'uni_reload.blockers': ['GET /visits'] })
    expect(blocked.links.map(({ context: linked }) => linked.spanId)).toEqual([request.spanContext().spanId])
    lease[Symbol.dispose]()
  })

  it('T4 are linked to them too where they keep an exclusive reload from beginning', async () => {
    const { begun, clock, exporter, handle, host, tracer } = await traced()
    const request = tracer.startSpan('GET /visits')
    const lease = context.with(trace.setSpan(context.active(), request), () =>
      host.capture({ label: leaseLabel('GET /visits') }),
    )
    const drain = { deadlineMs: 1000 }
    const refused = host.reload(handle, counting('2.0.0'), { cutover: 'exclusive', drain }).catch(String)
    await begun('fence')
    await clock.advance(1000)
    expect(await refused).toContain('DRAIN_TIMEOUT')
    const blocked = named(exporter.getFinishedSpans(), 'blocked')
    expect(blocked.links.map(({ context: linked }) => linked.spanId)).toEqual([request.spanContext().spanId])
    lease[Symbol.dispose]()
  })
})

it('a label is as it was where no span is active', () => {
  expect(leaseLabel('GET /visits')).toBe('GET /visits')
})

it('T1 T2 the metrics are those of Prometheus, in seconds', async () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 30 })
  const provider = new MeterProvider({ readers: [reader] })
  const metrics = new OpenTelemetryMetrics({ meter: provider.getMeter('test') })
  const { handle, host } = await counterHost(metrics.observer)
  metrics.watch(host)
  const { report } = await host.reload(handle, counting('2.0.0'))
  await reader.forceFlush()
  const read = exporter
    .getMetrics()
    .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
    .map(({ descriptor: { name, unit }, dataPoints }) => [name, unit, dataPoints.map(({ attributes }) => attributes)])
  expect(read).toEqual(
    expect.arrayContaining([
      ['uni_reload.reloads', '{reload}', [{ 'uni_reload.outcome': 'committed' }]],
      [
        'uni_reload.reload.duration',
        's',
        [{ 'uni_reload.plugin': '@shop/counting', 'uni_reload.outcome': 'committed' }],
      ],
      ['uni_reload.retired_versions', '{version}', [{}]],
      [
        'uni_reload.plugin.info',
        '1',
        [{ 'uni_reload.plugin': '@shop/counting', 'artifact.version': '2.0.0', 'uni_reload.generation': 1 }],
      ],
    ]),
  )
  expect(report.plugin).toBe('@shop/counting')
  await host.close()
  await provider.shutdown()
})
