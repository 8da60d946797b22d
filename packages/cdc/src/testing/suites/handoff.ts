import { CdcError } from '../../errors.js'
import type { CdcBatch } from '../../contract.js'
import type { Bench } from '../bench.js'
import type { Suite } from '../case.js'
import { RELOADS, repeats, RESUMES } from '../needs.js'
import { Served } from '../served.js'
import { Watched } from '../watched.js'

export const handoffSuite: Suite = (capabilities) => [
  {
    key: 'handoff/commits',
    rule: 'C5',
    title: 'is checkpointed, shut down once, and followed by its successor at that LSN',
    needs: RESUMES,
    async run(bench) {
      const { expect, fixture } = bench
      const versions = Array.from({ length: 4 }, () => new Watched(fixture.provider()))
      const [first, ...others] = versions as [Watched, ...Watched[]]
      await using served = await Served.start(bench, first)
      let before = first
      for (const next of others) {
        await served.commit()
        await expect.works('a reload', () => served.reload(next))
        const last = before.calls.slice(-2).join(', ')
        if (last !== 'checkpoint, shutdown')
          expect.fail(`the old stream ends with checkpoint, shutdown, and its last calls were ${last}`)
        if (before.openStreams() !== 0 || next.openStreams() !== 1)
          expect.fail(
            `the new stream is open after a reload; open are ${before.openStreams()} old and ${next.openStreams()} new`,
          )
        await served.commit()
        before = next
      }
      await served.expectAllStored()
      if (!versions.every(({ streams }) => streams.length === 1) || !versions.every((version) => version.isClosed()))
        expect.fail('each version has one stream, which is shut down once')
    },
  },
  {
    key: 'handoff/dry-run',
    rule: 'C10',
    title: 'is checkpointed, and not stopped, by a dry run',
    needs: RESUMES,
    async run(bench) {
      const { expect, fixture } = bench
      const [old, next] = [new Watched(fixture.provider()), new Watched(fixture.provider())]
      await using served = await Served.start(bench, old)
      await served.commit()
      await expect.works('a dry run', () => served.reload(next, { dryRun: true }))
      if (old.openStreams() !== 1 || old.streams.length !== 1 || next.streams.length > 0)
        expect.fail('a dry run neither stops the old stream nor starts a new one')
      await served.commit()
      await served.expectAllStored()
    },
  },
  {
    key: 'handoff/while-deliveries-wait',
    rule: 'I4',
    title: 'gets what is delivered during the reload from the new version, once and in order',
    needs: RELOADS,
    async run(bench) {
      const { expect, fixture, history } = bench
      const written: Promise<void>[] = []
      await using served = await Served.start(bench, fixture.provider())
      await served.commit()
      const start = (): void => {
        // These writes are held by the gate, and go to the stream that serves in the end.
        for (let at = 0; at < 3; at += 1) written.push(served.live.write(history.commit()))
      }
      await expect.works('a reload', () => served.reload(new Watched(fixture.provider(), { start })))
      for (const outcome of await Promise.allSettled(written)) {
        // A stream whose checkpoint is behind refuses them with `OUT_OF_ORDER`.
        const lagged =
          outcome.status === 'rejected' && CdcError.is(outcome.reason) && outcome.reason.code === 'OUT_OF_ORDER'
        if (outcome.status === 'rejected' && !lagged)
          expect.fail('a held delivery goes through or is out of order', outcome.reason)
      }
      await served.expectAllStored()
    },
  },
  {
    key: 'handoff/lost-acknowledgement',
    rule: 'P7',
    title: 'hands over a delivery whose acknowledgement was lost, neither losing nor repeating it',
    needs: [...repeats(capabilities), 'handoff/while-deliveries-wait', 'way-out/dishonest-checkpoint'],
    async run(bench) {
      const { expect, fixture } = bench
      let lose = false
      const delivered = (): void => {
        if (lose) throw new Error('connection reset')
      }
      await using served = await Served.start(bench, new Watched(fixture.provider(), { delivered }))
      await served.commit()
      lose = true
      const batch = bench.history.commit()
      await expect.refused('a delivery whose acknowledgement is lost', () => served.live.write(batch))
      lose = false
      const next = new Watched(fixture.provider())
      await expect.works('a reload', () => served.reload(next))
      await served.commit()
      // The old stream may count the batch in; only the next one can tell how much of it is stored.
      if (!next.calls.includes(`deliver ${batch.lsnStart}`)) {
        expect.fail('a batch that the old version did not acknowledge is handed to the new one')
      }
      await served.expectAllStored()
    },
  },
  {
    key: 'handoff/out-of-order',
    rule: 'C1',
    title: 'is never handed a gap, a repetition, or what is no range, before a reload or after; and goes on',
    needs: RELOADS,
    async run(bench) {
      const { fixture } = bench
      const versions = [new Watched(fixture.provider()), new Watched(fixture.provider())] as const
      await using served = await Served.start(bench, versions[0])
      await served.commit()
      await expectRefused(bench, served, versions[0])
      await served.deliverAll()
      await bench.expect.works('a reload', () => served.reload(versions[1]))
      await expectRefused(bench, served, versions[1])
      await served.expectAllStored()
    },
  },
]

/** Commits one batch, and delivers it with wrong LSNs of each sort, all of which have to be refused. */
async function expectRefused({ expect, history }: Bench, served: Served, watched: Watched): Promise<void> {
  const continues = await served.position()
  const next = history.commit()
  const deliveries = watched.calls.length
  const wrong: Readonly<Record<string, Partial<Record<'lsnStart' | 'lsnEnd', unknown>>>> = {
    'a gap': { lsnStart: next.lsnEnd, lsnEnd: next.lsnEnd + 1n },
    'a repetition': { lsnStart: continues - 1n, lsnEnd: continues },
    'an overlap': { lsnStart: continues - 1n },
    'an empty range': { lsnEnd: next.lsnStart },
    'a range backwards': { lsnEnd: continues - 1n },
    'a negative LSN': { lsnStart: -2n, lsnEnd: -1n },
    numbers: { lsnStart: Number(next.lsnStart), lsnEnd: Number(next.lsnEnd) },
    'no end': { lsnEnd: undefined },
  }
  for (const [what, lsns] of Object.entries(wrong)) {
    const error = await expect.refused(`a delivery with ${what}`, () =>
      served.live.write({ ...next, ...lsns } as CdcBatch),
    )
    if (!CdcError.is(error)) expect.fail(`${what} is refused with a CdcError`, error)
    if (watched.calls.length !== deliveries) expect.fail(`${what} is refused before the provider sees it`)
  }
}
