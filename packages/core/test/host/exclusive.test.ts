import { PluginHost, type DrainPolicy } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { Cell, cellHandoff, cellKind, CellKind, CellPlugin, openCell } from '../fixtures/cell.js'
import { standing, turn } from '../fixtures/deferred.js'
import { refusalOf } from '../fixtures/refusal.js'
import { wordHandoff, wordKind, wordPlugin } from '../fixtures/word.js'

/** Opens only where nobody else is open, as a file lock would have it. */
class LockedKind extends CellKind {
  readonly #lock: { holder: Cell | undefined }

  constructor(by: string, lock: { holder: Cell | undefined }) {
    super(by)
    this.#lock = lock
  }

  override open(): Cell {
    if (this.#lock.holder !== undefined && this.#lock.holder.closed === 0) throw new Error('locked by another owner')
    const cell = super.open() as Cell
    this.#lock.holder = cell
    return cell
  }
}

async function lockedHost(drain: DrainPolicy = {}) {
  const clock = new ManualClock()
  const lock: { holder: Cell | undefined } = { holder: undefined }
  const host = new PluginHost({ strategies: [cellHandoff(), wordHandoff()], clock, drain })
  const plugin = new CellPlugin('cells', '1.0.0', { kind: new LockedKind('cells@1.0.0', lock) })
  const handle = await host.add(plugin)
  await host.add(wordPlugin('words', '1.0.0'))
  const cell = await host.attach(cellKind, openCell('main'))
  const next = (hooks = {}) => new CellPlugin('cells', '2.0.0', { kind: new LockedKind('cells@2.0.0', lock), ...hooks })
  return { host, clock, plugin, handle, cell, next, lock }
}

describe('an exclusive reload', () => {
  it('never has two owners, where an overlapping one would', async () => {
    const { host, plugin, handle, next, cell } = await lockedHost()
    expect((await refusalOf(host.reload(handle, next()))).message).toContain('locked by another owner')
    await cell.write(1)
    expect(plugin.opened[0]).toMatchObject({ values: [1], closed: 0 })
    const { status, finalized } = await host.reload(handle, next(), { cutover: 'exclusive' })
    expect(status).toBe('committed')
    await finalized
    using lease = host.capture()
    expect(lease.resource(cellKind, 'main').by).toBe('cells@2.0.0')
    expect(plugin.opened).toMatchObject([{ closed: 1 }])
    expect(plugin.calls.shutdown).toBe(1)
  })

  it('fences new captures of its surfaces: SURFACE_FENCED, retryable; other plugins are unaffected', async () => {
    const { host, handle, next } = await lockedHost()
    const before = host.capture({ label: 'before' })
    const reloading = host.reload(handle, next(), { cutover: 'exclusive' })
    await turn()
    const fenced = host.capture()
    const refused = [
      await refusalOf(() => fenced.get(cellKind, 'cell')), await refusalOf(() => fenced.find(cellKind, 'cell')), await refusalOf(() => fenced.all(cellKind)),
      await refusalOf(() => fenced.resource(cellKind, 'main')), await refusalOf(() => host.acquire(cellKind, 'cell')),
    ]
    expect(refused.map(({ code, retryable, plugin }) => [code, retryable, plugin])).toEqual(Array.from({ length: 5 }, () => ['SURFACE_FENCED', true, 'cells@1.0.0']))
    expect(fenced.find(cellKind, 'other')).toBeUndefined()
    expect(fenced.get(wordKind, 'words').say()).toBe('words@1.0.0')
    expect(host.acquire(wordKind, 'words')[Symbol.dispose]()).toBeUndefined()
    expect(before.resource(cellKind, 'main').closed).toBe(0)
    expect(await standing(reloading)).toBe('pending')
    before[Symbol.dispose]()
    await reloading
    // A lease sees the epoch it was captured in, its fence included (I1).
    expect((await refusalOf(() => fenced.get(cellKind, 'cell'))).code).toBe('SURFACE_FENCED')
    fenced[Symbol.dispose]()
    using after = host.capture()
    expect(after.resource(cellKind, 'main').by).toBe('cells@2.0.0')
  })

  it('a lease that was captured behind the fence holds the fenced plugin neither now nor at its next reload', async () => {
    const { host, clock, handle, next } = await lockedHost({ deadlineMs: 100 })
    const before = host.capture()
    const failing = refusalOf(host.reload(handle, next(), { cutover: 'exclusive' }))
    await turn()
    using _fenced = host.capture({ label: 'behind' })
    clock.advance(100)
    expect((await failing).code).toBe('DRAIN_TIMEOUT')
    before[Symbol.dispose]()
    const { finalized } = await host.reload(handle, next(), { cutover: 'exclusive' })
    expect((await finalized).status).toBe('finalized')
  })

  it('captureReady waits the fence out, after success and after failure', async () => {
    const { host, plugin, handle, next } = await lockedHost()
    for (const fails of [true, false]) {
      const before = host.capture()
      const kind = next().kind
      if (fails) kind.open = () => { throw new Error('no disk') }
      const reloading = host.reload(handle, new CellPlugin('cells', '2.0.0', { kind }), { cutover: 'exclusive' })
      await turn()
      const ready = host.captureReady()
      expect(await standing(ready)).toBe('pending')
      before[Symbol.dispose]()
      if (fails) expect((await refusalOf(reloading)).message).toContain('no disk')
      else await reloading
      using lease = await ready
      expect(lease.resource(cellKind, 'main').by).toBe(fails ? 'cells@1.0.0' : 'cells@2.0.0')
    }
    expect(plugin.opened).toMatchObject([{ closed: 1 }, { closed: 1 }])
  })

  it('captureReady captures at once where nothing is fenced, and gives up with its signal: ABORTED', async () => {
    const { host, handle, next } = await lockedHost()
    const before = await host.captureReady({ label: 'before' })
    const reloading = host.reload(handle, next(), { cutover: 'exclusive' })
    await turn()
    const caller = new AbortController()
    const given = [refusalOf(host.captureReady({ signal: caller.signal }))]
    caller.abort(new Error('the client went away'))
    given.push(refusalOf(host.captureReady({ signal: caller.signal })))
    expect((await Promise.all(given)).map(({ code, cause }) => [code, (cause as Error).message])).toEqual([
      ['ABORTED', 'the client went away'], ['ABORTED', 'the client went away'],
    ])
    before[Symbol.dispose]()
    expect((await reloading).status).toBe('committed')
  })

  it('captureReady is not overtaken by the fence of another reload', async () => {
    const { host, handle, next } = await lockedHost()
    const words = host.plugin('words') as typeof handle
    const [one, two] = [host.acquire(cellKind, 'cell'), host.acquire(wordKind, 'words')]
    const first = host.reload(handle, next(), { cutover: 'exclusive' })
    const second = host.reload(words, wordPlugin('words', '2.0.0'), { cutover: 'exclusive' })
    await turn()
    const ready = host.captureReady()
    one[Symbol.dispose]()
    await first
    expect(await standing(ready)).toBe('pending')
    two[Symbol.dispose]()
    await second
    using lease = await ready
    expect([lease.get(cellKind, 'cell').kind, lease.get(wordKind, 'words').say()]).toEqual(['cell', 'words@2.0.0'])
  })

  it('I3 I9 a drain past its deadline rolls back, names what holds it, and takes the fence down: DRAIN_TIMEOUT', async () => {
    const { host, clock, plugin, handle, cell, next } = await lockedHost({ deadlineMs: 100 })
    using lease = host.capture({ label: 'report for Q3' })
    const plugin2 = next()
    const failing = refusalOf(host.reload(handle, plugin2, { cutover: 'exclusive' }))
    await turn()
    await cell.write(1)
    clock.advance(100)
    const error = await failing
    expect(error).toMatchObject({ code: 'DRAIN_TIMEOUT', phase: 'fence', retryable: true, details: [{ label: 'report for Q3', ageMs: 100, holds: 'epoch' }] })
    expect(error.message).toContain('report for Q3 (100 ms)')
    expect(lease.signal.aborted).toBe(false)
    using after = host.capture()
    expect(after.resource(cellKind, 'main')).toMatchObject({ by: 'cells@1.0.0', values: [1], closed: 0 })
    expect(plugin2.calls).toEqual({ register: 1, init: 1, shutdown: 1 })
    expect(plugin2.opened).toEqual([])
    expect(plugin.calls.shutdown).toBe(0)
  })

  it('I9 goes on where the host asked for force: the leases are told first', async () => {
    const { host, clock, handle, plugin, next } = await lockedHost()
    const lease = host.capture()
    const reloading = host.reload(handle, next(), { cutover: 'exclusive', drain: { deadlineMs: 100, onDeadline: 'force', graceMs: 50 } })
    await turn()
    clock.advance(100)
    await turn()
    expect(lease.signal.aborted).toBe(true)
    expect(plugin.opened[0]?.closed).toBe(0)
    clock.advance(50)
    expect((await reloading).status).toBe('committed')
    expect(plugin.opened[0]?.closed).toBe(1)
  })

  it('I3 a failure reopens the old version, with the old provider, and a lease sees it', async () => {
    const { host, plugin, handle, cell, next } = await lockedHost()
    const broken = next()
    broken.kind.open = () => { throw new Error('no disk') }
    const error = await refusalOf(host.reload(handle, broken, { cutover: 'exclusive' }))
    expect(error).toMatchObject({ code: 'HANDOFF', phase: 'converge', step: 'start', rollbackErrors: [] })
    expect(plugin.opened).toMatchObject([{ closed: 1 }, { closed: 0 }])
    await cell.write(2)
    using lease = host.capture()
    expect(lease.resource(cellKind, 'main')).toBe(plugin.opened[1])
    expect(lease.resource(cellKind, 'main').values).toEqual([2])
    expect(host.resources()).toMatchObject([{ name: 'main', plugin: 'cells@1.0.0', state: 'serving' }])
  })

  it('I3 an abort while it drains takes the fence down: ABORTED', async () => {
    const { host, handle, next, plugin } = await lockedHost()
    const lease = host.capture()
    const caller = new AbortController()
    const failing = refusalOf(host.reload(handle, next(), { cutover: 'exclusive', signal: caller.signal }))
    await turn()
    caller.abort()
    expect(await failing).toMatchObject({ code: 'ABORTED', phase: 'fence' })
    lease[Symbol.dispose]()
    using after = host.capture()
    expect(after.resource(cellKind, 'main')).toMatchObject({ by: 'cells@1.0.0', closed: 0 })
    expect(plugin.opened).toHaveLength(1)
  })

  it('O6 a dry run fences nothing and stops nothing', async () => {
    const { host, handle, next, plugin } = await lockedHost()
    using _lease = host.capture()
    const plugin2 = next()
    expect((await host.reload(handle, plugin2, { cutover: 'exclusive', dryRun: true })).status).toBe('dry-run')
    expect(plugin.opened).toMatchObject([{ closed: 0 }])
    expect(plugin2.opened).toEqual([])
  })

  it('removes exclusively too: nothing of it is served while it drains', async () => {
    const { host, handle, plugin } = await lockedHost()
    const lease = host.capture()
    const removing = host.remove(handle, { cutover: 'exclusive', onOrphan: 'close' })
    await turn()
    expect((await refusalOf(() => host.acquire(cellKind, 'cell'))).code).toBe('SURFACE_FENCED')
    lease[Symbol.dispose]()
    await (await removing).finalized
    expect(plugin.opened).toMatchObject([{ closed: 1 }])
    expect((await refusalOf(() => host.acquire(cellKind, 'cell'))).code).toBe('PROVIDER_NOT_FOUND')
  })
})
