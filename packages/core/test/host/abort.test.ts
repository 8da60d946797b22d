import { PluginHost, type ReloadPhase } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { cellHandoff, cellKind, CellPlugin, openCell } from '../fixtures/cell.js'
import { refusalOf } from '../fixtures/refusal.js'

const BEFORE_THE_COMMIT: ReloadPhase[] = ['validate', 'stage', 'preflight', 'fence', 'prepare', 'converge']

/** Reloads, with the caller aborting when `phase` starts or ends. */
async function abortedAt(phase: ReloadPhase, moment: 'phase-started' | 'phase-ended') {
  const caller = new AbortController()
  const host = new PluginHost({
    strategies: [cellHandoff()],
    observer: (event) => { if (event.type === moment && event.phase === phase && event.operation === 2) caller.abort(new Error('changed my mind')) },
  })
  const plugin = new CellPlugin('cells', '1.0.0')
  const handle = await host.add(plugin)
  const cell = await host.attach(cellKind, openCell('main'))
  await cell.write(1)
  const next = new CellPlugin('cells', '2.0.0')
  const cutover = phase === 'fence' ? 'exclusive' : 'overlap'
  return { host, plugin, handle, cell, next, reloading: host.reload(handle, next, { signal: caller.signal, cutover }) }
}

describe('an abort', () => {
  const moments = BEFORE_THE_COMMIT.flatMap((phase) => (['phase-started', 'phase-ended'] as const).map((moment) => [phase, moment] as const))

  it.each([...moments, ['commit', 'phase-started'] as const])('I3 in %s (%s) rolls back: ABORTED', async (phase, moment) => {
    const { host, plugin, handle, cell, next, reloading } = await abortedAt(phase, moment)
    const error = await refusalOf(reloading)
    expect(error).toMatchObject({ code: 'ABORTED', cause: { message: 'changed my mind' }, rollbackErrors: [] })
    expect(host.plugin('cells')).toEqual(handle)
    await cell.write(2)
    using lease = host.capture()
    const serving = lease.resource(cellKind, 'main')
    expect(serving).toMatchObject({ by: 'cells@1.0.0', closed: 0 })
    expect(plugin.opened.flatMap(({ values }) => values)).toEqual([1, 2])
    expect(next.opened.every(({ closed }) => closed === 1)).toBe(true)
    expect([plugin.calls.shutdown, next.calls.shutdown]).toEqual([0, next.calls.init])
    // Nothing is left behind that would stand in the way of the next try.
    expect((await host.reload(handle, new CellPlugin('cells', '2.0.1'))).status).toBe('committed')
  })

  it('I3 before it begins changes nothing: ABORTED', async () => {
    const host = new PluginHost({ strategies: [cellHandoff()] })
    const handle = await host.add(new CellPlugin('cells', '1.0.0'))
    const next = new CellPlugin('cells', '2.0.0')
    expect((await refusalOf(host.reload(handle, next, { signal: AbortSignal.abort() }))).code).toBe('ABORTED')
    expect((await refusalOf(host.remove(handle, { signal: AbortSignal.abort() }))).code).toBe('ABORTED')
    expect(next.calls).toEqual({ register: 0, init: 0, shutdown: 0 })
    expect(host.plugin('cells')).toEqual(handle)
  })

  it.each(['commit', 'drain', 'finalize'] as const)('after the commit is ignored (%s)', async (phase) => {
    const { host, plugin, next, cell, reloading } = await abortedAt(phase, phase === 'commit' ? 'phase-ended' : 'phase-started')
    const { status, finalized } = await reloading
    expect(status).toBe('committed')
    expect(await finalized).toMatchObject({ status: 'finalized', errors: [] })
    await cell.write(2)
    expect(next.opened).toMatchObject([{ values: [2], closed: 0 }])
    expect(plugin.opened).toMatchObject([{ closed: 1 }])
    expect(host.plugin('cells')?.generation).toBe(1)
  })

  it('I12 leaves no listener on the signal of the caller', async () => {
    const caller = new AbortController()
    let listeners = 0
    const { signal } = caller
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)]
    signal.addEventListener = (...given: Parameters<typeof add>) => { listeners += 1; add(...given) }
    signal.removeEventListener = (...given: Parameters<typeof remove>) => { listeners -= 1; remove(...given) }
    const host = new PluginHost({ strategies: [cellHandoff()] })
    const handle = await host.add(new CellPlugin('cells', '1.0.0'))
    await host.attach(cellKind, openCell('main'))
    await (await host.reload(handle, new CellPlugin('cells', '2.0.0'), { signal, cutover: 'exclusive' })).finalized
    expect(listeners).toBe(0)
  })
})
