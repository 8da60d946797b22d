import { PluginHost, ReloadKindHandlers, type HandoffStrategy } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { Cell, cellHandoff, CellKind, cellKind, CellPlugin, openCell, type CellProvider } from '../fixtures/cell.js'
import { refusalOf } from '../fixtures/refusal.js'

type Broken = Partial<HandoffStrategy<CellProvider, Cell, number>>

const broken = (): never => {
  throw new Error('broken')
}

async function failing(strategy: Broken) {
  await using host = new PluginHost({ strategies: [cellHandoff(strategy)] })
  const handle = await host.add(new CellPlugin('cells', '1.0.0'))
  await host.attach(cellKind, openCell('main'))
  return refusalOf(host.reload(handle, new CellPlugin('cells', '2.0.0')))
}

describe('I10 what fails between two versions of a plugin names it', () => {
  it.each<[string, Broken, object]>([
    [
      'a check that throws',
      { checkCompat: broken },
      { code: 'SCHEMA_INCOMPAT', plugin: 'cells@2.0.0', key: 'cell', step: 'checkCompat' },
    ],
    [
      'a handoff that cannot begin',
      { handoff: broken },
      { code: 'HANDOFF', plugin: 'cells@1.0.0 → 2.0.0', key: 'cell', resource: 'main', phase: 'prepare' },
    ],
  ])('%s', async (_, strategy, place) => {
    expect(await failing(strategy)).toMatchObject(place)
  })

  it.each<[string, Broken, CellKind | undefined]>([
    ['a handoff that cannot begin', { handoff: broken }, undefined],
    [
      'the check of a provider that the handoff names',
      { checkCompat: ({ next }) => (next.kind === 'other' ? broken() : { level: 'compatible' }) },
      new CellKind('other', 'other'),
    ],
  ])('also where the host holds the resource itself: %s', async (_, strategy, next) => {
    await using host = new PluginHost({ strategies: [cellHandoff(strategy)] })
    const handle = await host.add(new CellPlugin('cells', '1.0.0'))
    const handlers = new ReloadKindHandlers().add(cellKind, {
      name: 'mine',
      key: 'cell',
      resource: new Cell('mine'),
      ...(next && { next }),
    })
    expect((await refusalOf(host.reload(handle, new CellPlugin('cells', '2.0.0'), { handlers }))).plugin).toBe(
      'cells@1.0.0 → 2.0.0',
    )
  })
})
