import { attempt } from '@uni/reload-core/testing'
import type { Case, Suite } from '../case.js'
import { repeats, RESUMES, ROLLS_BACK, survives } from '../needs.js'
import { Pumped } from '../pumped.js'
import { Watched } from '../watched.js'

export const pumpSuite: Suite = (capabilities) => [
  {
    key: 'pump/reloads-under-load',
    rule: 'I4',
    title: 'gets every commit once and in order, through reloads that succeed and reloads that fail',
    needs: [...ROLLS_BACK, 'handoff/while-deliveries-wait'],
    async run(bench) {
      const { fixture } = bench
      const pumped = new Pumped(bench)
      await pumped.start(fixture.provider())
      for (let reload = 0; reload < 8; reload += 1) {
        for (let commit = 0; commit < 4; commit += 1) pumped.commit(1 + (commit % 3))
        const fails = reload % 3 === 2
        const reloading = attempt(() =>
          pumped.reload(
            new Watched(
              fixture.provider(),
              fails
                ? {
                    start: () => {
                      throw new Error('does not start')
                    },
                  }
                : {},
            ),
          ),
        )
        for (let commit = 0; commit < 4; commit += 1) pumped.commit()
        const outcome = await reloading
        if (!fails && 'error' in outcome)
          await bench.expect.works('a reload of the provider by itself', () => {
            throw outcome.error
          })
      }
      await pumped.expectAllStored()
    },
  },
  {
    key: 'pump/failures',
    rule: 'P7',
    title: 'gets every commit, when deliveries fail before and after they are stored',
    needs: [...repeats(capabilities), 'handoff/commits'],
    async run(bench) {
      const pumped = new Pumped(bench)
      let calls = 0
      const sometimes = (every: number) => (): void => {
        if ((calls += 1) % every === 0) throw new Error('busy')
      }
      await pumped.start(new Watched(bench.fixture.provider(), { deliver: sometimes(5), delivered: sometimes(7) }))
      for (let commit = 0; commit < 20; commit += 1) pumped.commit(1)
      await pumped.caughtUp()
      await bench.expect.works('a reload', () => pumped.reload(bench.fixture.provider()))
      pumped.commit()
      // After a failure the same stream gets a batch again, which an at-least-once sink stores again, in order.
      await pumped.expectAllStored()
    },
  },
  {
    key: 'pump/restarts',
    rule: 'P6',
    title: 'goes on at its checkpoint when the program is restarted in good order',
    needs: RESUMES,
    async run(bench) {
      const pumped = new Pumped(bench)
      for (let life = 0; life < 3; life += 1) {
        pumped.commit()
        await pumped.start(bench.fixture.provider())
        pumped.commit(3)
        await pumped.caughtUp()
        await pumped.stop()
      }
      await pumped.start(bench.fixture.provider())
      await pumped.expectAllStored()
    },
  },
  ...(capabilities.crash
    ? ([
        {
          key: 'pump/crashes',
          rule: 'P7',
          title: 'goes on at its checkpoint after a crash, whatever was stored beyond',
          needs: survives(capabilities),
          async run(bench) {
            const pumped = new Pumped(bench)
            for (let life = 0; life < 4; life += 1) {
              await pumped.start(bench.fixture.provider())
              for (let commit = 0; commit < 5; commit += 1) pumped.commit(1)
              if (life > 0) await pumped.caughtUp()
              // After the crash, the streams of this pump fail; it is stopped.
              await bench.hook('crash')()
              await attempt(() => pumped.stop())
            }
            await pumped.start(bench.fixture.provider())
            await pumped.expectAllStored()
          },
        },
      ] satisfies readonly Case[])
    : []),
]
