import { describe, expect, it } from 'vitest'
import {
  cdcHandoff,
  expectedLsn,
  MemoryCommitLog,
  startStream,
  type CdcLsn,
  type CdcOutputProvider,
} from '../src/index.js'
import { takeCheckpoint } from '../src/progress.js'
import { failure, Served, TIMEOUT_MS } from './support/dispatch.js'
import { Application, plugin, whatIsDue } from './support/host.js'
import { batch, mutations } from './support/mutations.js'
import { Hang, provider, Sink } from './support/sink.js'

/** The new version serves, from the last checkpoint on, and nothing else is open. */
async function expectNewServes(served: Served, sink: Sink, from = 0n): Promise<void> {
  expect(sink.calls).toContain(`v2.start ${from}`)
  expect(expectedLsn(served.gate.resource)).toBe(from)
  if (from === 0n) await served.gate.write(batch(0n, 3n))
  await served.gate.write(batch(3n, 5n))
  expect(sink.lsns).toEqual([0n, 1n, 2n, 3n, 4n])
  expect(sink.open.map(({ provider: version }) => version)).toEqual(['v2'])
}

/**
 * Replaces the version that serves with `v2`, and answers with what it did without. A call that hangs passes its
 * deadline.
 */
async function outlive(served: Served, sink: Sink, hang?: Hang): Promise<unknown> {
  const dispatched = served.dispatch(provider(sink, { version: 'v2' }))
  if (hang !== undefined) {
    await hang.reached
    served.clock.advance(TIMEOUT_MS)
  }
  const outcome = await dispatched
  outcome.commit()
  if (hang === undefined) await outcome.finalize()
  return outcome.report[0]?.outlived
}

describe('a version that serves and is broken is replaced without being asked', () => {
  it.each<[string, (honest: CdcLsn) => unknown]>([
    ['runs ahead of what was delivered', (honest) => honest + 1n],
    ['is negative', () => -1n],
    ['is a number', () => 3],
    ['is missing', () => undefined],
    [
      'throws',
      () => {
        throw new Error('checkpoint table is gone')
      },
    ],
  ])('C22 I5 where its checkpoint %s', async (_, checkpoint) => {
    const sink = new Sink()
    const served = await Served.with(provider(sink, { faults: { checkpoint } }))
    expect(await outlive(served, sink)).toHaveLength(1)
    await expectNewServes(served, sink)
  })

  it('C22 I8 where its checkpoint hangs', async () => {
    const [sink, hang] = [new Sink(), new Hang()]
    const served = await Served.with(provider(sink, { faults: { checkpoint: hang.call } }))
    expect(await outlive(served, sink, hang)).toHaveLength(1)
    await expectNewServes(served, sink)
  })

  it('C22 I5 at the last checkpoint that held, where one after it falls behind', async () => {
    const answers = [3n, 2n]
    const sink = new Sink()
    const served = await Served.with(provider(sink, { faults: { checkpoint: () => answers.shift() } }))
    expect(await served.gate.use((stream) => takeCheckpoint(stream))).toBe(3n)
    expect(await outlive(served, sink)).toHaveLength(1)
    await expectNewServes(served, sink, 3n)
  })

  it('C4 C22 where its checkpoint lies inside a batch', async () => {
    const [sink, log] = [new Sink(), new MemoryCommitLog()]
    log.append(mutations(3))
    const served = await Served.with(provider(sink, { faults: { checkpoint: () => 2n } }), {
      canResume: (lsn) => log.canReadFrom(lsn),
    })
    expect(await outlive(served, sink)).toHaveLength(1)
    await expectNewServes(served, sink)
  })

  it('C4 C22 but not where the log no longer has what follows its last checkpoint: that would lose it', async () => {
    const [sink, log] = [new Sink(), new MemoryCommitLog()]
    log.append(mutations(3))
    log.release(3n)
    const served = await Served.with(
      provider(sink, {
        faults: {
          checkpoint: () => {
            throw new Error('no such table')
          },
        },
      }),
      { canResume: (lsn) => log.canReadFrom(lsn) },
    )
    const error = await failure(served.dispatch(provider(sink, { version: 'v2' })))
    expect(error).toMatchObject({ code: 'HANDOFF', cause: { code: 'CHECKPOINT', found: 0n } })
    expect((error as Error).message).toContain('the last checkpoint of the stream is 0, where deliveries cannot go on')
    expect(sink.calls).not.toContain('v1.shutdown')
    await served.gate.write(batch(3n, 4n))
  })

  it('C22 but not where it was started nowhere in particular, and nobody knows where it stands', async () => {
    const sink = new Sink()
    const stream = await startStream(provider(sink, { faults: { checkpoint: () => undefined } }), {
      signal: new AbortController().signal,
    })
    const job = { name: 'orders', gate: { resource: stream, abandoned: false, halted: undefined } }
    const ctx = {
      dryRun: true,
      signal: new AbortController().signal,
      call: (_: string, run: () => unknown) => Promise.resolve().then(run),
      outlived() {},
    }
    const handoff = cdcHandoff().handoff?.(job as never, ctx as never)
    expect(await failure(Promise.resolve(handoff?.converge()))).toMatchObject({
      code: 'CHECKPOINT',
      message: expect.stringContaining('only the stream itself knows where it stands') as string,
    })
  })

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('flush failed')
      },
    ],
    ['rejects', () => Promise.reject(new Error('flush failed'))],
  ])('C22 where its shutdown %s', async (_, shutdown) => {
    const sink = new Sink()
    const served = await Served.with(provider(sink, { faults: { shutdown: shutdown as () => void } }))
    expect(await outlive(served, sink)).toHaveLength(1)
    await expectNewServes(served, sink, 3n)
  })

  it('C22 I8 where its shutdown hangs', async () => {
    const [sink, hang] = [new Sink(), new Hang()]
    const served = await Served.with(provider(sink, { faults: { shutdown: hang.call } }))
    expect(await outlive(served, sink, hang)).toHaveLength(1)
    await expectNewServes(served, sink, 3n)
  })
})

describe('a version whose delivery never settles', () => {
  const WRITE_MS = 30_000

  function hanging(sink: Sink, hang: Hang): CdcOutputProvider {
    return provider(sink, { faults: { deliver: ({ lsnStart }) => (lsnStart === 2n ? hang.call() : undefined) } })
  }

  it('C22 I4 I8 is replaced by a reload, and all is stored', async () => {
    const [app, sink, hang] = [
      new Application({ retry: { attempts: 1_000, initialMs: 1, maxMs: 1, random: () => 0 } }),
      new Sink(),
      new Hang(),
    ]
    await app.host.add(plugin('1.0.0', hanging(sink, hang)))
    for (let commit = 0; commit < 5; commit += 1) app.log.append(mutations(1))
    await app.pump.start('orders', 'warehouse')
    await hang.reached
    app.clock.advance(WRITE_MS)
    expect(await app.events.nth('retry')).toMatchObject({ step: 'deliver', error: { code: 'STEP_TIMEOUT' } })
    app.passTimeOnRetry()
    await app.reload(plugin('2.0.0', provider(sink, { version: 'v2' })))
    await app.events.idleAt(5n)
    expect({ lsns: sink.lsns, state: app.status().state }).toEqual({ lsns: [0n, 1n, 2n, 3n, 4n], state: 'running' })
    // What it does in the end reaches nobody.
    hang.release()
    await app.pump.stop()
    expect(app.status().position).toBe(5n)
  })
})

describe('a pump that has delivered everything', () => {
  it('C22 C13 I4 delivers again from the checkpoint it goes back to, though the old stream fails to stop', async () => {
    const [app, sink] = [new Application(), new Sink()]
    let broken = false
    const checkpoint = (): bigint => {
      if (broken) throw new Error('the disk is gone')
      return 1n
    }
    const shutdown = (): void => {
      if (broken) throw new Error('the disk is gone')
    }
    await app.host.add(plugin('1.0.0', provider(sink, { faults: { checkpoint, shutdown } })))
    for (let commit = 0; commit < 2; commit += 1) app.log.append(mutations(1))
    await app.pump.start('orders', 'warehouse')
    await app.events.idleAt(2n)
    broken = true
    await app.reload(plugin('2.0.0', provider(sink, { version: 'v2' })))
    await whatIsDue()
    expect(app.events.of('moved')).toMatchObject([{ from: 2n, to: 1n }])
    expect(app.status()).toMatchObject({ state: 'running', position: 2n, checkpoint: 2n })
  })
})
