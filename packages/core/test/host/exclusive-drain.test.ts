import { describe, expect, it } from 'vitest'
import { standing, turn } from '../fixtures/deferred.js'
import { lockedHost } from '../fixtures/locked-store.js'
import { refusalOf } from '../fixtures/refusal.js'
import { STORES } from '../fixtures/store.js'
import { wordKind, wordPlugin } from '../fixtures/word.js'

describe('an exclusive reload that cannot go on', () => {
  it('I3 I9 a drain past its deadline rolls back, names what holds it, and takes the fence down: DRAIN_TIMEOUT', async () => {
    const { host, clock, plugin, handle, store, next } = await lockedHost({ deadlineMs: 100 })
    using lease = host.capture({ label: 'report for Q3' })
    const plugin2 = next()
    const failing = refusalOf(host.reload(handle, plugin2, { cutover: 'exclusive' }))
    await turn()
    await store.write(1)
    clock.advance(100)
    const error = await failing
    expect(error).toMatchObject({
      code: 'DRAIN_TIMEOUT',
      phase: 'fence',
      retryable: true,
      details: [{ label: 'report for Q3', ageMs: 100, holds: 'epoch' }],
    })
    expect(error.message).toContain('report for Q3 (100 ms)')
    expect(lease.signal.aborted).toBe(false)
    using after = host.capture()
    expect(after.resource(STORES.clean, 'main')).toMatchObject({ by: 'stores@1.0.0', entries: [1], closed: 0 })
    expect(plugin2.calls).toEqual({ register: 1, init: 1, shutdown: 1 })
    expect(plugin2.made).toEqual([])
    expect(plugin.calls.shutdown).toBe(0)
  })

  it('I9 goes on where the host asked for force: the leases are told first', async () => {
    const { host, clock, handle, plugin, next } = await lockedHost()
    const lease = host.capture()
    const reloading = host.reload(handle, next(), {
      cutover: 'exclusive',
      drain: { deadlineMs: 100, onDeadline: 'force', graceMs: 50 },
    })
    await turn()
    clock.advance(100)
    await turn()
    expect(lease.signal.aborted).toBe(true)
    expect(plugin.made[0]?.closed).toBe(0)
    clock.advance(50)
    expect((await reloading).status).toBe('committed')
    expect(plugin.made[0]?.closed).toBe(1)
  })

  it('I9 names each lease and each plugin that is waited for, and says what to do', async () => {
    const { host, clock, handle, next } = await lockedHost({ deadlineMs: 100 })
    const words = host.plugin('words') as typeof handle
    using _one = host.acquire(STORES.clean, 'stores', { label: 'report' })
    clock.advance(50)
    using _two = host.acquire(wordKind, 'words', { label: 'job' })
    const failing = refusalOf(
      host.reloadAll(
        [
          { handle, plugin: next() },
          { handle: words, plugin: wordPlugin('words', '2.0.0') },
        ],
        { cutover: 'exclusive' },
      ),
    )
    await turn()
    clock.advance(100)
    const error = await failing
    expect(error).toMatchObject({
      plugin: 'stores@1.0.0, words@1.0.0',
      hint: "Wait for them, raise drain.deadlineMs, or say drain.onDeadline: 'force'.",
    })
    expect(error.message).toContain('leases hold the plugin: report (150 ms), job (100 ms).')
  })

  it('I3 a failure reopens the old version, with the old provider, and a lease sees it', async () => {
    const { host, plugin, handle, store, next } = await lockedHost()
    const broken = next()
    broken.provider.open = () => {
      throw new Error('no disk')
    }
    const error = await refusalOf(host.reload(handle, broken, { cutover: 'exclusive' }))
    expect(error).toMatchObject({ code: 'HANDOFF', phase: 'converge', step: 'start', rollbackErrors: [] })
    expect(plugin.made).toMatchObject([{ closed: 1 }, { closed: 0 }])
    await store.write(2)
    using lease = host.capture()
    expect(lease.resource(STORES.clean, 'main')).toBe(plugin.made[1])
    expect(lease.resource(STORES.clean, 'main').entries).toEqual([2])
    expect(host.resources()).toMatchObject([{ name: 'main', plugin: 'stores@1.0.0', state: 'serving' }])
  })

  it.each(['keep', 'force'] as const)(
    'I3 I9 an abort while it drains takes the fence down, and tells no lease (%s): ABORTED',
    async (onDeadline) => {
      const { host, handle, next, plugin } = await lockedHost({ onDeadline })
      const lease = host.capture()
      const caller = new AbortController()
      const failing = refusalOf(host.reload(handle, next(), { cutover: 'exclusive', signal: caller.signal }))
      await turn()
      caller.abort()
      expect(await failing).toMatchObject({ code: 'ABORTED', phase: 'fence' })
      expect(lease.signal.aborted).toBe(false)
      lease[Symbol.dispose]()
      using after = host.capture()
      expect(after.resource(STORES.clean, 'main')).toMatchObject({ by: 'stores@1.0.0', closed: 0 })
      expect(plugin.made).toHaveLength(1)
    },
  )

  it('a plugin that has been drained once can be held and drained again', async () => {
    const { host, handle, next } = await lockedHost()
    const broken = next()
    broken.provider.open = () => {
      throw new Error('no disk')
    }
    for (const plugin of [broken, next()]) {
      const held = host.acquire(STORES.clean, 'stores')
      const reloading = host.reload(handle, plugin, { cutover: 'exclusive' })
      expect(await standing(reloading)).toBe('pending')
      held[Symbol.dispose]()
      if (plugin === broken) expect((await refusalOf(reloading)).message).toContain('no disk')
      else expect((await reloading).status).toBe('committed')
    }
  })
})
