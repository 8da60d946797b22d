import { PluginHost } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { type Cell, cellHandoff, cellKind, CellPlugin, closeCell, openCell } from '../fixtures/cell.js'
import { Deferred, standing, turn } from '../fixtures/deferred.js'
import { refusalOf } from '../fixtures/refusal.js'
import { leave } from '../fixtures/leave.js'

async function hostWithCell() {
  const clock = new ManualClock()
  const order: string[] = []
  const close = async (cell: Cell): Promise<void> => {
    await turn()
    closeCell(cell)
    order.push(`close ${cell.by}`)
  }
  const host = new PluginHost({ strategies: [cellHandoff({ close })], clock, timeouts: { write: 200, finalize: 300 } })
  const plugin = new CellPlugin('cells', '1.0.0', {
    shutdown: ({ version }) => {
      order.push(`shutdown ${version}`)
    },
  })
  const handle = await host.add(plugin)
  const cell = await host.attach(cellKind, openCell('main'))
  return { host, clock, order, plugin, handle, cell, old: plugin.opened[0] as Cell }
}

describe('detach', () => {
  it('I7 takes the resource out of service at once, and closes it after its leases, once', async () => {
    const { host, cell, old } = await hostWithCell()
    await cell.write(1)
    const lease = host.capture()
    const detaching = leave(cell)
    const again = leave(cell)
    expect((await refusalOf(cell.write(2))).code).toBe('RESOURCE_CLOSED')
    expect((await refusalOf(cell.use(() => 1))).code).toBe('RESOURCE_CLOSED')
    {
      using after = host.capture()
      expect((await refusalOf(() => after.resource(cellKind, 'main'))).code).toBe('RESOURCE_NOT_FOUND')
    }
    expect(host.resources()).toEqual([])
    expect([await standing(detaching), await standing(again)]).toEqual(['pending', 'pending'])
    expect(lease.resource(cellKind, 'main')).toMatchObject({ values: [1], closed: 0 })
    lease[Symbol.dispose]()
    await Promise.all([detaching, again])
    await leave(cell)
    expect(old).toMatchObject({ values: [1], closed: 1 })
  })

  it('I9 closes nothing under a lease, however long that lasts', async () => {
    const { host, clock, cell, old } = await hostWithCell()
    const lease = host.capture()
    const detaching = leave(cell)
    for (let minutes = 0; minutes < 10; minutes += 1) {
      await turn()
      clock.advance(60_000)
    }
    expect([await standing(detaching), old.closed, lease.signal.aborted]).toEqual(['pending', 0, false])
    lease[Symbol.dispose]()
    await detaching
    expect(old.closed).toBe(1)
  })

  it('O14 waits for no lease, so that whoever holds one may await it', async () => {
    const { host, cell, old } = await hostWithCell()
    const lease = host.capture()
    const { finalized } = await cell.detach()
    expect([host.resources(), old.closed, await standing(finalized)]).toEqual([[], 0, 'pending'])
    const again = await host.attach(cellKind, openCell('main'))
    expect(lease.resource(cellKind, 'main')).toBe(old)
    lease[Symbol.dispose]()
    await finalized
    expect(old.closed).toBe(1)
    await leave(again)
  })

  it('O14 tells the observer of a closing that failed, also where nobody waits for it', async () => {
    const unclean: unknown[] = []
    const host = new PluginHost({
      strategies: [
        cellHandoff({
          close: () => {
            throw new Error('no disk')
          },
        }),
      ],
      observer: (event) => {
        if (event.type === 'unclean') unclean.push(event.error)
      },
    })
    await host.add(new CellPlugin('cells', '1.0.0'))
    const cell = await host.attach(cellKind, openCell('main'))
    await cell.detach()
    await turn()
    expect(unclean).toMatchObject([{ code: 'HANDOFF', phase: 'finalize', step: 'close', resource: 'main' }])
  })

  it('frees the name', async () => {
    const { host, cell, plugin } = await hostWithCell()
    await leave(cell)
    const again = await host.attach(cellKind, openCell('main'))
    await again.write(1)
    expect(plugin.opened).toMatchObject([
      { closed: 1, values: [] },
      { closed: 0, values: [1] },
    ])
  })

  it('lets the write in flight settle first, and refuses the ones behind it', async () => {
    const { cell, old } = await hostWithCell()
    const writing = new Deferred()
    old.put = async (value) => {
      await writing.promise
      old.values.push(value)
    }
    const first = cell.write(1)
    const second = refusalOf(cell.write(2))
    const detaching = leave(cell)
    expect((await second).code).toBe('RESOURCE_CLOSED')
    expect(await standing(detaching)).toBe('pending')
    expect(old.closed).toBe(0)
    writing.resolve()
    await Promise.all([first, detaching])
    expect(old).toMatchObject({ values: [1], closed: 1 })
  })

  it('I8 closes it also under a write that never settles, and says so', async () => {
    const { clock, cell, old } = await hostWithCell()
    old.put = () => new Promise(() => {})
    const write = refusalOf(cell.write(1))
    const detaching = refusalOf(leave(cell))
    await turn()
    clock.advance(200)
    expect(await write).toMatchObject({ code: 'STEP_TIMEOUT', resource: 'main' })
    clock.advance(300)
    expect(await detaching).toMatchObject({ code: 'STEP_TIMEOUT', phase: 'finalize', resource: 'main' })
    expect(old.closed).toBe(1)
  })

  it('rejects with what closing it threw', async () => {
    const host = new PluginHost({
      strategies: [
        cellHandoff({
          close: () => {
            throw new Error('no disk')
          },
        }),
      ],
    })
    await host.add(new CellPlugin('cells', '1.0.0'))
    const cell = await host.attach(cellKind, openCell('main'))
    expect(await refusalOf(leave(cell))).toMatchObject({
      code: 'HANDOFF',
      phase: 'finalize',
      step: 'close',
      resource: 'main',
    })
    expect(host.resources()).toEqual([])
  })

  it('I7 its plugin is shut down after it is closed, also where it is replaced or removed meanwhile', async () => {
    for (const replaced of [true, false]) {
      const { host, handle, cell, order } = await hostWithCell()
      const lease = host.capture()
      const detaching = leave(cell)
      const { finalized } = replaced
        ? await host.reload(handle, new CellPlugin('cells', '2.0.0'))
        : await host.remove(handle)
      expect(
        host
          .plugins()
          .find(({ state }) => state === 'retired')
          ?.heldBy.map(({ label }) => label),
      ).toEqual(['unlabelled', 'detach main'])
      lease[Symbol.dispose]()
      await Promise.all([detaching, finalized])
      expect(order).toEqual(['close cells@1.0.0', 'shutdown 1.0.0'])
    }
  })

  it('I7 closes it once where it leaves before its plugin, which is being removed, takes it along', async () => {
    const { host, handle, cell, old } = await hostWithCell()
    const lease = host.capture()
    const removing = host.remove(handle, { cutover: 'exclusive', onOrphan: 'close' })
    await turn()
    const { finalized: closed } = await cell.detach()
    expect([host.resources(), await standing(closed)]).toEqual([[], 'pending'])
    lease[Symbol.dispose]()
    const [{ report, finalized }] = await Promise.all([removing, closed])
    expect([report.closedOrphans, (await finalized).errors]).toEqual([[], []])
    expect(old.closed).toBe(1)
  })

  it('O5 I7 during a reload leaves that at once, and everything that was opened for it is closed once', async () => {
    for (const ends of ['well', 'badly']) {
      const { host, handle, cell, old } = await hostWithCell()
      const begun = new Deferred()
      const goOn = new Deferred()
      const next = new CellPlugin('cells', '2.0.0')
      const open = next.kind.open.bind(next.kind)
      next.kind.open = async () => {
        begun.resolve()
        await goOn.promise
        return open()
      }
      const reloading = host.reload(handle, next)
      await begun.promise
      const { finalized: closed } = await cell.detach()
      expect([(await refusalOf(cell.write(1))).code, host.resources()]).toEqual(['RESOURCE_CLOSED', []])
      const again = await host.attach(cellKind, openCell('main'))
      await again.write(2)
      expect(old.closed).toBe(0)
      if (ends === 'well') goOn.resolve()
      else goOn.reject(new Error('no disk'))
      const [outcome] = await Promise.allSettled([reloading, closed])
      if (outcome.status === 'fulfilled') await outcome.value.finalized
      expect([outcome.status, host.resources().map(({ name }) => name)]).toEqual([
        ends === 'well' ? 'fulfilled' : 'rejected',
        ['main'],
      ])
      using lease = host.capture()
      expect(lease.resource(cellKind, 'main')).toMatchObject({ closed: 0, values: ends === 'well' ? [] : [2] })
      expect(
        [old, ...next.opened].filter((it) => it !== lease.resource(cellKind, 'main')).every((it) => it.closed === 1),
      ).toBe(true)
    }
  })

  it('in whichever turn of a reload it is called, everything is closed once and nothing is left', async () => {
    for (let turns = 0; turns < 60; turns += 1) {
      const { host, handle, cell, plugin } = await hostWithCell()
      const next = new CellPlugin('cells', '2.0.0')
      const reloading = host.reload(handle, next)
      for (let at = 0; at < turns; at += 1) await Promise.resolve()
      await leave(cell)
      await (
        await reloading
      ).finalized
      expect(
        [...plugin.opened, ...next.opened].map(({ closed }) => closed),
        `detached after ${turns} turns`,
      ).not.toContain(0)
      expect(plugin.opened[0]?.closed).toBe(1)
      expect(host.resources()).toEqual([])
      using lease = host.capture()
      expect((await refusalOf(() => lease.resource(cellKind, 'main'))).code).toBe('RESOURCE_NOT_FOUND')
    }
  })
})

describe('writes', () => {
  it('I8 one that passes its deadline is told; work is refused until it settles, and then goes on', async () => {
    const { clock, host, cell, old } = await hostWithCell()
    const writing = new Deferred()
    const put = old.put.bind(old)
    old.put = async (value) => {
      await writing.promise
      await put(value)
    }
    const slow = refusalOf(cell.write(1))
    await turn()
    clock.advance(200)
    expect((await slow).code).toBe('STEP_TIMEOUT')
    expect((await refusalOf(cell.write(2))).code).toBe('RESOURCE_STUCK')
    expect(host.resources()).toMatchObject([{ name: 'main', state: 'stuck' }])
    writing.resolve()
    await turn()
    expect(host.resources()).toMatchObject([{ name: 'main', state: 'serving' }])
    await cell.write(3)
    expect(old.values).toEqual([1, 3])
  })

  it('rejects with what the resource threw, and goes on', async () => {
    const { cell, old } = await hostWithCell()
    const refusal = new RangeError('too large')
    const put = old.put.bind(old)
    old.put = (value) => {
      if (value > 9) throw refusal
      return put(value)
    }
    await expect(cell.write(10)).rejects.toBe(refusal)
    await cell.write(1)
    expect(await cell.use(({ values }) => values)).toEqual([1])
  })
})
