import { PluginHost, stopAndCopy, type ReloadEvent } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { cellHandoff, cellKind, CellPlugin, closeCell, openCell } from '../fixtures/cell.js'
import { Deferred, turn } from '../fixtures/deferred.js'
import { refusalOf } from '../fixtures/refusal.js'
import { leave } from '../fixtures/leave.js'

/** A host whose resource neither the new nor the old version could start again. */
async function hostWithHalted() {
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
  const open = plugin.kind.open.bind(plugin.kind)
  const disk = { full: true }
  plugin.kind.open = () => {
    if (disk.full) throw new Error('the disk is full')
    return open()
  }
  const broken = new CellPlugin('cells', '2.0.0')
  broken.kind.open = () => {
    throw new Error('no disk')
  }
  const error = await refusalOf(host.reload(handle, broken, { cutover: 'exclusive' }))
  return { host, plugin, handle, cell, disk, error, events, open }
}

describe('a halted resource', () => {
  it('I10 is visible: in the error, in resources(), to leases and to the observer', async () => {
    const { host, error, events } = await hostWithHalted()
    expect(error).toMatchObject({ code: 'HANDOFF', step: 'start' })
    expect(error.rollbackErrors).toMatchObject([{ phase: 'rollback', step: 'restart', resource: 'main' }])
    expect(host.resources()).toMatchObject([{ name: 'main', state: 'halted', plugin: 'cells@1.0.0' }])
    using lease = host.capture()
    const refused = await refusalOf(() => lease.resource(cellKind, 'main'))
    expect(refused).toMatchObject({ code: 'RESOURCE_HALTED', retryable: true, surface: 'test-cell', resource: 'main' })
    expect(refused.message).toContain('the disk is full')
    expect(events.filter(({ type }) => type === 'resource-halted')).toMatchObject([
      { surface: 'test-cell', resource: 'main' },
    ])
  })

  it('is started again by the next write, once it can be', async () => {
    const { host, plugin, cell, disk, events } = await hostWithHalted()
    expect(await refusalOf(cell.write(1))).toMatchObject({ code: 'RESOURCE_HALTED', retryable: true })
    disk.full = false
    await cell.write(2)
    expect(plugin.opened).toMatchObject([{ closed: 1 }, { values: [2], closed: 0 }])
    using lease = host.capture()
    expect(lease.resource(cellKind, 'main')).toBe(plugin.opened[1])
    expect(host.resources()).toMatchObject([{ state: 'serving' }])
    expect(events.at(-1)).toEqual({ type: 'resource-restarted', surface: 'test-cell', resource: 'main' })
  })

  it('is mended by a reload with a version that starts', async () => {
    const { host, handle, cell, plugin } = await hostWithHalted()
    const next = new CellPlugin('cells', '2.0.1')
    const { status, finalized } = await host.reload(handle, next)
    expect([status, (await finalized).errors]).toEqual(['committed', []])
    await cell.write(3)
    expect(next.opened).toMatchObject([{ values: [3] }])
    expect(plugin.opened).toMatchObject([{ closed: 1 }])
  })

  it('I7 one that a write has started again in the middle of a reload is not stopped under who sees it since', async () => {
    const { host, handle, cell, disk } = await hostWithHalted()
    disk.full = false
    await host.attach(cellKind, openCell('other'))
    const next = new CellPlugin('cells', '2.0.1')
    const open = next.kind.open.bind(next.kind)
    const slow = new Deferred()
    next.kind.open = async () => {
      await slow.promise
      return open()
    }
    const reloading = refusalOf(host.reload(handle, next))
    await turn()
    await cell.write(1)
    using lease = host.capture()
    const serving = lease.resource(cellKind, 'main')
    slow.resolve()
    expect(await reloading).toMatchObject({
      code: 'HANDOFF',
      resource: 'main',
      message: expect.stringContaining('reload once more') as string,
      rollbackErrors: [],
    })
    expect(serving).toMatchObject({ values: [1], closed: 0 })
    expect(await host.reload(handle, next)).toMatchObject({ status: 'committed' })
  })

  it('can be detached: there is nothing to close', async () => {
    const { host, cell, plugin } = await hostWithHalted()
    await leave(cell)
    expect(host.resources()).toEqual([])
    expect(plugin.opened).toMatchObject([{ closed: 1 }])
  })

  it('I7 one that starts again after it was detached is closed, and serves nobody', async () => {
    const { host, cell, plugin, open } = await hostWithHalted()
    const opening = new Deferred()
    plugin.kind.open = async () => {
      await opening.promise
      return open()
    }
    const write = cell.write(1)
    const detaching = leave(cell)
    await turn()
    opening.resolve()
    await Promise.all([write, detaching])
    expect(plugin.opened).toMatchObject([{ closed: 1 }, { values: [1], closed: 1 }])
    using lease = host.capture()
    expect((await refusalOf(() => lease.resource(cellKind, 'main'))).code).toBe('RESOURCE_NOT_FOUND')
  })

  it('I12 gives up its checkpoint when it is detached instead', async () => {
    const kept: string[] = []
    const host = new PluginHost({
      strategies: [
        cellHandoff({
          handoff: (job, ctx) =>
            stopAndCopy(job, ctx, {
              checkpoint: () => {
                kept.push('image')
                return 'image'
              },
              stop: closeCell,
              start: () => {
                throw new Error('nothing starts')
              },
              discard: (image) => {
                kept.splice(kept.indexOf(image), 1)
              },
            }),
        }),
      ],
    })
    const handle = await host.add(new CellPlugin('cells', '1.0.0'))
    const cell = await host.attach(cellKind, openCell('main'))
    expect((await refusalOf(host.reload(handle, new CellPlugin('cells', '2.0.0')))).code).toBe('HANDOFF')
    expect([host.resources()[0]?.state, kept]).toEqual(['halted', ['image']])
    await leave(cell)
    expect(kept).toEqual([])
  })
})
