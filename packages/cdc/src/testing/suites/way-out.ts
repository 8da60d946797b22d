import { takeCheckpoint } from '../../progress.js'
import type { Bench } from '../bench.js'
import type { Suite } from '../case.js'
import { RELOADS } from '../needs.js'
import { Served } from '../served.js'
import { THROWN } from '../thrown.js'
import { Watched } from '../watched.js'

/** Replaces versions whose checkpoints become invalid: each successor starts at the last valid one. */
async function outlivesCheckpoints(bench: Bench, answers: readonly (() => unknown)[]): Promise<void> {
  const { expect, fixture } = bench
  let misbehaving: { readonly version: Watched; readonly answer: () => unknown } | undefined
  const newVersion = (): Watched => {
    const version: Watched = new Watched(fixture.provider(), {
      checkpoint: (own) => (misbehaving?.version === version ? misbehaving.answer() : own),
    })
    return version
  }
  let old = newVersion()
  await using served = await Served.start(bench, old)
  for (const answer of answers) {
    await served.commit()
    const last = await expect.works('checkpoint()', () => served.live.use((stream) => takeCheckpoint(stream)))
    await served.commit()
    misbehaving = { version: old, answer }
    const next = newVersion()
    await expect.works('a reload', () => served.reload(next))
    if (next.streams[0]?.fromLsn !== last) {
      expect.fail(
        `one whose checkpoint is wrong is followed at its last good one, ${last}, and was at ` +
          `${next.streams[0]?.fromLsn}`,
      )
    }
    if (old.openStreams() !== 0 || next.openStreams() !== 1) {
      expect.fail(
        `after a reload one stream of the new version is open; open are ${old.openStreams()} old and ` +
          `${next.openStreams()} new`,
      )
    }
    old = next
  }
  await served.commit()
  await served.expectAllStored()
}

export const wayOutSuite: Suite = () => [
  {
    key: 'way-out/checkpoint-fails',
    rule: 'C22',
    title: 'is followed at its last checkpoint when it fails at another, whatever that throws',
    needs: [...RELOADS, 'handoff/while-deliveries-wait'],
    run: (bench) =>
      outlivesCheckpoints(
        bench,
        THROWN.map((error) => () => {
          throw error
        }),
      ),
  },
  {
    key: 'way-out/dishonest-checkpoint',
    rule: 'I5',
    title:
      'is followed at its last checkpoint when another is none: ahead, behind, negative, inside a batch, or no ' +
      'LSN',
    needs: [...RELOADS, 'way-out/checkpoint-fails'],
    run: (bench) =>
      outlivesCheckpoints(bench, [
        () => bench.history.head + 1n,
        () => bench.history.origin - 1n,
        () => -1n,
        () => bench.history.head - 1n,
        () => Number(bench.history.head),
        () => undefined,
      ]),
  },
  {
    key: 'way-out/shutdown-fails',
    rule: 'C22',
    title: 'is followed by its successor when its shutdown fails once it has let go, whatever that throws',
    needs: [...RELOADS, 'way-out/checkpoint-fails'],
    async run(bench) {
      const { expect, fixture } = bench
      await using served = await Served.start(
        bench,
        new Watched(fixture.provider(), {
          shutDown: () => {
            throw new Error('the connection was gone already')
          },
        }),
      )
      await served.commit()
      await expect.works('a reload', () => served.reload(fixture.provider()))
      await served.commit()
      await served.expectAllStored()
    },
  },
]
