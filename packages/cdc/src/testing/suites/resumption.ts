import type { Suite } from '../case.js'
import { STORES } from '../needs.js'

export const resumptionSuite: Suite = () => [
  {
    key: 'resumption/at-the-lsn',
    rule: 'P6',
    title: 'goes on exactly at the LSN it is started at',
    needs: STORES,
    async run(bench) {
      const { fixture, history } = bench
      const provider = fixture.provider()
      let at = history.origin
      for (let visit = 0; visit < 4; visit += 1) {
        history.commit(2)
        history.commit(3)
        // Alternates between the same provider and a new one.
        at = await bench.visit(history.from(at), at, visit % 2 === 0 ? provider : fixture.provider())
      }
      await bench.expectStored(at)
    },
  },
  {
    key: 'resumption/stores-nothing-by-itself',
    rule: 'P6',
    title: 'neither stores nor loses anything by being started and shut down',
    needs: [...STORES, 'resumption/at-the-lsn'],
    async run(bench) {
      const { expect, history } = bench
      history.commit()
      const at = await bench.visit(history.from(history.origin))
      const before = await bench.stored()
      for (let visit = 0; visit < 3; visit += 1) {
        const checkpoint = await bench.visit([], at)
        if (checkpoint !== at)
          expect.fail(
            `a stream that was started at ${at} and handed nothing has its checkpoint there, and said ${checkpoint}`,
          )
      }
      const after = await bench.stored()
      await bench.expectNoneMissing(at, 'after streams that were handed nothing')
      // A sink may have dropped what lies beyond the checkpoint, as that is delivered again.
      if (!after.every((id, place) => before[place] === id))
        expect.fail(
          `streams that are handed nothing leave the rows as they are: before [${before.join(', ')}], after ` +
            `[${after.join(', ')}]`,
        )
    },
  },
  {
    key: 'resumption/without-an-lsn',
    rule: 'P6',
    title: 'takes whatever comes first when it is started without an LSN',
    needs: STORES,
    async run(bench) {
      const { expect, fixture, history, stream: name } = bench
      const batches = [2, 2].map((rows) => history.commit(rows))
      const stream = await expect.works('start() without fromLsn', () =>
        fixture.provider().start({ stream: name, signal: new AbortController().signal }),
      )
      await bench.deliver(stream, ...batches)
      const checkpoint = await bench.checkpoint(stream)
      await bench.shutdown(stream)
      await bench.expectStored(checkpoint)
    },
  },
  {
    key: 'resumption/behind-a-gap',
    rule: 'P6',
    title: 'goes on behind a gap that the host has decided to leave',
    needs: [...STORES, 'resumption/at-the-lsn'],
    async run(bench) {
      const { expect, history } = bench
      history.commit()
      const from = await bench.visit(history.from(history.origin))
      // The ids go on without a gap, as nothing was delivered of the LSNs between.
      const beyond = bench.newHistory(history.head + 500n, history.idsBelow(history.head).length)
      const stream = await bench.open({ fromLsn: beyond.origin, gap: { from, to: beyond.origin } })
      const before = await bench.stored()
      const batch = beyond.commit(3)
      await bench.deliver(stream, batch)
      const checkpoint = await bench.checkpoint(stream)
      await bench.shutdown(stream)
      const stored = await bench.stored()
      if (checkpoint !== batch.lsnEnd && checkpoint !== beyond.origin)
        expect.fail(`after a gap the checkpoint is ${beyond.origin} or ${batch.lsnEnd}, and it is ${checkpoint}`)
      const expected = [...before, ...beyond.idsBelow(checkpoint)]
      if (!expected.every((id, place) => stored[place] === id))
        expect.fail(
          `behind a gap rows are stored as ever: expected [${expected.join(', ')}], found [${stored.join(', ')}]`,
        )
    },
  },
]
