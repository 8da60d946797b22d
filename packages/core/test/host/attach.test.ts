import { PluginHost } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { cellHandoff, cellKind, CellKind, CellPlugin, openCell } from '../fixtures/cell.js'
import { Deferred, standing, turn } from '../fixtures/deferred.js'
import { refusalOf } from '../fixtures/refusal.js'
import { wordHandoff, wordKind, wordPlugin } from '../fixtures/word.js'

async function hostWithCells() {
  const clock = new ManualClock()
  const host = new PluginHost({ strategies: [cellHandoff(), wordHandoff()], clock, timeouts: { preflight: 100 } })
  const plugin = new CellPlugin('cells', '1.0.0')
  const handle = await host.add(plugin)
  return { host, clock, plugin, handle }
}

describe('attach', () => {
  it('puts a resource into service: from the next capture on', async () => {
    const { host, plugin } = await hostWithCells()
    using before = host.capture()
    const cell = await host.attach(cellKind, openCell('main'))
    expect(cell.name).toBe('main')
    expect((await refusalOf(() => before.resource(cellKind, 'main'))).code).toBe('RESOURCE_NOT_FOUND')
    using after = host.capture()
    expect(after.resource(cellKind, 'main')).toBe(plugin.opened[0])
    expect(host.resources()).toEqual([
      { surface: 'test-cell', name: 'main', key: 'cell', plugin: 'cells@1.0.0', state: 'serving', waiting: 0 },
    ])
  })
})

describe('attach and a reload', () => {
  function pendingAttach(host: PluginHost) {
    const opening = new Deferred()
    const attaching = host.attach(cellKind, {
      ...openCell('main'),
      open: async (provider) => {
        const cell = await provider.open()
        await opening.promise
        return cell
      },
    })
    return { opening, attaching }
  }

  it('O5 a reload waits for an open under way, and hands over what it opened', async () => {
    const { host, handle, plugin } = await hostWithCells()
    const { opening, attaching } = pendingAttach(host)
    const next = new CellPlugin('cells', '2.0.0')
    const reloading = host.reload(handle, next)
    expect(await standing(reloading)).toBe('pending')
    expect(host.plugin('cells')).toEqual(handle)
    opening.resolve()
    const cell = await attaching
    const { report, finalized } = await reloading
    expect(report.handoffs.map(({ resource }) => resource)).toEqual(['main'])
    await finalized
    await cell.write(1)
    expect(plugin.opened).toMatchObject([{ values: [], closed: 1 }])
    expect(next.opened).toMatchObject([{ values: [1], closed: 0 }])
  })

  it('I9 holds the plugin while it opens, by a label of its own', async () => {
    const { host } = await hostWithCells()
    const { opening, attaching } = pendingAttach(host)
    await turn()
    expect(host.plugins()).toMatchObject([{ heldBy: [{ label: 'attach main', holds: 'provider' }] }])
    opening.resolve()
    await attaching
    expect(host.plugins()).toMatchObject([{ heldBy: [] }])
  })

  it('O5 goes on where the open fails', async () => {
    const { host, handle } = await hostWithCells()
    const { opening, attaching } = pendingAttach(host)
    const reloading = host.reload(handle, new CellPlugin('cells', '2.0.0'))
    opening.reject(new Error('no disk'))
    expect((await refusalOf(attaching)).code).toBe('HANDOFF')
    expect((await reloading).status).toBe('committed')
  })

  it('I8 O5 waits no longer than its own deadline: STEP_TIMEOUT, and the attach completes', async () => {
    const { host, clock, handle } = await hostWithCells()
    const { opening, attaching } = pendingAttach(host)
    const failing = refusalOf(host.reload(handle, new CellPlugin('cells', '2.0.0')))
    await turn()
    clock.advance(100)
    expect(await failing).toMatchObject({
      code: 'STEP_TIMEOUT',
      phase: 'preflight',
      step: 'wait for pending opens',
      plugin: 'cells@1.0.0',
    })
    opening.resolve()
    await attaching
    expect(host.resources()).toMatchObject([{ plugin: 'cells@1.0.0' }])
  })

  it('O5 I3 an abort ends the wait, and the attach completes: ABORTED', async () => {
    const { host, handle } = await hostWithCells()
    const { opening, attaching } = pendingAttach(host)
    const caller = new AbortController()
    const failing = refusalOf(host.reload(handle, new CellPlugin('cells', '2.0.0'), { signal: caller.signal }))
    await turn()
    caller.abort()
    expect(await failing).toMatchObject({
      code: 'ABORTED',
      phase: 'preflight',
      step: 'wait for pending opens',
      plugin: 'cells@1.0.0',
    })
    opening.resolve()
    await attaching
    expect(host.resources()).toMatchObject([{ plugin: 'cells@1.0.0' }])
  })

  it('O5 one that begins during a reload serves at once, and changes hands with the others', async () => {
    for (const ends of ['well', 'badly']) {
      const { host, handle, plugin } = await hostWithCells()
      await host.attach(cellKind, openCell('first'))
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
      const second = await host.attach(cellKind, openCell('second'))
      await second.write(1)
      {
        using during = host.capture()
        expect(during.resource(cellKind, 'second')).toMatchObject({ by: 'cells@1.0.0', values: [1] })
      }
      if (ends === 'well') goOn.resolve()
      else goOn.reject(new Error('no disk'))
      const [outcome] = await Promise.allSettled([reloading])
      if (outcome.status === 'fulfilled') {
        expect(outcome.value.report.handoffs.map(({ resource }) => resource)).toEqual(['first', 'second'])
        await outcome.value.finalized
      }
      await second.write(2)
      using lease = host.capture()
      const by = ends === 'well' ? 'cells@2.0.0' : 'cells@1.0.0'
      expect(lease.resource(cellKind, 'second')).toMatchObject({
        by,
        values: ends === 'well' ? [2] : [1, 2],
        closed: 0,
      })
      expect(plugin.opened.map(({ closed }) => closed)).toEqual(ends === 'well' ? [1, 1] : [0, 0])
    }
  })

  it('O5 waits for a reload that cannot take it along: one that fences, or whose version does not provide the key', async () => {
    for (const [options, provides] of [
      [{ cutover: 'exclusive' }, 'cell'],
      [{}, 'other'],
    ] as const) {
      const { host, handle, plugin } = await hostWithCells()
      await (await host.attach(cellKind, openCell('first'))).detach()
      const begun = new Deferred()
      const goOn = new Deferred()
      const next = new CellPlugin('cells', '2.0.0', {
        kind: new CellKind('cells@2.0.0', provides),
        init: () => {
          begun.resolve()
          return goOn.promise
        },
      })
      const held = host.acquire(cellKind, 'cell')
      const reloading = host.reload(handle, next, options)
      await begun.promise
      goOn.resolve()
      await turn()
      const attaching = host.attach(cellKind, openCell('second'))
      const attached = attaching.then(
        ({ name }) => name,
        ({ code }: { code: string }) => code,
      )
      held[Symbol.dispose]()
      await (
        await reloading
      ).finalized
      expect(await attached).toBe(provides === 'cell' ? 'second' : 'PROVIDER_NOT_FOUND')
      expect(plugin.opened.map(({ closed }) => closed)).toEqual([1])
    }
  })

  it('O5 in whichever turn it begins, no resource of a retired version is left', async () => {
    for (let turns = 0; turns < 40; turns += 1) {
      const { host, handle, plugin } = await hostWithCells()
      const next = new CellPlugin('cells', '2.0.0')
      const reloading = host.reload(handle, next)
      for (let at = 0; at < turns; at += 1) await Promise.resolve()
      await host.attach(cellKind, openCell('main'))
      await (
        await reloading
      ).finalized
      expect(host.resources(), `attached after ${turns} turns`).toMatchObject([{ plugin: 'cells@2.0.0' }])
      expect(plugin.opened.filter(({ closed }) => closed !== 1)).toEqual([])
      expect(next.opened.filter(({ closed }) => closed === 0)).toHaveLength(1)
    }
  })

  it('PROVIDER_NOT_FOUND where the reload takes the key away meanwhile', async () => {
    const { host, handle } = await hostWithCells()
    const init = new Deferred()
    const reloading = host.reload(handle, wordPlugin('cells', '2.0.0', ['w'], { init: () => init.promise }))
    init.resolve()
    await reloading
    expect((await refusalOf(host.attach(cellKind, openCell('main')))).code).toBe('PROVIDER_NOT_FOUND')
    using lease = host.capture()
    expect(lease.get(wordKind, 'w').say()).toBe('cells@2.0.0')
  })
})
