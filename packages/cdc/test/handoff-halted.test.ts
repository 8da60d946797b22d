import type { ReloadError } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import type { CdcStartContext } from '../src/index.js'
import { failure, Served } from './support/dispatch.js'
import { batch } from './support/mutations.js'
import { Hang, provider, Sink } from './support/sink.js'

async function halted(sink: Sink): Promise<{ served: Served; heal(): void }> {
  let broken = false
  const v1 = provider(sink, {
    faults: {
      start: () => {
        if (broken) throw new Error('v1 is down too')
      },
    },
  })
  const served = await Served.with(v1)
  broken = true
  const error = await failure(
    served.dispatch(
      provider(sink, {
        version: 'v2',
        faults: {
          start: () => {
            throw new Error('v2 is down')
          },
        },
      }),
    ),
  )
  expect((error as Error).message).toContain('v2 is down')
  expect(String((error as ReloadError).rollbackErrors)).toContain('v1 is down too')
  return {
    served,
    heal: () => {
      broken = false
    },
  }
}

describe('a stream that the old provider cannot start again', () => {
  it('C7 is halted with its checkpoint kept, and started there by a later write', async () => {
    const sink = new Sink()
    const { served, heal } = await halted(sink)
    expect(served.gate.halted?.checkpoint).toBe(3n)
    expect(await failure(served.gate.write(batch(3n, 4n)))).toMatchObject({ code: 'RESOURCE_HALTED', retryable: true })
    expect(sink.open).toEqual([])
    heal()
    await served.gate.write(batch(3n, 4n))
    expect(served.gate.halted).toBeUndefined()
    expect(sink.lsns).toEqual([0n, 1n, 2n, 3n])
    expect(sink.open).toHaveLength(1)
  })

  it('C7 is started at its checkpoint by a version that starts', async () => {
    const sink = new Sink()
    const { served } = await halted(sink)
    const outcome = await served.dispatch(provider(sink, { version: 'v3' }))
    outcome.commit()
    await served.gate.write(batch(3n, 4n))
    expect(sink.lsns).toEqual([0n, 1n, 2n, 3n])
    expect(sink.open.map(({ provider: version, fromLsn }) => [version, fromLsn])).toEqual([['v3', 3n]])
  })

  it('C7 stays halted at its checkpoint when the next version does not start either', async () => {
    const sink = new Sink()
    const { served, heal } = await halted(sink)
    await failure(
      served.dispatch(
        provider(sink, {
          version: 'v3',
          faults: {
            start: () => {
              throw new Error('no')
            },
          },
        }),
      ),
    )
    expect(served.gate.halted?.checkpoint).toBe(3n)
    heal()
    await served.gate.write(batch(3n, 4n))
    expect(sink.lsns).toEqual([0n, 1n, 2n, 3n])
  })

  it('C7 that a write has just started again is stopped by the reload that was waiting for that write', async () => {
    const sink = new Sink()
    let broken = false
    const restarting = new Hang()
    const start = ({ fromLsn }: CdcStartContext): unknown => {
      if (broken) throw new Error('down')
      return fromLsn === 0n ? undefined : restarting.call()
    }
    const v1 = provider(sink, { faults: { start } })
    const served = await Served.with(v1)
    broken = true
    await failure(
      served.dispatch(
        provider(sink, {
          version: 'v2',
          faults: {
            start: () => {
              throw new Error('no')
            },
          },
        }),
      ),
    )
    broken = false
    const write = served.gate.write(batch(3n, 4n))
    await restarting.reached
    const dispatched = served.dispatch(provider(sink, { version: 'v3' }))
    restarting.release()
    await write
    const outcome = await dispatched
    outcome.commit()
    await served.gate.write(batch(4n, 5n))
    expect(sink.open.map(({ provider: version, fromLsn }) => [version, fromLsn])).toEqual([['v3', 4n]])
    expect(sink.lsns).toEqual([0n, 1n, 2n, 3n, 4n])
  })
})
