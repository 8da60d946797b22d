import { PluginHost, type PluginHandle, type ReloadOptions, type ReloadResult } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { cellHandoff, cellKind, CellPlugin, openCell } from '../fixtures/cell.js'
import { turn } from '../fixtures/deferred.js'
import { LedgerKind, ledgerHandoff, ledgerKind } from '../fixtures/ledger.js'
import { reachable } from '../fixtures/reachable.js'
import { refusalOf } from '../fixtures/refusal.js'
import { TestPlugin } from '../fixtures/test-plugin.js'

function both(version: string): {
  plugin: TestPlugin
  watched: Record<string, WeakRef<object>>
  ledgers: LedgerKind
  cells: CellPlugin
} {
  const ledgers = new LedgerKind()
  const cells = new CellPlugin('both', version)
  const plugin = new TestPlugin('both', version, {
    register: (registrar) => {
      registrar.provide(ledgerKind, ledgers).provide(cellKind, cells.kind)
    },
  })
  return {
    plugin,
    ledgers,
    cells,
    watched: { plugin: new WeakRef(plugin), ledgers: new WeakRef(ledgers), cells: new WeakRef(cells.kind) },
  }
}

/** Everything of the first version stays in here, so that only the host could keep it. */
async function install(host: PluginHost): Promise<{ handle: PluginHandle; watched: Record<string, WeakRef<object>> }> {
  const { plugin, watched } = both('1.0.0')
  const handle = await host.add(plugin)
  const ledger = await host.attach(ledgerKind, {
    name: 'ledger',
    key: 'ledger',
    open: (provider) => provider.open(undefined),
  })
  const cell = await host.attach(cellKind, openCell('cell'))
  await ledger.write(1)
  await cell.write(1)
  using lease = host.capture()
  watched['ledger'] = new WeakRef(lease.resource(ledgerKind, 'ledger'))
  watched['cell'] = new WeakRef(lease.resource(cellKind, 'cell'))
  return { handle, watched }
}

async function hostWithBoth() {
  const clock = new ManualClock()
  const host = new PluginHost({ strategies: [ledgerHandoff(), cellHandoff()], clock })
  const { handle, watched } = await install(host)
  return { clock, host, handle, watched }
}

describe('I12 after finalize nothing of the old generation is reachable', () => {
  it.each<[string, ReloadOptions]>([
    ['an overlapping reload', {}],
    ['an exclusive one', { cutover: 'exclusive' }],
  ])('after %s, with its result still held', async (_, options) => {
    const { clock, host, handle, watched } = await hostWithBoth()
    expect(await reachable(watched, 5)).toEqual(['plugin', 'ledgers', 'cells', 'ledger', 'cell'])
    const result: ReloadResult = await host.reload(handle, both('2.0.0').plugin, options)
    await result.finalized
    expect(await reachable(watched)).toEqual([])
    expect(clock.pending).toBe(0)
    expect(result.resources(ledgerKind).get('ledger')?.entries).toEqual([1])
    expect(result.report.handoffs).toHaveLength(2)
  })

  it('also where it was kept for a while', async () => {
    const { clock, host, handle, watched } = await hostWithBoth()
    let lease: Disposable | undefined = host.capture()
    const result = await host.reload(handle, both('2.0.0').plugin, { drain: { deadlineMs: 100 } })
    clock.advance(100)
    expect((await result.finalized).status).toBe('kept')
    expect(await reachable(watched, 5)).toHaveLength(5)
    lease[Symbol.dispose]()
    lease = undefined
    expect(await reachable(watched)).toEqual([])
    expect(clock.pending).toBe(0)
  })

  it('nor anything of a new version that was rolled back', async () => {
    const { clock, host, handle } = await hostWithBoth()
    const failed = await failing(host, handle)
    expect(await reachable(failed)).toEqual([])
    expect(clock.pending).toBe(0)
  })

  it('nor of one that was removed, or detached', async () => {
    const { clock, host, handle, watched } = await hostWithBoth()
    const result = await host.remove(handle, { onOrphan: 'close' })
    await result.finalized
    expect(await reachable(watched)).toEqual([])
    expect(clock.pending).toBe(0)
    expect(result.report.closedOrphans).toEqual(['ledger', 'cell'])
  })

  it('and no timer is left once the host is closed', async () => {
    const { clock, host, watched } = await hostWithBoth()
    await host[Symbol.asyncDispose]()
    expect(clock.pending).toBe(0)
    expect(await reachable(watched)).toEqual([])
    expect(host.plugins()).toEqual([])
  })
})

/** Reloads with a version that fails after it has opened something, and watches what it had made. */
async function failing(host: PluginHost, handle: PluginHandle): Promise<Record<string, WeakRef<object>>> {
  const { plugin, watched, ledgers, cells } = both('2.0.0')
  cells.kind.open = async () => {
    await turn()
    throw new Error('no disk')
  }
  expect((await refusalOf(host.reload(handle, plugin))).code).toBe('HANDOFF')
  const [opened] = ledgers.opened
  if (opened !== undefined) watched['opened'] = new WeakRef(opened)
  expect(Object.keys(watched)).toContain('opened')
  return watched
}
