import { expect, it } from 'vitest'
import {
  OldProviders,
  ReloadDispatcher,
  ReloadKindHandlers,
  defineSurface,
  type HandoffStrategy,
} from '@uni/reload-core'
import { onAbort } from '../../src/on-abort.js'

interface Cell {
  readonly version: number
}
interface Cells {
  readonly name: string
  readonly version: number
}

const cells = defineSurface<Cells, Cell>({ id: 'cells', keyOf: ({ name }) => name })

/** Hands over at once, whatever the event loop does. */
const quick: HandoffStrategy<Cells, Cell> = {
  surface: cells,
  discipline: 'clean',
  handoff: ({ next }, ctx) => ({
    converge: async () => ({ version: await ctx.call('open', () => next.version) }),
    rollback: async () => {},
    finalize: async () => {},
  }),
}

it('I8: a reload of thousands of resources lets the event loop turn, and leaves no listener on the signal of its caller', async () => {
  const warnings: Error[] = []
  const warn = (warning: Error): void => {
    warnings.push(warning)
  }
  process.on('warning', warn)
  const old = { name: 'cell', version: 1 }
  const next = { name: 'cell', version: 2 }
  const handlers = new ReloadKindHandlers()
  for (let nth = 0; nth < 5_000; nth += 1)
    handlers.add(cells, { name: `cell ${nth}`, key: 'cell', resource: { version: 1 } })
  let turns = 0
  let going = true
  const turn = (): void => {
    turns += 1
    if (going) setImmediate(turn)
  }
  setImmediate(turn)
  const { signal } = new AbortController()

  const outcome = await new ReloadDispatcher([quick]).dispatch({
    old: new OldProviders().add(cells, old),
    next: new OldProviders().add(cells, next),
    handlers,
    signal,
  })
  outcome.commit()
  await outcome.finalize()
  going = false
  process.off('warning', warn)

  expect([...outcome.resources(cells).values()].every(({ version }) => version === 2)).toBe(true)
  expect(turns).toBeGreaterThan(1)
  expect(warnings).toEqual([])
})

it('I12: the listeners of one signal share one of the runtime, which leaves with the last', () => {
  const controller = new AbortController()
  const { signal } = controller
  const added: string[] = []
  const heard: number[] = []
  signal.addEventListener = (type: string) => {
    added.push(`+${type}`)
  }
  signal.removeEventListener = (type: string) => {
    added.push(`-${type}`)
  }

  const offs = [1, 2, 3].map((nth) => onAbort(signal, () => heard.push(nth)))
  for (const off of offs) off()

  expect(added).toEqual(['+abort', '-abort'])
})

it('a signal that fires tells each listener that is still there', () => {
  const controller = new AbortController()
  const heard: number[] = []
  const [, second] = [1, 2, 3].map((nth) => onAbort(controller.signal, () => heard.push(nth)))
  second?.()

  controller.abort()

  expect(heard).toEqual([1, 3])
})
