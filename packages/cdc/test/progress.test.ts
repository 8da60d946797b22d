import { describe, expect, it } from 'vitest'
import { cdcOutput, expectedLsn, startStream, type CdcBatch, type CdcStream } from '../src/index.js'
import { endOf, stopStream, takeCheckpoint } from '../src/progress.js'
import { failure } from './support/dispatch.js'
import { batch } from './support/mutations.js'
import { provider, Sink } from './support/sink.js'

const { signal } = new AbortController()

async function deliver(stream: CdcStream, given: CdcBatch): Promise<void> {
  await cdcOutput.apply?.(stream, given)
}

describe('deliveries to one stream', () => {
  it.each<[string, CdcBatch, string]>([
    ['a gap', batch(7n, 8n), 'continues at LSN 6, but the batch covers 7 to 8: a gap'],
    ['a repetition', batch(4n, 6n), 'continues at LSN 6, but the batch covers 4 to 6: a repetition'],
  ])('C1 I4 are refused with %s', async (_, given, message) => {
    const sink = new Sink()
    const stream = await startStream(provider(sink), { fromLsn: 4n, signal })
    await deliver(stream, batch(4n, 6n))
    const error = await failure(deliver(stream, given))
    expect(error).toMatchObject({ code: 'OUT_OF_ORDER', expected: 6n, found: given.lsnStart })
    expect((error as Error).message).toContain(message)
    await deliver(stream, batch(6n, 7n))
    expect(sink.lsns).toEqual([4n, 5n, 6n])
  })

  it('C2 begin where the stream was started', async () => {
    const sink = new Sink()
    const stream = await startStream(provider(sink), { fromLsn: 4n, signal })
    expect(await failure(deliver(stream, batch(0n, 4n)))).toMatchObject({ code: 'OUT_OF_ORDER', expected: 4n })
    expect(sink.stored).toEqual([])
  })

  it('C2 begin anywhere in a stream that was started nowhere in particular', async () => {
    const sink = new Sink()
    const stream = await startStream(provider(sink), { signal })
    expect(expectedLsn(stream)).toBeUndefined()
    await deliver(stream, batch(9n, 11n))
    expect(await failure(deliver(stream, batch(12n, 13n)))).toMatchObject({ code: 'OUT_OF_ORDER', expected: 11n })
  })

  it('C1 come again after a failure, the first one too', async () => {
    const sink = new Sink()
    let failing = true
    const stream = await startStream(
      provider(sink, {
        faults: {
          deliver: () => {
            if (failing) throw new Error('busy')
          },
        },
      }),
      { signal },
    )
    await failure(deliver(stream, batch(9n, 11n)))
    expect(await failure(deliver(stream, batch(11n, 12n)))).toMatchObject({ code: 'OUT_OF_ORDER', expected: 9n })
    failing = false
    await deliver(stream, batch(9n, 11n))
    expect(sink.lsns).toEqual([9n, 10n])
  })

  it.each<[string, unknown, unknown]>([
    ['empty', 3n, 3n],
    ['backwards', 3n, 2n],
    ['negative', -1n, 2n],
    ['counted in numbers', 3, 4],
    ['without an end', 3n, undefined],
  ])('C1 are refused when the batch is %s', async (_, lsnStart, lsnEnd) => {
    const sink = new Sink()
    const stream = await startStream(provider(sink), { signal })
    const malformed = { ...batch(0n, 1n), lsnStart, lsnEnd } as CdcBatch
    expect(await failure(deliver(stream, malformed))).toMatchObject({ code: 'BATCH' })
    expect(sink.calls).toEqual(['v1.start undefined'])
  })

  it('C2 begin anew where a provider hands out the same stream object again', async () => {
    const only: CdcStream = { deliver: () => {}, checkpoint: () => 5n, shutdown: () => {} }
    const singleton = { name: 'one', start: () => only }
    await deliver(await startStream(singleton, { fromLsn: 0n, signal }), batch(0n, 5n))
    const again = await startStream(singleton, { fromLsn: 2n, signal })
    expect(expectedLsn(again)).toBe(2n)
  })

  it('C3 C4 a checkpoint that was refused counts for nothing afterwards', async () => {
    const answers = [2n, 1n]
    const sink = new Sink()
    const stream = await startStream(provider(sink, { faults: { checkpoint: () => answers.shift() } }), {
      fromLsn: 0n,
      signal,
    })
    await deliver(stream, batch(0n, 1n))
    await deliver(stream, batch(1n, 4n))
    expect(await failure(takeCheckpoint(stream, (lsn) => lsn !== 2n))).toMatchObject({ code: 'CHECKPOINT', found: 2n })
    expect(await takeCheckpoint(stream, (lsn) => lsn !== 2n)).toBe(1n)
  })
})

describe('the end of a stream', () => {
  it('C13 is told before its shutdown, whatever becomes of that', async () => {
    const told: boolean[] = []
    const stream: CdcStream = {
      deliver() {},
      checkpoint: () => 0n,
      shutdown() {
        told.push(endOf(stream).aborted)
        throw new Error('the disk is gone')
      },
    }
    expect(endOf(stream).aborted).toBe(false)
    expect(await failure(stopStream(stream))).toEqual(new Error('the disk is gone'))
    expect(told).toEqual([true])
  })
})
