import { PluginHost, ReloadError } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { LedgerKind, LedgerPlugin, ledgerHandoff, ledgerKind } from './fixtures/ledger.js'

async function hostWithLedger() {
  const host = new PluginHost({ strategies: [ledgerHandoff()] })
  const kind = new LedgerKind()
  const plugin = new LedgerPlugin('1.0.0', kind)
  const handle = await host.add(plugin)
  const ledger = await host.attach(ledgerKind, {
    name: 'main',
    key: 'ledger',
    open: (provider) => provider.open(undefined),
  })
  return { host, kind, plugin, handle, ledger }
}

describe('a reload', () => {
  it('I4 moves every acknowledged write to the new version, once and in order', async () => {
    const { host, kind, plugin, handle, ledger } = await hostWithLedger()
    await ledger.write(1)
    await ledger.write(2)
    const nextKind = new LedgerKind()
    const reloading = host.reload(handle, new LedgerPlugin('2.0.0', nextKind))
    await Promise.all([ledger.write(3), ledger.write(4)])
    const result = await reloading
    await ledger.write(5)

    using lease = host.capture()
    expect(lease.resource(ledgerKind, 'main')).toBe(nextKind.opened[0])
    expect(lease.resource(ledgerKind, 'main').entries).toEqual([1, 2, 3, 4, 5])
    expect(result.handle).toEqual({ id: 'ledgers', generation: 1 })
    expect(await result.finalized).toMatchObject({ status: 'finalized', errors: [] })
    expect(kind.opened[0]?.closed).toBe(1)
    expect(plugin.calls).toEqual({ register: 1, init: 1, shutdown: 1 })
  })

  it('I3 leaves the old version serving where the new one cannot open', async () => {
    const { host, kind, handle, ledger } = await hostWithLedger()
    await ledger.write(1)
    const broken = new LedgerPlugin('2.0.0', {
      kind: 'ledger',
      open: () => {
        throw new Error('cannot read it')
      },
    })
    const error = await host.reload(handle, broken).catch((thrown: unknown) => thrown)
    expect(ReloadError.is(error) && error.message).toBe(
      'HANDOFF (plugin "ledgers@1.0.0 → 2.0.0", test-ledger "ledger", resource "main", prepare/open): cannot read it. ' +
        'The old version goes on serving. Correct the new one, then reload again.',
    )
    await ledger.write(2)
    expect(ReloadError.is(error) && error.report).toMatchObject({
      handoffs: [{ resource: 'main', convergeMs: 0, replayedWrites: 0 }],
    })
    expect(kind.opened[0]?.entries).toEqual([1, 2])
    expect(kind.opened[0]?.closed).toBe(0)
    expect(broken.calls).toEqual({ register: 1, init: 1, shutdown: 1 })
    expect(host.plugin('ledgers')).toEqual(handle)
  })
})
