import { PluginHost, stopAndCopy, type HandoffStrategy, type MaybePromise, type ReloadOptions } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { Deferred, turn } from '../fixtures/deferred.js'
import { pastDeadlines } from '../fixtures/past-deadlines.js'
import { StorePlugin } from '../fixtures/store-plugin.js'
import {
  Image,
  STORES,
  storeStrategy,
  type Fault,
  type Store,
  type StoreProvider,
  type StoreStep,
} from '../fixtures/store.js'

const FAULTS: readonly (readonly [string, Fault])[] = [
  [
    'throws',
    () => {
      throw new Error('it is broken')
    },
  ],
  ['hangs', () => new Promise(() => {})],
]

/** A store whose position is saved by its host at each write that was acknowledged, as that of a stream is. */
async function saving() {
  const clock = new ManualClock()
  const saved: number[] = []
  const recovered: Image[] = []
  let answered: Promise<void> | undefined
  let found = 0
  let lost = false
  const strategy: HandoffStrategy<StoreProvider, Store, number> = {
    ...storeStrategy('stop-and-copy'),
    handoff: (job, ctx) =>
      stopAndCopy(job, ctx, {
        checkpoint: (store): MaybePromise<Image> =>
          store.provider.step('persist', () => new Image(JSON.stringify(store.entries))),
        recover: () => {
          found += 1
          if (lost) throw new Error('the saved one is lost')
          const image = new Image(JSON.stringify(saved))
          recovered.push(image)
          return answered === undefined ? image : answered.then(() => image)
        },
        stop: (store) => store.close(),
        start: (provider, image) => provider.open(image),
        discard: (image) => {
          image.discarded += 1
        },
      }),
  }
  const all = 100
  const timeouts = {
    preflight: all,
    prepare: all,
    converge: all,
    rollback: all,
    finalize: all,
    open: all,
    write: all,
    bake: all,
  }
  const host = new PluginHost({ strategies: [strategy], clock, timeouts })
  const handle = await host.add(new StorePlugin('1.0.0', { discipline: 'stop-and-copy' }))
  const live = await host.attach(STORES['stop-and-copy'], {
    name: 'main',
    key: 'stores',
    open: (provider) => provider.make([]),
  })
  const write = async (entry: number): Promise<void> => {
    await live.write(entry)
    saved.push(entry)
  }
  const until = <T>(action: Promise<T>): Promise<T> => pastDeadlines(clock, all, action)
  await write(1)
  const reload = (version: string, options?: ReloadOptions) => {
    const next = new StorePlugin(version, { discipline: 'stop-and-copy' })
    return { next, result: until(host.reload(host.plugin('stores') ?? handle, next, options)) }
  }
  const serving = () => {
    using lease = host.capture()
    return lease.resource(STORES['stop-and-copy'], 'main')
  }
  return {
    host,
    write,
    until,
    reload,
    serving,
    saved,
    recovered,
    found: () => found,
    lose: () => {
      lost = true
    },
    answerAt: (time: Promise<void>) => {
      answered = time
    },
  }
}

const BROKEN = (['overlap', 'exclusive'] as const).flatMap((cutover) =>
  (['persist', 'apply', 'close'] as const satisfies StoreStep[]).flatMap((step) =>
    FAULTS.map(([fault, run]) => ({ cutover, step, fault, run })),
  ),
)

describe('I4 a kind that says how to recover', () => {
  it.each(BROKEN)(
    'W1 is handed over by a version that is broken: its $step $fault ($cutover)',
    async ({ cutover, step, fault, run }) => {
      const { host, reload, write, until, serving, saved, found } = await saving()
      const first = reload('2.0.0')
      await first.result
      first.next.provider.break(step, run)
      if (step === 'apply') await until(write(2).catch(() => {}))

      const { result, next } = reload('3.0.0', { cutover })
      const { report, finalized } = await result
      const [{ outlived }] = report.handoffs as [(typeof report.handoffs)[number]]
      // A write that throws was refused, and is no fault of the resource.
      const expected =
        step === 'apply' && fault === 'throws'
          ? []
          : [step === 'close' ? 'stop' : step === 'apply' ? 'never settled' : 'checkpoint']
      expect(outlived.map(String)).toEqual(expected.map((named) => expect.stringContaining(named) as string))
      expect(found()).toBe(step === 'persist' || (step === 'apply' && fault === 'hangs') ? 1 : 0)
      await write(3)
      expect(serving().provider).toBe(next.provider)
      expect({ entries: serving().entries, saved }).toEqual({ entries: [1, 3], saved: [1, 3] })
      await until(finalized)
      expect(first.next.provider.calls.filter((call) => call === 'close')).toHaveLength(1)
      expect(host.resources()).toMatchObject([{ state: 'serving' }])
    },
  )

  it.each(BROKEN.filter(({ cutover }) => cutover === 'overlap'))(
    'T2 is taken back from it: its $step $fault',
    async ({ step, run }) => {
      const { reload, write, until, serving } = await saving()
      const first = reload('2.0.0', { bake: { ms: 1000, healthy: () => false } })
      const { finalized } = await first.result
      first.next.provider.break(step, run)
      if (step === 'apply') await until(write(2).catch(() => {}))
      expect(await until(finalized)).toMatchObject({ status: 'taken-back' })
      await write(3)
      expect(serving().provider.version).toBe('1.0.0')
      expect(serving().entries).toEqual([1, 3])
    },
  )

  it.each(FAULTS)(
    'I3 where it cannot recover either, what serves goes on, and the error says so (its checkpoint %s)',
    async (_, run) => {
      const { reload, write, serving, lose, until } = await saving()
      const old = serving().provider
      old.breakNext('persist', run)
      lose()
      await expect(reload('2.0.0').result).rejects.toMatchObject({
        code: 'HANDOFF',
        step: 'recover',
        message: expect.stringContaining('the saved one is lost') as string,
      })
      await until(write(2))
      expect(serving().entries).toEqual([1, 2])
    },
  )

  it('I8 I12 where it recovers too late, what it found is discarded', async () => {
    const { reload, write, serving, recovered, answerAt } = await saving()
    serving().provider.breakNext('persist', () => {
      throw new Error('it is broken')
    })
    const late = new Deferred()
    answerAt(late.promise)
    await expect(reload('2.0.0').result).rejects.toMatchObject({
      code: 'STEP_TIMEOUT',
      step: 'recover',
      rollbackErrors: [],
    })
    late.resolve()
    await turn()
    expect(recovered.map(({ discarded }) => discarded)).toEqual([1])
    await write(2)
    expect(serving().entries).toEqual([1, 2])
  })

  it('I3 a successor that does not start gives the position back to the broken version', async () => {
    const { reload, write, serving, host } = await saving()
    const old = serving().provider
    old.breakNext('persist', () => {
      throw new Error('it is broken')
    })
    const { next, result } = reload('2.0.0')
    next.provider.break('open', () => {
      throw new Error('no port')
    })
    await expect(result).rejects.toMatchObject({ code: 'HANDOFF', step: 'start', rollbackErrors: [] })
    await write(2)
    expect({ provider: serving().provider, entries: serving().entries }).toEqual({ provider: old, entries: [1, 2] })
    expect(host.resources()).toMatchObject([{ state: 'serving' }])
  })
})
