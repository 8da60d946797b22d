import { PluginHost, type ReloadEvent } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { collectUntil } from '../fixtures/collect-garbage.js'
import { turn } from '../fixtures/deferred.js'
import { wordHandoff, wordKind, wordPlugin } from '../fixtures/word.js'

async function watchedHost() {
  const events: ReloadEvent[] = []
  const host = new PluginHost({
    strategies: [wordHandoff()],
    watchLeases: true,
    observer: (event) => {
      events.push(event)
    },
  })
  const handle = await host.add(wordPlugin('word', '1.0.0'))
  return { host, handle, dropped: () => events.filter(({ type }) => type === 'lease-dropped') }
}

describe('I9 a lease that is dropped without being released', () => {
  it('E7 is noticed in development, by its label and where it was captured', async () => {
    const { host, handle, dropped } = await watchedHost()
    host.capture({ label: 'forgotten query' })
    host.acquire(wordKind, 'word', { label: 'forgotten call' })
    await collectUntil(() => dropped().length === 2)
    const seen = dropped().toSorted((a, b) => ('holds' in a && 'holds' in b ? a.holds.localeCompare(b.holds) : 0))
    expect(seen).toMatchObject([
      {
        label: 'forgotten query',
        holds: 'epoch',
        stack: expect.stringContaining('lease-dropped.test') as string,
        ageMs: expect.any(Number) as number,
      },
      { label: 'forgotten call', holds: 'provider', stack: expect.stringContaining('lease-dropped.test') as string },
    ])
    // What it lent may be in use: nothing is closed under it.
    const { finalized } = await host.reload(handle, wordPlugin('word', '2.0.0'), { drain: { deadlineMs: 1 } })
    expect(await finalized).toMatchObject({
      status: 'kept',
      blockers: [{ label: 'forgotten query' }, { label: 'forgotten call' }],
    })
  })

  it('is not confused with one that was released, or that is still held', async () => {
    const { host, dropped } = await watchedHost()
    const released = (): void => {
      using lease = host.capture()
      using provider = host.acquire(wordKind, 'word')
      expect(lease.get(wordKind, 'word')).toBe(provider.provider)
    }
    released()
    const held = host.capture({ label: 'held' })
    host.capture({ label: 'dropped' })
    await collectUntil(() => dropped().length > 0)
    await turn()
    expect(dropped()).toMatchObject([{ label: 'dropped' }])
    expect(held.all(wordKind)).toHaveLength(1)
    held[Symbol.dispose]()
    expect(() => held.get(wordKind, 'word')).toThrow('LEASE_RELEASED')
  })

  it('a watched lease answers as any other', async () => {
    const { host } = await watchedHost()
    const { signal } = new AbortController()
    using lease = host.capture({ signal })
    using provider = host.acquire(wordKind, 'word')
    expect({
      epoch: lease.epoch,
      leaseAborted: lease.signal.aborted,
      none: lease.find(wordKind, 'none'),
      plugin: provider.plugin,
      seen: lease.plugin(wordKind, 'word'),
      providerAborted: provider.signal.aborted,
    }).toEqual({
      epoch: 1,
      leaseAborted: false,
      none: undefined,
      plugin: { ...host.plugin('word'), version: '1.0.0' },
      seen: provider.plugin,
      providerAborted: false,
    })
    expect(() => lease.resource(wordKind as never, 'none')).toThrow('RESOURCE_NOT_FOUND')
  })
})
