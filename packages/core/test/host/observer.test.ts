import { PluginHost, type PluginHandle, type ReloadErrorCode, type ReloadEvent } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { turn } from '../fixtures/deferred.js'
import { refusalOf } from '../fixtures/refusal.js'
import { cleanStores, openStore, StorePlugin } from '../fixtures/store-plugin.js'
import { STORES, storeStrategy } from '../fixtures/store.js'
import { wordHandoff, wordPlugin } from '../fixtures/word.js'

/** An event as one line. */
function line(event: ReloadEvent): string {
  const failed = 'error' in event && event.error !== undefined ? ' failed' : ''
  if (event.type === 'resource') return `${event.step} ${event.resource}${failed}`
  if ('phase' in event) return `${event.type.replace('phase-', '')} ${event.phase}`
  return event.type
}

async function observed(cutover: 'overlap' | 'exclusive', breaks = false) {
  const events: ReloadEvent[] = []
  const host = new PluginHost({
    strategies: [storeStrategy('clean')],
    observer: (event) => {
      events.push(event)
    },
    concurrency: 1,
  })
  const handle = await host.add(cleanStores('1.0.0'))
  await host.attach(STORES.clean, openStore('one'))
  await host.attach(STORES.clean, openStore('two'))
  events.length = 0
  const next = cleanStores('2.0.0')
  const open = next.provider.open.bind(next.provider)
  let opens = 0
  next.provider.open = () => {
    opens += 1
    if (breaks && opens === 2) throw new Error('no disk')
    return open()
  }
  const outcome = await host.reload(handle, next, { cutover }).then(
    ({ finalized }) => finalized,
    (error: unknown) => error,
  )
  return { events, outcome }
}

const phase = (name: string, ...within: string[]): string[] => [`started ${name}`, ...within, `ended ${name}`]

describe('the observer', () => {
  it('I10 is told of each phase and of each resource, once and in order', async () => {
    const { events } = await observed('overlap')
    // The caller is given the report while the old version is being closed.
    expect(events.filter(({ type }) => type !== 'reported').map(line)).toEqual([
      ...phase('validate'),
      ...phase('stage'),
      ...phase('preflight'),
      ...phase('prepare', 'prepare one', 'prepare two'),
      ...phase('converge', 'converge one', 'converge two'),
      ...phase('commit', 'committed'),
      ...phase('drain'),
      ...phase('finalize', 'finalize one', 'finalize two'),
      'finalized',
    ])
    for (const event of events) expect(event).toMatchObject({ operation: 2, kind: 'reload', plugins: ['stores@2.0.0'] })
  })

  it('I10 is given the reports of each operation that the caller is given', async () => {
    const reported: unknown[] = []
    const host = new PluginHost({
      strategies: [wordHandoff()],
      observer: (event) => {
        if (event.type === 'reported') reported.push([event.kind, event.outcome, event.reports])
      },
    })
    const v1 = await host.add(wordPlugin('a', '1.0.0'))
    const tried = await host.reload(v1, wordPlugin('a', '2.0.0'), { dryRun: true })
    const v2 = await host.reload(v1, wordPlugin('a', '2.0.0'), { bake: { ms: 60_000, healthy: () => true } })
    const bake = await host.takeBack(v2.handle)
    if (bake.outcome !== 'taken-back') throw new Error(bake.outcome)
    const removed = await host.remove(host.plugin('a') as PluginHandle)
    expect(reported).toEqual([
      ['install', 'committed', []],
      ['reload', 'dry-run', [tried.report]],
      ['reload', 'committed', [v2.report]],
      ['take-back', 'committed', bake.results.map(({ report }) => report)],
      ['remove', 'committed', [removed.report]],
    ])
  })

  it('I10 of the fence too, where there is one', async () => {
    const { events } = await observed('exclusive')
    expect(events.map(line).slice(6, 9)).toEqual([...phase('fence'), 'started prepare'])
  })

  it('I10 of what failed, and of the rollback, last begun first', async () => {
    const { events, outcome } = await observed('overlap', true)
    expect(events.map(line)).toEqual([
      ...phase('validate'),
      ...phase('stage'),
      ...phase('preflight'),
      'started prepare',
      'prepare one',
      'prepare two failed',
      'failed prepare',
      ...phase('rollback', 'rollback two', 'rollback one'),
      'failed',
    ])
    expect(events.find(({ type }) => type === 'phase-failed')).toMatchObject({ error: outcome })
    expect(events.at(-1)).toMatchObject({ type: 'failed', kind: 'reload', error: outcome })
  })

  it('I10 of no rollback where there is nothing to undo', async () => {
    const events: ReloadEvent[] = []
    const host = new PluginHost({
      strategies: [wordHandoff()],
      observer: (event) => {
        events.push(event)
      },
    })
    await refusalOf(host.add(wordPlugin('a', '1.0.0', ['a', 'a'])))
    expect(events.map(line)).toEqual([...phase('validate'), 'started stage', 'failed stage', 'failed'])
  })

  it.each<[ReloadErrorCode, (host: PluginHost, handle: PluginHandle) => Promise<unknown>]>([
    ['DUPLICATE', (host) => host.add(wordPlugin('a', '2.0.0'))],
    ['MANIFEST', (host, handle) => host.reload(handle, wordPlugin('b', '2.0.0'))],
    ['STALE_HANDLE', (host, handle) => host.reload({ ...handle, generation: 1 }, wordPlugin('a', '2.0.0'))],
    ['STALE_HANDLE', (host, handle) => host.remove({ ...handle, generation: 1 })],
    ['PLUGIN_NOT_FOUND', (host) => host.remove({ id: 'b', generation: 0 })],
  ])('I10 of the phase that refuses what was asked for: %s', async (code, ask) => {
    const events: ReloadEvent[] = []
    await using host = new PluginHost({ strategies: [wordHandoff()], observer: (event) => void events.push(event) })
    const handle = await host.add(wordPlugin('a', '1.0.0'))
    // The finalize of the install is told of, too.
    await turn()
    events.length = 0
    const error = await refusalOf(ask(host, handle))
    expect(error).toMatchObject({ code, phase: 'validate' })
    expect(events.map(line)).toEqual(['started validate', 'failed validate', 'failed'])
    expect(events.at(-1)).toMatchObject({ operation: 2, error })
  })

  it('may throw, and the reload goes on', async () => {
    const host = new PluginHost({
      strategies: [storeStrategy('clean')],
      observer: () => {
        throw new Error('no log')
      },
    })
    const handle = await host.add(cleanStores('1.0.0'))
    const store = await host.attach(STORES.clean, openStore('main'))
    const { finalized } = await host.reload(handle, cleanStores('2.0.0'), { cutover: 'exclusive' })
    expect(await finalized).toMatchObject({ status: 'finalized', errors: [] })
    await store.write(1)
    expect(await store.use(({ by, entries }) => [by, entries])).toEqual(['stores@2.0.0', [1]])
    await host[Symbol.asyncDispose]()
  })

  it('is told of progress, by the step that reports it', async () => {
    const events: ReloadEvent[] = []
    const strategy = wordHandoff({
      checkCompat: (_, ctx) => {
        ctx.progress(1, 3)
        return { level: 'compatible' }
      },
    })
    const host = new PluginHost({
      strategies: [strategy],
      observer: (event) => {
        events.push(event)
      },
    })
    const handle = await host.add(wordPlugin('a', '1.0.0'))
    await host.reload(handle, wordPlugin('a', '2.0.0'))
    expect(events.filter(({ type }) => type === 'progress')).toMatchObject([
      { surface: 'test-word', step: 'checkCompat', done: 1, total: 3 },
    ])
  })
})

describe('the report', () => {
  it('I10 says what happened: times, pause, blocked stretch, replayed writes', async () => {
    const clock = new ManualClock()
    const host = new PluginHost({ strategies: [storeStrategy('pre-copy')], clock })
    const handle = await host.add(new StorePlugin('1.0.0'))
    const store = await host.attach(STORES['pre-copy'], openStore('main'))
    await store.write(1)
    const writes: Promise<void>[] = []
    const next = new StorePlugin('2.0.0')
    // Opening takes 40 ms in one go; meanwhile two writes come in.
    next.provider.breakNext('open', (run) => {
      clock.advance(40)
      writes.push(store.write(2), store.write(3))
      return run()
    })
    const { report } = await host.reload(handle, next)
    await Promise.all(writes)
    expect(next.made[0]?.entries).toEqual([1, 2, 3])
    expect(report).toMatchObject({
      plugin: 'stores',
      from: '1.0.0',
      to: '2.0.0',
      totalMs: 40,
      phases: { prepare: 40, converge: 0, commit: 0 },
      blockedMs: 40,
      blockedBy: 'open',
      replayedWrites: 2,
      closedOrphans: [],
      forgotten: [],
    })
    expect(report.handoffs).toMatchObject([
      {
        surface: 'pre-copy-store',
        key: 'stores',
        resource: 'main',
        discipline: 'pre-copy',
        prepareMs: 40,
        convergeMs: 0,
        replayedWrites: 2,
        blockedBy: 'open',
      },
    ])
    expect(report.compat).toMatchObject([{ key: 'stores', verdict: { level: 'unjudged' } }])
  })

  it('I10 the pause is the longest that one write was held', async () => {
    const clock = new ManualClock()
    const host = new PluginHost({ strategies: [storeStrategy('clean')], clock })
    const handle = await host.add(cleanStores('1.0.0'))
    const store = await host.attach(STORES.clean, openStore('main'))
    const next = cleanStores('2.0.0')
    let write: Promise<void> | undefined
    const open = next.provider.open.bind(next.provider)
    next.provider.open = () => {
      write = store.write(1)
      clock.advance(25)
      return open()
    }
    const { report } = await host.reload(handle, next, { cutover: 'exclusive' })
    await write
    expect(report.pauseMs).toBe(25)
    expect(next.made[0]?.entries).toEqual([1])
  })

  it('a failure tells its place, and what failed while it was undone', async () => {
    const host = new PluginHost({
      strategies: [storeStrategy('clean', { checkCompat: () => ({ level: 'incompatible', reason: 'other stores' }) })],
    })
    const handle = await host.add(cleanStores('1.0.0'))
    const error = await refusalOf(
      host.reload(
        handle,
        cleanStores('2.0.0', {
          shutdown: () => {
            throw new Error('no goodbye')
          },
        }),
      ),
    )
    expect(error.message).toMatch(
      /^SCHEMA_INCOMPAT \(plugin "stores@2\.0\.0", clean-store "stores", preflight\/checkCompat\): clean-store "stores": other stores\. /,
    )
    expect(error.rollbackErrors).toMatchObject([{ code: 'PLUGIN', phase: 'rollback', step: 'shutdown' }])
    expect(error.report).toMatchObject({ handoffs: [], pauseMs: 0 })
  })
})
