/**
 * The incident: a harmless change to one plugin began a reload that failed (in one report while the candidate was activated, in
 * another while work was being drained) and was reported as not applied. Plugins that had nothing to do with the changed one had
 * been retired on the way and stayed so: every call of them was refused until the process was restarted.
 * Reported in https://github.com/openclaw/openclaw/issues/154891.
 *
 * What holds here: a reload concerns the plugins it names. While it runs and after it has failed, wherever it fails, the others
 * are the same objects, with the same resources, the same leases and current handles, and take reads, writes and reloads.
 */
import { PluginHost, type PluginHandle, type ReloadOptions } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { type Cell, cellHandoff, cellKind, CellKind, CellPlugin, openCell } from '../fixtures/cell.js'
import { Deferred, turn } from '../fixtures/deferred.js'
import { LedgerKind, ledgerHandoff, ledgerKind } from '../fixtures/ledger.js'
import { refusalOf } from '../fixtures/refusal.js'
import { TestPlugin } from '../fixtures/test-plugin.js'

class FailingKind extends CellKind {
  override open(): Cell {
    throw new Error('no disk')
  }
}

interface Failure {
  readonly code: string
  next(): CellPlugin
  readonly options?: ReloadOptions
  /** Something holds the plugin, and the drain's deadline passes. */
  readonly held?: boolean
}

const own = (version: string, Kind = CellKind): CellKind => new Kind(`changed@${version}`, 'changed')

const FAILURES: Record<string, Failure> = {
  'in register': {
    code: 'PLUGIN',
    next: () =>
      new CellPlugin('changed', '2.0.0', {
        register: () => {
          throw new Error('no config')
        },
      }),
  },
  'in init': {
    code: 'PLUGIN',
    next: () =>
      new CellPlugin('changed', '2.0.0', { kind: own('2.0.0'), init: () => Promise.reject(new Error('no port')) }),
  },
  'for an orphan': {
    code: 'ORPHANED_RESOURCE',
    next: () => new CellPlugin('changed', '2.0.0', { register: () => {} }),
  },
  'while a resource is opened': {
    code: 'HANDOFF',
    next: () => new CellPlugin('changed', '2.0.0', { kind: own('2.0.0', FailingKind) }),
  },
  'after a resource was stopped': {
    code: 'HANDOFF',
    options: { cutover: 'exclusive' },
    next: () => new CellPlugin('changed', '2.0.0', { kind: own('2.0.0', FailingKind) }),
  },
  'in the drain': {
    code: 'DRAIN_TIMEOUT',
    options: { cutover: 'exclusive' },
    held: true,
    next: () => new CellPlugin('changed', '2.0.0', { kind: own('2.0.0') }),
  },
}

/** A host with the plugin that changes, and one beside it with a resource, a reader and a writer. */
async function scene() {
  const clock = new ManualClock()
  const host = new PluginHost({ strategies: [cellHandoff(), ledgerHandoff()], clock, drain: { deadlineMs: 1_000 } })
  const changed = await host.add(new CellPlugin('changed', '1.0.0', { kind: own('1.0.0') }))
  const kind = new LedgerKind('beside')
  const beside = new TestPlugin('beside', '1.0.0', {
    register: (registrar) => {
      registrar.provide(ledgerKind, kind)
    },
  })
  const handle = await host.add(beside)
  const changing = await host.attach(cellKind, openCell('changing', 'changed'))
  const ledger = await host.attach(ledgerKind, {
    name: 'ledger',
    key: 'beside',
    open: (provider) => provider.open(undefined),
  })
  const reader = host.acquire(ledgerKind, 'beside', { label: 'reader' })
  return { clock, host, changed, kind, beside, handle, changing, ledger, reader }
}

/** Begins the reload that is to fail, and goes on once it has. */
async function fail(
  { clock, host, changed }: { clock: ManualClock; host: PluginHost; changed: PluginHandle },
  { next, options, held = false }: Failure,
): Promise<string> {
  using holder = held ? host.acquire(cellKind, 'changed', { label: 'holder' }) : undefined
  const failing = refusalOf(host.reload(changed, next(), options))
  if (holder !== undefined) {
    await turn()
    clock.advance(1_000)
  }
  return (await failing).code
}

describe('a reload that fails', () => {
  it.each(Object.entries(FAILURES))('I3 I11 %s leaves a plugin beside it as it was', async (_, failure) => {
    const world = await scene()
    const { host, kind, beside, handle, changing, ledger, reader } = world
    const writing = ledger.write(1)
    expect(await fail(world, failure)).toBe(failure.code)
    await writing
    await ledger.write(2)
    expect(beside.calls).toEqual({ register: 1, init: 1, shutdown: 0 })
    expect(kind.opened).toMatchObject([{ entries: [1, 2], closed: 0 }])
    expect(reader.signal.aborted).toBe(false)
    expect(host.plugin('beside')).toEqual(handle)
    {
      using lease = host.capture()
      expect(lease.resource(ledgerKind, 'ledger')).toBe(kind.opened[0])
      expect(lease.get(ledgerKind, 'beside')).toBe(reader.provider)
    }
    await changing.write(3)
    expect(
      (
        await host.reload(
          handle,
          new TestPlugin('beside', '2.0.0', {
            register: (registrar) => {
              registrar.provide(ledgerKind, new LedgerKind('beside'))
            },
          }),
        )
      ).status,
    ).toBe('committed')
  })

  it('I11 while it hangs, and while it is rolled back, a plugin beside it is reloaded', async () => {
    const { clock, host, changed, handle, ledger } = await scene()
    const begun = new Deferred()
    const never = new Deferred()
    const failing = refusalOf(
      host.reload(
        changed,
        new CellPlugin('changed', '2.0.0', {
          kind: own('2.0.0'),
          init: () => {
            begun.resolve()
            return never.promise
          },
        }),
      ),
    )
    await begun.promise
    const next = new LedgerKind('beside')
    const { handle: second } = await host.reload(
      handle,
      new TestPlugin('beside', '2.0.0', {
        register: (registrar) => {
          registrar.provide(ledgerKind, next)
        },
      }),
    )
    await ledger.write(1)
    clock.advance(30_000)
    expect((await failing).code).toBe('STEP_TIMEOUT')
    expect(host.plugin('beside')).toEqual(second)
    expect(next.opened).toMatchObject([{ entries: [1], closed: 0 }])
  })
})
