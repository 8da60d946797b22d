import { Slices } from '@uni/reload-core'
import { expect, it, test } from 'vitest'

it.each([Number.NaN, -1, '4'])('slices of %s ms, which would never end, are refused', (budgetMs) => {
  expect(() => new Slices(budgetMs as number)).toThrow('Slices budgetMs: expected a number, 0 or more, and got')
})

/** The next turn of the event loop. */
const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve)
  })

test('work that yields is run to its end, and gives its value', async () => {
  function* work(): Generator<undefined, string> {
    for (let nth = 0; nth < 3; nth += 1) yield
    return 'done'
  }
  expect(await new Slices().run(work(), new AbortController().signal)).toBe('done')
})

test('I8: the event loop turns meanwhile, and work that nobody waits for any longer does not go on', async () => {
  const abort = new AbortController()
  let steps = 0
  function* endless(): Generator<undefined, never> {
    for (;;) {
      steps += 1
      yield
    }
  }
  setImmediate(() => {
    abort.abort(new Error('enough'))
  })
  await expect(new Slices(0).run(endless(), abort.signal)).rejects.toThrow('enough')
  const before = steps
  await turn()
  expect(steps).toBe(before)
})
