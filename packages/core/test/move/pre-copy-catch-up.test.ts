import { describe, expect, it } from 'vitest'
import { preCopy, type HandoffStrategy, type Plugin, PluginHost } from '@uni/reload-core'
import { Deferred } from '../fixtures/deferred.js'
import { Ledger, ledgerKind, type LedgerProvider } from '../fixtures/ledger.js'

describe('catching up', () => {
  it('I4 what was written while another resource was still prepared is replayed before writes are held', async () => {
    const slowOpen = new Deferred<void>()
    let opens = 0
    const host = new PluginHost({ strategies: [strategy()] })
    const handle = await host.add(plugin('1.0.0', { kind: 'ledger', open: () => new Ledger() }))
    const quick = await host.attach(ledgerKind, {
      name: 'quick',
      key: 'ledger',
      open: (provider) => provider.open(undefined),
    })
    await host.attach(ledgerKind, { name: 'slow', key: 'ledger', open: (provider) => provider.open(undefined) })

    const bothOpening = new Deferred<void>()
    const reloading = host.reload(
      handle,
      plugin('2.0.0', {
        kind: 'ledger',
        async open(image) {
          opens += 1
          const first = opens === 1
          if (opens === 2) bothOpening.resolve()
          if (!first) await slowOpen.promise
          return new Ledger(JSON.parse(image as string) as number[])
        },
      }),
    )
    await bothOpening.promise
    for (let entry = 0; entry < 100; entry += 1) await quick.write(entry)
    slowOpen.resolve()
    const { report } = await reloading

    expect(report.handoffs.find(({ resource }) => resource === 'quick')).toMatchObject({ replayedWrites: 100 })
    expect(replayedUnderHold).toEqual([0, 0])
    using lease = host.capture()
    expect(lease.resource(ledgerKind, 'quick').entries).toEqual(Array.from({ length: 100 }, (_, entry) => entry))
  })

  it("I8 writers wait at the host's bound of bytes, and are told of by how many wait", async () => {
    const host = new PluginHost({ strategies: [strategy()], maxRecordedBytes: 1 })
    const handle = await host.add(plugin('1.0.0', { kind: 'ledger', open: () => new Ledger() }))
    const ledger = await host.attach(ledgerKind, {
      name: 'ledger',
      key: 'ledger',
      open: (provider) => provider.open(undefined),
    })
    const [opening, goOn] = [new Deferred<void>(), new Deferred<void>()]
    const reloading = host.reload(
      handle,
      plugin('2.0.0', {
        kind: 'ledger',
        async open(image) {
          opening.resolve()
          await goOn.promise
          return new Ledger(JSON.parse(image as string) as number[])
        },
      }),
    )
    await opening.promise
    await ledger.write(0)
    const waiting = [1, 2].map((entry) => ledger.write(entry))
    expect(host.resources()).toMatchObject([{ state: 'copying', waiting: 2 }])
    goOn.resolve()
    await Promise.all([reloading, ...waiting])
    using lease = host.capture()
    expect(lease.resource(ledgerKind, 'ledger').entries).toEqual([0, 1, 2])
  })
})

const replayedUnderHold: number[] = []

function strategy(): HandoffStrategy<LedgerProvider, Ledger, number> {
  return {
    surface: ledgerKind,
    discipline: 'pre-copy',
    handoff(job, ctx) {
      const move = preCopy(job, ctx, {
        snapshot: (ledger) => ledger.persist(),
        restore: (provider, image) => provider.open(image),
      })
      return {
        ...move,
        converge() {
          replayedUnderHold.push(job.gate.recorded)
          return move.converge()
        },
      }
    },
  }
}

function plugin(version: string, provider: LedgerProvider): Plugin {
  return {
    manifest: { id: 'ledgers', version },
    register: (registrar) => {
      registrar.provide(ledgerKind, provider)
    },
  }
}
