import type { Expectation } from '@uni/reload-core/testing'
import type { Bench } from '../bench.js'
import type { Case } from '../case.js'
import { Live } from '../live.js'

/** The tests of the single steps, which have to pass before a test that hands an index over is run. */
export const STEPS_WORK: readonly string[] = [
  'form/gone',
  'independent/close',
  'independent/changes',
  'upgrade/reads',
  'upgrade/goes-on',
]

/** The discipline, driven by the core's own dispatcher and gate. */
export const handoffCases: readonly Case[] = [
  {
    key: 'handoff/commit',
    rule: 'I4',
    title: 'a reload hands the index over',
    needs: STEPS_WORK,
    async run(bench: Bench) {
      const live = await Live.start(bench)
      await live.reload()
      await live.expectServes('next')
    },
  },
  {
    key: 'handoff/empty',
    rule: 'I4',
    title: 'a reload hands an empty index over',
    needs: [...STEPS_WORK, 'image/empty'],
    async run(bench: Bench, expect: Expectation) {
      const live = await Live.start(bench, { source: bench.fixture.source.slice(0, 0) })
      await live.reload()
      const difference = await bench.difference(live.gate.resource, await bench.answers(await bench.builtEmpty()))
      expect.that(difference === undefined, `an empty index that was handed over answers otherwise: ${difference}`)
    },
  },
  {
    key: 'handoff/writes',
    rule: 'I4',
    title: 'each write made before, during and after a reload is there once, in order',
    claims: ['writes'],
    needs: STEPS_WORK,
    async run(bench: Bench) {
      const live: Live = await Live.start(bench, {
        next: {
          open: async (open) => {
            await live.writes(2, 3)
            const handle = await open()
            await live.writes(4, 5)
            return handle
          },
        },
      })
      await live.writes(0, 1)
      const outcome = await bench.expect.works('the reload', () => live.dispatch())
      const held = live.writes(6, 7)
      outcome.commit()
      await held
      await live.writes(8)
      await outcome.finalize()
      await live.writes(9)
      await live.expectServes('next')
    },
  },
  {
    key: 'handoff/rollback',
    rule: 'I3',
    title: 'a reload that is rolled back after it converged leaves the old index with every write',
    needs: STEPS_WORK,
    async run(bench: Bench) {
      const live = await Live.start(bench)
      await live.writes(0)
      const outcome = await bench.expect.works('the reload', () => live.dispatch())
      const held = live.writes(1, 2)
      await bench.expect.works('the rollback', () => outcome.rollback())
      await held
      await live.expectServes('old')
      await live.reload()
      await live.writes(3)
      await live.expectServes('next')
    },
  },
  {
    key: 'handoff/dry-run',
    rule: 'I3',
    title: 'a dry run leaves the old index as it was',
    needs: STEPS_WORK,
    async run(bench: Bench) {
      const live = await Live.start(bench)
      await live.writes(0)
      await bench.expect.works('the dry run', () => live.dispatch({ dryRun: true }))
      await live.writes(1)
      await live.expectServes('old')
    },
  },
  {
    key: 'handoff/exclusive',
    rule: 'X16',
    title: 'an exclusive reload opens the index when the old one is closed',
    needs: STEPS_WORK,
    async run(bench: Bench, expect: Expectation) {
      const live: Live = await Live.start(bench, {
        cutover: 'exclusive',
        next: {
          open(open) {
            expect.that(live.old.handles[0]?.closes === 1, 'the old handle has to be closed first')
            return open()
          },
        },
      })
      await live.writes(0, 1)
      await live.reload()
      await live.writes(2)
      await live.expectServes('next')
    },
  },
]
