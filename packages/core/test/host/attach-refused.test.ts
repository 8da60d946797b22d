import { PluginHost } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { type Cell, cellHandoff, cellKind, type CellProvider, CellPlugin, openCell } from '../fixtures/cell.js'
import { Deferred, turn } from '../fixtures/deferred.js'
import { refusalOf } from '../fixtures/refusal.js'

async function hostWithCells() {
  const clock = new ManualClock()
  const host = new PluginHost({ strategies: [cellHandoff()], clock, timeouts: { open: 500 } })
  const plugin = new CellPlugin('cells', '1.0.0')
  await host.add(plugin)
  return { host, clock, plugin }
}

describe('an attach that cannot be', () => {
  it('of a name that is taken, or being taken: DUPLICATE; another name is free', async () => {
    const { host, plugin } = await hostWithCells()
    const opening = new Deferred()
    const first = host.attach(cellKind, {
      ...openCell('main'),
      open: async (provider) => {
        await opening.promise
        return provider.open()
      },
    })
    const error = await refusalOf(host.attach(cellKind, openCell('main')))
    expect(error).toMatchObject({
      code: 'DUPLICATE',
      surface: 'test-cell',
      key: 'cell',
      resource: 'main',
      hint: 'Detach it first, or choose another name.',
    })
    expect(error.message).toContain('a live resource of this name is attached already')
    opening.resolve()
    await first
    expect((await refusalOf(host.attach(cellKind, openCell('main')))).code).toBe('DUPLICATE')
    await host.attach(cellKind, openCell('other'))
    expect(plugin.opened).toHaveLength(2)
  })

  it('with a key that nobody provides: PROVIDER_NOT_FOUND', async () => {
    const { host } = await hostWithCells()
    const error = await refusalOf(host.attach(cellKind, openCell('main', 'missing')))
    expect(error).toMatchObject({
      code: 'PROVIDER_NOT_FOUND',
      surface: 'test-cell',
      key: 'missing',
      resource: 'main',
      step: 'attach',
      hint: 'Install the plugin that provides it first.',
    })
    expect(error.message).toContain('no plugin provides this key')
  })

  it('on a surface without a strategy: NO_STRATEGY', async () => {
    await using empty = new PluginHost({ strategies: [] })
    expect((await refusalOf(empty.attach(cellKind, openCell('main')))).code).toBe('NO_STRATEGY')
  })

  it.each<[string, (provider: CellProvider) => Cell | Promise<Cell>, string]>([
    [
      'throws',
      () => {
        throw new Error('no disk')
      },
      'no disk',
    ],
    ['rejects', () => Promise.reject(new Error('no disk')), 'no disk'],
    ['returns nothing', () => undefined as unknown as Cell, 'open returned no resource'],
    ['resolves with null', () => Promise.resolve(null as unknown as Cell), 'open returned no resource'],
  ])('whose open %s: nothing is attached, and the name stays free', async (_, open, reason) => {
    const { host } = await hostWithCells()
    const error = await refusalOf(host.attach(cellKind, { ...openCell('main'), open }))
    expect(error).toMatchObject({
      code: 'HANDOFF',
      phase: 'prepare',
      step: 'open',
      surface: 'test-cell',
      key: 'cell',
      resource: 'main',
      plugin: 'cells@1.0.0',
      hint: 'Nothing was attached.',
    })
    expect(error.message).toContain(reason)
    expect(host.resources()).toEqual([])
    expect((await host.attach(cellKind, openCell('main'))).name).toBe('main')
  })

  it('I8 whose open hangs is given up on: STEP_TIMEOUT, and what it opens after all is closed once', async () => {
    const { host, clock, plugin } = await hostWithCells()
    const opening = new Deferred()
    const failing = refusalOf(
      host.attach(cellKind, {
        ...openCell('main'),
        open: async (provider) => {
          await opening.promise
          return provider.open()
        },
      }),
    )
    await turn()
    clock.advance(500)
    const timeout = await failing
    expect(timeout.code).toBe('STEP_TIMEOUT')
    expect(timeout.hint).toContain('timeouts.open')
    opening.resolve()
    await turn()
    expect(plugin.opened).toMatchObject([{ closed: 1 }])
    expect(host.resources()).toEqual([])
  })
})
