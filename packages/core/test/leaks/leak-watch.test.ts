import { setMaxListeners } from 'node:events'
import { ManualClock } from '@uni/reload-core/testing'
import { expect, it } from 'vitest'
import { leftBy, type Left, type Repeated } from './leak-watch.js'
import { expectNothingLeft } from './no-leaks.js'

const RELOADS = 200
/** What one of them leaves of a sort: by far more than what the test runner does beside it may hide. */
const LEFT = 100

/** What is left by reloads each of which leaves what `leak` does. */
async function leftWhere(
  leak: (context: { clock: ManualClock; signal: AbortSignal; nth: number; gone: (object: object) => void }) => unknown,
  more: Pick<Repeated, 'moreStretches'> = { moreStretches: 0 },
): Promise<Left> {
  const clock = new ManualClock()
  const { signal } = new AbortController()
  const kept: unknown[] = []
  const reload = async (nth: number, gone: (object: object) => void): Promise<void> => {
    kept.push(leak({ clock, signal, nth, gone }))
  }
  return await leftBy({ reloads: RELOADS, ...more, clock, signal, reload })
}

it('finds nothing where nothing is left', async () => {
  // What the test runner makes meanwhile is not in every stretch.
  const left = await leftWhere(({ nth, gone }) => {
    gone({ nth })
  }, {})
  expect(left).toMatchObject({ gone: RELOADS, reachable: 0 })
  expectNothingLeft(left, RELOADS)
})

it('finds what is held of that which was said to be gone', async () => {
  expect(
    await leftWhere(({ gone }) => {
      const object = {}
      gone(object)
      return object
    }),
  ).toMatchObject({ reachable: RELOADS })
})

it.each<[string, (nth: number) => unknown]>([
  ['an object', (nth) => ({ nth })],
  ['a function', (nth) => () => nth],
  ['a promise', (nth) => Promise.resolve(nth)],
])('finds %s that nobody watched', async (_, make) => {
  const left = await leftWhere(({ nth }) => Array.from({ length: LEFT }, () => make(nth)))
  expect(left.objectsPerReload).toBeGreaterThan(LEFT / 2)
  expect(() => expectNothingLeft(left, 0)).toThrow('to be less than 0.1')
})

it('finds text, which is no object', async () => {
  expect(
    (await leftWhere(({ nth }) => `${nth} ${'x'.repeat(100_000)}`.replaceAll(' ', '-'))).bytesPerReload,
  ).toBeGreaterThan(10_000)
})

it('finds timers and listeners', async () => {
  expect(
    await leftWhere(({ clock }) => {
      clock.after(1_000, () => {})
    }),
  ).toMatchObject({ timers: RELOADS })
  expect(
    await leftWhere(({ signal }) => {
      // Node would warn of the leak, which is what is to be found here.
      setMaxListeners(RELOADS, signal)
      signal.addEventListener('abort', () => {})
    }),
  ).toMatchObject({ listeners: RELOADS })
})

it('finds what keeps the process busy', async () => {
  const timers: NodeJS.Timeout[] = []
  expect(
    (
      await leftWhere(() => {
        timers.push(setTimeout(() => {}, 3_600_000))
      })
    ).resources,
  ).toContain('Timeout')
  for (const timer of timers) clearTimeout(timer)
})
