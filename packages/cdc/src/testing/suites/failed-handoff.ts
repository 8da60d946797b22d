import { OldProviders, ReloadDispatcher, ReloadKindHandlers, WriteGate } from '@uni/reload-core'
import type { CdcBatch, CdcLsn, CdcStream } from '../../contract.js'
import { expectedLsn, takeCheckpoint } from '../../progress.js'
import { cdcOutput } from '../../surface.js'
import type { Bench } from '../bench.js'
import type { Suite } from '../case.js'
import { RELOADS, ROLLS_BACK } from '../needs.js'
import { Served } from '../served.js'
import { THROWN } from '../thrown.js'
import { Watched, type Interference } from '../watched.js'

/** Reloads with successors that fail to start, and fails unless the provider under test serves after each. */
async function turnsAway(bench: Bench, interferences: readonly Interference[]): Promise<void> {
  const { expect, fixture } = bench
  const old = new Watched(fixture.provider())
  await using served = await Served.start(bench, old)
  for (const interference of interferences) {
    await served.commit()
    const next = new Watched(fixture.provider(), interference)
    const { rollbackErrors } = await served.expectTurnedAway(next)
    if (rollbackErrors.length > 0) expect.fail('the old version is started again without an error', rollbackErrors[0])
    if (old.openStreams() !== 1 || next.openStreams() !== 0)
      expect.fail(
        `after a failed reload one stream of the old version is open; open are ${old.openStreams()} old and ` +
          `${next.openStreams()} new`,
      )
    await served.commit()
  }
  await served.expectAllStored()
  if (!old.isClosed()) expect.fail('each stream is shut down once')
}

export const failedHandoffSuite: Suite = () => [
  {
    key: 'failed-handoff/start-fails',
    rule: 'I3',
    title: 'is started again where it stood when its successor does not start, whatever that throws',
    needs: RELOADS,
    run: (bench) =>
      turnsAway(
        bench,
        THROWN.map((error) => ({
          start: () => {
            throw error
          },
        })),
      ),
  },
  {
    key: 'failed-handoff/no-stream',
    rule: 'C8',
    title: 'is started again when its successor starts what is no stream',
    needs: ROLLS_BACK,
    run: (bench) =>
      turnsAway(
        bench,
        [null, 'stream', 7, {}, { deliver() {}, shutdown() {} }].map((instead) => ({ start: () => instead })),
      ),
  },
  {
    key: 'failed-handoff/unfit-successor',
    rule: 'I5',
    title: 'is started again when the first checkpoint of its successor fails, or is not where that was started',
    needs: [...ROLLS_BACK, 'way-out/dishonest-checkpoint', 'handoff/out-of-order'],
    run: (bench) =>
      turnsAway(
        bench,
        [
          () => {
            throw new Error('no such table')
          },
          (own: CdcLsn) => own + 1n,
          (own: CdcLsn) => own - 1n,
          Number,
          () => undefined,
        ].map((checkpoint) => ({ checkpoint })),
      ),
  },
  {
    key: 'failed-handoff/aborted',
    rule: 'I3',
    title: 'is started again when the caller gives up while its successor starts',
    needs: ROLLS_BACK,
    async run(bench) {
      const { expect, fixture } = bench
      const old = new Watched(fixture.provider())
      await using served = await Served.start(bench, old)
      await served.commit()
      const caller = new AbortController()
      const next = new Watched(fixture.provider(), { start: () => caller.abort() })
      const { code } = await served.expectTurnedAway(next, { signal: caller.signal })
      if (code !== 'ABORTED') expect.fail(`an aborted reload says ABORTED, and said ${code}`)
      bench.history.commit()
      await served.expectAllStored()
      if (!old.isClosed() || !next.isClosed()) expect.fail('each stream is shut down once')
    },
  },
  {
    key: 'failed-handoff/rolled-back',
    rule: 'C6',
    title: 'is started again, and its successor shut down, when the reload fails elsewhere',
    needs: RELOADS,
    async run(bench) {
      const { expect, fixture, history } = bench
      const [old, next] = [new Watched(fixture.provider()), new Watched(fixture.provider())]
      const gate = new WriteGate<CdcStream, CdcBatch>(cdcOutput, bench.stream, await bench.open({ provider: old }))
      await expect.works('a delivery', () => gate.write(history.commit()))
      const outcome = await expect.works('a handoff', () =>
        new ReloadDispatcher([bench.strategy({})]).dispatch({
          old: new OldProviders().add(cdcOutput, old),
          next: new OldProviders().add(cdcOutput, next),
          handlers: new ReloadKindHandlers().add(cdcOutput, {
            name: bench.stream,
            key: old.name,
            resource: gate.resource,
            gate,
          }),
        }),
      )
      if (old.openStreams() !== 0 || next.openStreams() !== 1)
        expect.fail('once handed over, the new stream is open, and the old one is not')
      await expect.works('a rollback', () => outcome.rollback())
      if (old.openStreams() !== 1 || next.openStreams() !== 0)
        expect.fail(
          `after a rollback the old version has the stream; open are ${old.openStreams()} old and ` +
            `${next.openStreams()} new`,
        )
      history.commit()
      for (const batch of history.from(expectedLsn(gate.resource) ?? history.origin))
        await expect.works('a delivery', () => gate.write(batch))
      const checkpoint = await expect.works('checkpoint()', () => takeCheckpoint(gate.resource))
      await bench.shutdown(gate.resource)
      await bench.expectStored(checkpoint)
      if (!old.isClosed() || !next.isClosed()) expect.fail('each stream is shut down once')
    },
  },
]
