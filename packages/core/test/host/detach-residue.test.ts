import { PluginHost } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { Cell, cellHandoff, cellKind, CellPlugin } from '../fixtures/cell.js'
import { reachable } from '../fixtures/reachable.js'
import { leave } from '../fixtures/leave.js'

/** Attaches a cell that only the host knows, and detaches it. */
async function attachAndDetach(host: PluginHost): Promise<Record<string, WeakRef<object>>> {
  const attached = await host.attach(cellKind, { name: 'main', key: 'cell', open: () => new Cell('host') })
  const cell = await attached.use((resource) => new WeakRef(resource))
  const detaching = leave(attached)
  await detaching
  return { cell, attached: new WeakRef(attached), detaching: new WeakRef(detaching) }
}

describe('I12 a host whose plugins stay', () => {
  it('keeps nothing of what was attached and detached', async () => {
    const host = new PluginHost({ strategies: [cellHandoff()] })
    await host.add(new CellPlugin('cells', '1.0.0'))
    const watched = await attachAndDetach(host)
    expect(await reachable(watched)).toEqual([])
    expect(host.plugins()).toMatchObject([{ state: 'active', heldBy: [] }])
  })
})
