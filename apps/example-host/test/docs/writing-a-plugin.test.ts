import { PluginHost } from '@uni/reload-core'
import { npmRanges } from '@uni/reload-core/ranges'
import { backgroundJobHandoff, runJob, scalarFn, scalarFnHandoff } from '@uni/reload-core/surfaces'
import { indexHandoff, indexKind } from '@uni/reload-index'
import { expect, it, vi } from 'vitest'
import { articlesPlugin } from './articles-plugin.js'
import { distance } from './distance-plugin.js'
import { feed, heard, quotes } from './quotes-plugin.js'
import { fox } from './search-plugins.js'

it('the plugin of docs/writing-a-plugin.md is one', async () => {
  await using host = new PluginHost({ ranges: npmRanges, strategies: [scalarFnHandoff()] })
  await host.add({ manifest: { id: 'geo', version: '1.2.0' }, register() {} })
  await host.add(distance)
  using lease = host.capture()
  expect(lease.get(scalarFn, 'haversine').call(52.5, 13.4, 52.5, 13.4)).toBe(0)
})

it('the plugin that has its index opened finds it in service', async () => {
  await using host = new PluginHost({ strategies: [indexHandoff(), backgroundJobHandoff()] })
  const articles = host.resource(indexKind, 'articles')
  await host.add(articlesPlugin)
  await runJob(host, 'refresh', { input: undefined, id: '1', attempt: 1, signal: new AbortController().signal })
  expect((await articles.use((index) => index.probe(fox, 10))).numRows).toBe(2)
})

it('what the plugin that listens and refreshes has started ends with it', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  try {
    const host = new PluginHost({ strategies: [] })
    await host.add(quotes)
    const live = (): string[] => {
      feed.dispatchEvent(new Event('quote'))
      vi.advanceTimersByTime(60_000)
      return heard.splice(0)
    }
    expect(live()).toEqual(['quote', 'refreshed'])
    await host[Symbol.asyncDispose]()
    expect(live()).toEqual([])
  } finally {
    vi.useRealTimers()
  }
})
