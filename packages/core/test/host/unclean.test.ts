import { cleanHandoff, closeAside, PluginHost, type ReloadEvent } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { Cell, cellHandoff, cellKind, CellPlugin, openCell } from '../fixtures/cell.js'
import { Deferred, turn } from '../fixtures/deferred.js'
import { refusalOf } from '../fixtures/refusal.js'
import { wordHandoff, wordPlugin } from '../fixtures/word.js'

const broken = (): never => {
  throw new Error('it is stuck')
}

function watched() {
  const events: ReloadEvent[] = []
  return {
    observer: (event: ReloadEvent) => {
      events.push(event)
    },
    unclean: () => events.flatMap((event) => (event.type === 'unclean' ? [event.error] : [])),
  }
}

describe('what could not be closed, and fails nothing else', () => {
  it('I10 is told the observer where it came too late', async () => {
    const clock = new ManualClock()
    const { observer, unclean } = watched()
    await using host = new PluginHost({
      clock,
      observer,
      timeouts: { open: 100 },
      strategies: [cellHandoff({ close: broken })],
    })
    await host.add(new CellPlugin('cells', '1.0.0'))
    const late = new Deferred<Cell>()
    const attaching = refusalOf(host.attach(cellKind, { ...openCell('main'), open: () => late.promise }))
    await turn()
    clock.advance(100)
    expect(await attaching).toMatchObject({ code: 'STEP_TIMEOUT', step: 'open' })
    expect(unclean()).toEqual([])
    late.resolve(new Cell('cells@1.0.0'))
    await turn()
    expect(unclean()).toMatchObject([
      {
        code: 'HANDOFF',
        surface: 'test-cell',
        key: 'cell',
        resource: 'main',
        step: 'open',
        plugin: 'cells@1.0.0',
        cause: { message: 'it is stuck' },
      },
    ])
  })

  it('I10 is told the observer where it was opened only to look at it, and the reload goes on', async () => {
    const { observer, unclean } = watched()
    await using host = new PluginHost({
      observer,
      strategies: [
        wordHandoff({
          async checkCompat(_, ctx) {
            await closeAside(ctx, broken)
            return { level: 'compatible' }
          },
        }),
      ],
    })
    const handle = await host.add(wordPlugin('a', '1.0.0'))
    expect((await host.reload(handle, wordPlugin('a', '2.0.0'))).status).toBe('committed')
    expect(unclean()).toMatchObject([
      { surface: 'test-word', key: 'a', step: 'close', phase: 'preflight', cause: { message: 'it is stuck' } },
    ])
  })

  it('I10 is told the observer where what opened was no live resource, and is refused as that', async () => {
    const { observer, unclean } = watched()
    await using host = new PluginHost({ observer, strategies: [methodical()] })
    const handle = await host.add(new CellPlugin('cells', '1.0.0'))
    await host.attach(cellKind, openCell('main'))
    const next = new CellPlugin('cells', '2.0.0')
    next.kind.open = () => ({ by: 'nobody' }) as Cell
    expect((await refusalOf(host.reload(handle, next))).message).toContain('got one without put')
    expect(unclean()).toMatchObject([
      { resource: 'main', step: 'close', phase: 'prepare', cause: { message: 'it is stuck' } },
    ])
  })
})

/** Closes its own cells, and no stranger. */
function methodical() {
  return cleanHandoff(cellKind, {
    medium: 'shared',
    methods: ['put'],
    close: (cell) => {
      if (!(cell instanceof Cell)) broken()
    },
  })
}
