import { describe, expect, it } from 'vitest'
import type { CdcLsn } from '../src/index.js'
import { Application, plugin, whatIsDue } from './support/host.js'
import { mutations } from './support/mutations.js'
import { Hang, provider, Sink, type Faults, type ProviderOptions } from './support/sink.js'

/** Above every deadline of the host, and above the period of the bake. */
const ENOUGH_MS = 60_000

type Guarantee = NonNullable<ProviderOptions['guarantee']>

/** Faults that begin once `turn` is called. */
function turnsBad({ deliver, delivered, checkpoint, shutdown }: Faults): { faults: Faults; turn(): void } {
  let bad = false
  return {
    turn() {
      bad = true
    },
    faults: {
      deliver: (batch) => (bad ? deliver?.(batch) : undefined),
      delivered: (batch) => (bad ? delivered?.(batch) : undefined),
      checkpoint: (honest) => (bad && checkpoint ? checkpoint(honest) : honest),
      shutdown: () => (bad ? shutdown?.() : undefined),
    },
  }
}

/**
 * Version 2 takes the LSN 2, is checkpointed behind it, and turns bad; 3 and 4 are committed, and its bake takes it
 * back.
 */
async function takenBack(faults: Faults, guarantee: Guarantee = 'exactly-once') {
  const [sink, bad] = [new Sink(), turnsBad(faults)]
  const app = new Application({ retry: { attempts: 3, initialMs: 1, maxMs: 1, random: () => 0 } })
  app.passTimeOnRetry()
  const commit = (): unknown => app.log.append(mutations(1))
  const handle = await app.host.add(plugin('1.0.0', provider(sink, { guarantee })))
  commit()
  commit()
  await app.pump.start('orders', 'warehouse')
  await app.events.idleAt(2n)
  const { finalized } = await app.host.reload(
    handle,
    plugin('2.0.0', provider(sink, { version: 'v2', faults: bad.faults, guarantee })),
    { bake: { ms: ENOUGH_MS, healthy: () => false } },
  )
  commit()
  await app.events.idleAt(3n)
  bad.turn()
  commit()
  commit()
  await whatIsDue()

  const ended = finalized.then(() => true)
  while (!(await Promise.race([ended, whatIsDue().then(() => false)]))) app.clock.advance(ENOUGH_MS)
  await app.events.idleAt(5n)
  return { sink, app, final: await finalized }
}

const upTo = (end: number): CdcLsn[] => Array.from({ length: end }, (_, lsn) => BigInt(lsn))
const fails = (): never => {
  throw new Error('it has turned bad')
}

describe('the way back of a bake from a stream that turned bad', () => {
  it.each<[string, Faults, CdcLsn]>([
    ['whose checkpoint throws', { checkpoint: fails }, 3n],
    ['whose checkpoint hangs', { checkpoint: () => new Hang().call() }, 3n],
    ['whose checkpoint runs ahead', { checkpoint: (honest) => honest + 1n }, 3n],
    ['whose checkpoint falls behind', { checkpoint: () => 1n }, 3n],
    ['whose checkpoint is none', { checkpoint: () => undefined }, 3n],
    ['whose deliveries never settle', { deliver: () => new Hang().call() }, 3n],
    ['whose deliveries throw', { deliver: fails }, 3n],
    ['whose acknowledgements never come', { delivered: () => new Hang().call() }, 3n],
    ['whose shutdown throws', { shutdown: fails }, 5n],
    ['whose shutdown hangs', { shutdown: () => new Hang().call() }, 5n],
    [
      'of which nothing works',
      { deliver: () => new Hang().call(), checkpoint: fails, shutdown: () => new Hang().call() },
      3n,
    ],
  ])(
    'T2 C22 I4 %s: version 1 serves from the last good checkpoint, with all that was acknowledged and nothing twice',
    async (_, faults, from) => {
      const { sink, app, final } = await takenBack(faults)
      expect(final).toMatchObject({ status: 'taken-back', bake: { outcome: 'taken-back' } })
      expect(sink.calls.filter((call) => call.startsWith('v1.start'))).toEqual(['v1.start 0', `v1.start ${from}`])
      expect(sink.lsns).toEqual(upTo(5))
      expect(app.status()).toMatchObject({ state: 'running', position: 5n, checkpoint: 5n, failures: 0 })
      expect(app.host.resources()).toMatchObject([{ state: 'serving', plugin: 'sinks@1.0.0' }])
      expect(sink.opened.map(({ provider: version, shutdowns }) => [version, shutdowns])).toEqual([
        ['v1', 1],
        ['v2', 1],
        ['v1', 0],
      ])
      expect(sink.calls.slice(sink.calls.indexOf('v2.shutdown') + 1).filter((call) => call.startsWith('v2'))).toEqual(
        [],
      )
      await app.pump.stop()
    },
  )

  it('T2 C22 I4 delivers again to a sink without LSNs all that lies behind the last good checkpoint, in order', async () => {
    const { sink, app } = await takenBack({ checkpoint: fails }, 'at-least-once')
    expect(sink.lsns).toEqual([...upTo(5), 3n, 4n])
    await app.pump.stop()
  })
})
