import { PluginHost, ReloadKindHandlers, WriteGate, type ResourceHandoff } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { Cell, cellHandoff, cellKind, CellPlugin, openCell } from '../fixtures/cell.js'
import { refusalOf } from '../fixtures/refusal.js'

/** Hands over by the book, but for what `more` changes. */
function handOver(next: () => Cell, more: Partial<ResourceHandoff<Cell>>): ResourceHandoff<Cell> {
  return { converge: async () => next(), rollback: async () => {}, finalize: async () => {}, ...more }
}

describe('the commit', () => {
  it('O3 I3 is refused, and nothing published, where a strategy has let go of the hold', async () => {
    const opened = new Cell('new')
    await using host = new PluginHost({
      strategies: [
        cellHandoff({
          handoff: ({ gate }) =>
            handOver(
              () => {
                gate.release()
                return opened
              },
              {
                rollback: async () => {
                  opened.closed += 1
                },
              },
            ),
        }),
      ],
    })
    const plugin = new CellPlugin('cells', '1.0.0')
    const handle = await host.add(plugin)
    const cell = await host.attach(cellKind, openCell('main'))
    const next = new CellPlugin('cells', '2.0.0')
    const error = await refusalOf(host.reload(handle, next))
    expect(error).toMatchObject({ code: 'HANDOFF', phase: 'converge', surface: 'test-cell', resource: 'main' })
    await cell.write(1)
    using lease = host.capture()
    expect(lease.resource(cellKind, 'main')).toMatchObject({ by: 'cells@1.0.0', values: [1], closed: 0 })
    expect(lease.get(cellKind, 'cell')).toBe(plugin.kind)
    expect([host.plugin('cells'), next.calls.shutdown, opened.closed]).toEqual([handle, 1, 1])
  })

  it('O3 I3 also where the host closes a gate of its own at the last moment', async () => {
    const cell = new Cell('mine')
    const gate = new WriteGate(cellKind, 'mine', cell)
    await using host = new PluginHost({
      strategies: [cellHandoff({ handoff: () => handOver(() => new Cell('new'), {}) })],
      observer: (event) => {
        if (event.type === 'phase-ended' && event.phase === 'converge' && event.operation === 2) void gate.close()
      },
    })
    const handle = await host.add(new CellPlugin('cells', '1.0.0'))
    const handlers = new ReloadKindHandlers().add(cellKind, { name: 'mine', key: 'cell', resource: cell, gate })
    const error = await refusalOf(host.reload(handle, new CellPlugin('cells', '2.0.0'), { handlers }))
    expect(error).toMatchObject({ code: 'HANDOFF', phase: 'commit', surface: 'test-cell', resource: 'mine' })
    expect(error.message).toContain('is closed, not held')
    expect(host.plugin('cells')).toEqual(handle)
  })

  it('I1 switches every resource of a surface at once', async () => {
    const host = new PluginHost({ strategies: [cellHandoff()] })
    const handle = await host.add(new CellPlugin('cells', '1.0.0'))
    for (const name of ['one', 'two']) await host.attach(cellKind, openCell(name))
    await host.reload(handle, new CellPlugin('cells', '2.0.0'))
    using lease = host.capture()
    expect(['one', 'two'].map((name) => lease.resource(cellKind, name).by)).toEqual(['cells@2.0.0', 'cells@2.0.0'])
  })

  it('I1 I4 a write that was held goes on in the turn of the commit, against the new resource', async () => {
    const host = new PluginHost({ strategies: [cellHandoff()] })
    const handle = await host.add(new CellPlugin('cells', '1.0.0'))
    const cell = await host.attach(cellKind, openCell('main'))
    const next = new CellPlugin('cells', '2.0.0')
    let write: Promise<void> | undefined
    const open = next.kind.open.bind(next.kind)
    next.kind.open = () => {
      write = cell.write(1)
      return open()
    }
    await host.reload(handle, next, { cutover: 'exclusive' })
    await write
    expect(next.opened).toMatchObject([{ values: [1] }])
  })
})

describe('resources that the host holds itself', () => {
  async function hostWithOwn() {
    const host = new PluginHost({ strategies: [cellHandoff()] })
    const plugin = new CellPlugin('cells', '1.0.0')
    const handle = await host.add(plugin)
    const cell = await plugin.kind.open()
    const gate = new WriteGate(cellKind, 'mine', cell)
    const handlers = new ReloadKindHandlers().add(cellKind, {
      name: 'mine',
      key: 'cell',
      resource: cell,
      gate,
      open: (provider) => provider.open(),
    })
    return { host, plugin, handle, cell, gate, handlers }
  }

  it('I4 I10 are handed over with the others, and given back in the result', async () => {
    const { host, handle, cell, gate, handlers } = await hostWithOwn()
    await host.attach(cellKind, openCell('attached'))
    const next = new CellPlugin('cells', '2.0.0')
    const { resources, report, finalized } = await host.reload(handle, next, { handlers })
    await gate.write(1)
    expect([...resources(cellKind)].map(([name, { by }]) => [name, by])).toEqual([
      ['attached', 'cells@2.0.0'],
      ['mine', 'cells@2.0.0'],
    ])
    expect(report.handoffs.map(({ resource }) => resource)).toEqual(['attached', 'mine'])
    expect(resources(cellKind).get('mine')?.values).toEqual([1])
    await finalized
    expect(cell).toMatchObject({ values: [], closed: 1 })
    // Nobody will take the reload back, so nothing is recorded for that (I12).
    expect(gate.retains).toBe(false)
  })

  it('I3 stay with the host where the reload fails', async () => {
    const { host, handle, cell, gate, handlers } = await hostWithOwn()
    const next = new CellPlugin('cells', '2.0.0')
    next.kind.open = () => {
      throw new Error('no disk')
    }
    expect((await refusalOf(host.reload(handle, next, { handlers }))).code).toBe('HANDOFF')
    await gate.write(1)
    expect(cell).toMatchObject({ values: [1], closed: 0 })
  })

  it('I3 roll back where they cannot be listed: HANDOFF', async () => {
    const { host, handle } = await hostWithOwn()
    const next = new CellPlugin('cells', '2.0.0')
    const handlers = new ReloadKindHandlers()
    handlers.entries = () => {
      throw new TypeError('lost')
    }
    const error = await refusalOf(host.reload(handle, next, { handlers }))
    expect(error).toMatchObject({
      code: 'HANDOFF',
      phase: 'preflight',
      cause: expect.any(TypeError) as TypeError,
      rollbackErrors: [],
    })
    expect([host.plugin('cells'), next.calls.shutdown]).toEqual([handle, 1])
  })

  it('are refused where neither version provides their key', async () => {
    const { host, handle, cell } = await hostWithOwn()
    const handlers = new ReloadKindHandlers().add(cellKind, { name: 'mine', key: 'other', resource: cell })
    expect(await refusalOf(host.reload(handle, new CellPlugin('cells', '2.0.0'), { handlers }))).toMatchObject({
      code: 'PROVIDER_NOT_FOUND',
      phase: 'preflight',
      key: 'other',
      resource: 'mine',
    })
  })
})
