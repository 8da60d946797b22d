import { PluginHost, type ReloadEvent } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { cellHandoff, cellKind, CellPlugin, openCell } from '../fixtures/cell.js'
import { refusalOf } from '../fixtures/refusal.js'

async function hostWithCell() {
  const events: ReloadEvent[] = []
  const host = new PluginHost({
    strategies: [cellHandoff()],
    observer: (event) => {
      events.push(event)
    },
  })
  const plugin = new CellPlugin('cells', '1.0.0')
  const handle = await host.add(plugin)
  const cell = await host.attach(cellKind, openCell('main'))
  await cell.write(1)
  events.length = 0
  return { host, plugin, handle, cell, events }
}

describe('a dry run', () => {
  it('O6 I3 goes through everything up to the commit, and leaves nothing changed and nothing open', async () => {
    const { host, plugin, handle, cell, events } = await hostWithCell()
    const epoch = host.capture()
    const next = new CellPlugin('cells', '2.0.0')
    const result = await host.reload(handle, next, { dryRun: true })
    expect(result).toMatchObject({
      status: 'dry-run',
      handle,
      report: { from: '1.0.0', to: '2.0.0', handoffs: [{ resource: 'main' }] },
    })
    expect(await result.finalized).toEqual({ status: 'finalized', drainMs: 0, blockers: [], errors: [] })
    expect(events.filter(({ type }) => type === 'phase-ended').map((event) => 'phase' in event && event.phase)).toEqual(
      ['validate', 'stage', 'preflight', 'prepare', 'converge', 'rollback'],
    )
    expect(next.opened).toMatchObject([{ closed: 1 }])
    expect(next.calls).toEqual({ register: 1, init: 1, shutdown: 1 })
    expect(plugin.calls).toEqual({ register: 1, init: 1, shutdown: 0 })
    await cell.write(2)
    using lease = host.capture()
    expect(lease.epoch).toBe(epoch.epoch)
    expect(lease.resource(cellKind, 'main')).toMatchObject({ by: 'cells@1.0.0', values: [1, 2], closed: 0 })
    expect(host.plugin('cells')).toEqual(handle)
    expect(host.plugins()).toMatchObject([{ version: '1.0.0', state: 'active' }])
    epoch[Symbol.dispose]()
  })

  it('gives nobody the resources that it has closed again', async () => {
    const { host, handle } = await hostWithCell()
    const dry = await host.reload(handle, new CellPlugin('cells', '2.0.0'), { dryRun: true })
    expect(dry.resources(cellKind).size).toBe(0)
    const next = new CellPlugin('cells', '2.0.0')
    const { resources } = await host.reload(handle, next)
    expect(resources(cellKind).get('main')).toBe(next.opened[0])
  })

  it('fails as the reload would', async () => {
    const { host, handle } = await hostWithCell()
    const next = new CellPlugin('cells', '2.0.0')
    next.kind.open = () => {
      throw new Error('no disk')
    }
    expect(await refusalOf(host.reload(handle, next, { dryRun: true }))).toMatchObject({
      code: 'HANDOFF',
      phase: 'prepare',
    })
    expect(next.calls.shutdown).toBe(1)
  })

  it('I10 is no success where undoing it fails', async () => {
    const { host, handle, cell, plugin } = await hostWithCell()
    const error = await refusalOf(
      host.reload(
        handle,
        new CellPlugin('cells', '2.0.0', {
          shutdown: () => {
            throw new Error('no goodbye')
          },
        }),
        { dryRun: true },
      ),
    )
    expect(error).toMatchObject({
      code: 'HANDOFF',
      phase: 'rollback',
      rollbackErrors: [{ code: 'PLUGIN', step: 'shutdown' }],
    })
    expect(error.message).toContain('no goodbye')
    await cell.write(2)
    expect(plugin.opened[0]?.values).toEqual([1, 2])
  })
})
