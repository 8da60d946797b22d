import type { Cutover, ReloadErrorCode } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { Deferred, failureOf, turn } from '../fixtures/deferred.js'
import type { StoreDiscipline, StoreStep } from '../fixtures/store.js'
import { StoreScene, type Part } from '../fixtures/store-scene.js'
import { turnUntil } from '../fixtures/turn-until.js'

/** Every plugin call that comes before the commit, by discipline and cutover. */
const STEPS: readonly {
  discipline: StoreDiscipline
  cutover: Cutover
  side: 'old' | 'new'
  step: StoreStep
  gives: boolean
}[] = [
  { discipline: 'clean', cutover: 'overlap', side: 'new', step: 'open', gives: true },
  { discipline: 'clean', cutover: 'exclusive', side: 'old', step: 'close', gives: false },
  { discipline: 'clean', cutover: 'exclusive', side: 'new', step: 'open', gives: true },
  { discipline: 'pre-copy', cutover: 'overlap', side: 'old', step: 'observe', gives: false },
  { discipline: 'pre-copy', cutover: 'overlap', side: 'old', step: 'persist', gives: true },
  { discipline: 'pre-copy', cutover: 'overlap', side: 'new', step: 'open', gives: true },
  { discipline: 'pre-copy', cutover: 'overlap', side: 'new', step: 'verify', gives: false },
  { discipline: 'pre-copy', cutover: 'overlap', side: 'new', step: 'apply', gives: false },
  { discipline: 'pre-copy', cutover: 'exclusive', side: 'old', step: 'observe', gives: false },
  { discipline: 'pre-copy', cutover: 'exclusive', side: 'old', step: 'persist', gives: true },
  { discipline: 'pre-copy', cutover: 'exclusive', side: 'old', step: 'close', gives: false },
  { discipline: 'pre-copy', cutover: 'exclusive', side: 'new', step: 'open', gives: true },
  { discipline: 'pre-copy', cutover: 'exclusive', side: 'new', step: 'verify', gives: false },
  { discipline: 'stop-and-copy', cutover: 'overlap', side: 'old', step: 'persist', gives: true },
  { discipline: 'stop-and-copy', cutover: 'overlap', side: 'old', step: 'close', gives: false },
  { discipline: 'stop-and-copy', cutover: 'overlap', side: 'new', step: 'open', gives: true },
]

/** What a broken call works with. */
interface Breakage {
  readonly reached: Deferred
  /** Resolves when an abandoned call is to settle after all. */
  readonly late: Deferred
  readonly controller: AbortController
}

const FAULTS = {
  throws: {
    code: 'HANDOFF',
    does: () => () => {
      throw new Error('broken')
    },
  },
  rejects: { code: 'HANDOFF', does: () => () => Promise.reject(new Error('broken')) },
  'throws undefined': {
    code: 'HANDOFF',
    does: () => () => {
      throw undefined
    },
  },
  'rejects with what has no text': {
    code: 'HANDOFF',
    does: () => () =>
      Promise.reject({
        toString() {
          throw new Error('no text')
        },
      }),
  },
  'never settles': { code: 'STEP_TIMEOUT', does: () => () => new Promise(() => {}) },
  'resolves late': {
    code: 'STEP_TIMEOUT',
    does:
      ({ late }) =>
      async (run) => {
        await late.promise
        return run()
      },
  },
  'rejects late': {
    code: 'STEP_TIMEOUT',
    does:
      ({ late }) =>
      async () => {
        await late.promise
        throw new Error('late')
      },
  },
  'gives nothing': { code: 'HANDOFF', does: () => () => undefined },
  'is aborted, and ends well': {
    code: 'ABORTED',
    does:
      ({ controller }) =>
      async (run) => {
        controller.abort()
        return run()
      },
  },
  'is aborted, and rejects': {
    code: 'ABORTED',
    does:
      ({ controller }) =>
      async () => {
        controller.abort()
        throw controller.signal.reason
      },
  },
} as const satisfies Record<
  string,
  { code: ReloadErrorCode; does(breakage: Breakage): (run: () => unknown) => unknown }
>

const POSITIONS = ['first', 'middle', 'last'] as const
const CONCURRENCY = [1, 32] as const
const DEADLINE_MS = 100

const CELLS = STEPS.flatMap((at) =>
  (Object.keys(FAULTS) as (keyof typeof FAULTS)[])
    // Only a call that gives something can give nothing.
    .filter((fault) => at.gives || fault !== 'gives nothing')
    .flatMap((fault) =>
      POSITIONS.flatMap((position) =>
        CONCURRENCY.map((concurrency) => Object.assign({ fault, position, concurrency }, at)),
      ),
    ),
)

/** Each new pre-copy resource is written to while it is opened, so that there is something to replay. */
function writeWhileOpening(part: Part, then: (run: () => unknown) => unknown = (run) => run()): void {
  part.next.breakNext('open', (run) => {
    void part.write(3)
    return then(run)
  })
}

async function failIn(cell: (typeof CELLS)[number]): Promise<{ scene: StoreScene; broken: Part; error: unknown }> {
  const { discipline, cutover, side, step, fault, position, concurrency } = cell
  const scene = new StoreScene({
    parts: { first: { discipline }, middle: { discipline }, last: { discipline } },
    cutover,
    concurrency,
    timeouts: { prepare: DEADLINE_MS, converge: DEADLINE_MS, rollback: DEADLINE_MS },
  })
  const breakage: Breakage = { reached: new Deferred(), late: new Deferred(), controller: new AbortController() }
  const does = FAULTS[fault].does(breakage) as (run: () => unknown) => unknown
  const breaks = (run: () => unknown): unknown => {
    breakage.reached.resolve()
    return does(run)
  }
  const broken = scene.part(position)
  for (const part of scene.parts.values())
    writeWhileOpening(part, part === broken && step === 'open' ? breaks : undefined)
  if (step !== 'open') (side === 'old' ? broken.old : broken.next).breakNext(step, breaks)

  const failure = failureOf(scene.dispatch({ signal: breakage.controller.signal }))
  await breakage.reached.promise
  if (FAULTS[fault].code === 'STEP_TIMEOUT') {
    await turn()
    scene.clock.advance(DEADLINE_MS)
  }
  const error = await failure
  breakage.late.resolve()
  await turn()
  return { scene, broken, error }
}

describe('I3 a failure anywhere before the commit', () => {
  it('is tried in every cell of the matrix', () => {
    // 16 calls, 9 faults each and one more for the 8 that give something, 3 positions, 2 degrees of concurrency.
    expect(CELLS).toHaveLength((16 * 9 + 8) * 3 * 2)
  })

  it.each(CELLS)(
    '$discipline, $cutover: the $position of three, $step of the $side one $fault ($concurrency at a time)',
    async (cell) => {
      const { scene, broken, error } = await failIn(cell)
      const { code } = FAULTS[cell.fault]
      // An abort ends every call under way, and names any of them.
      const place = code === 'ABORTED' ? {} : { key: broken.name, resource: broken.name }
      expect(error).toMatchObject({ code, surface: `${cell.discipline}-store`, rollbackErrors: [], ...place })
      expect(await scene.breaches('old')).toEqual([])
      // I7: of the old stores all but the one that serves were closed once, save one whose own stop never took place.
      for (const part of scene.parts.values()) {
        const retired = part.old.made.filter((store) => store !== part.gate.resource)
        const stopped =
          part !== broken ||
          cell.step !== 'close' ||
          cell.fault === 'resolves late' ||
          cell.fault === 'is aborted, and ends well'
        expect(retired.map(({ closed }) => closed)).toEqual(retired.map(() => (stopped ? 1 : 0)))
      }
      expect(await scene.reload()).toEqual([])
      await turnUntil(() => scene.clock.pending === 0)
    },
  )
})
