import { ManualClock } from '@uni/reload-core/testing'
import { buildIndex, indexKind } from '@uni/reload-index'
import { it } from 'vitest'
import { toBatch } from '../../src/host/document.js'
import { fulltextEntry as entry } from '../../src/plugins/fulltext/entry.js'
import { hostWith } from './support/host.js'
import { lookingInto } from './support/providers.js'
it('x', async () => {
  const clock = new ManualClock()
  const after = clock.after.bind(clock)
  const live = new Map<number, string>(); let n = 0
  clock.after = (ms, cb) => { const id = n++; live.set(id, ms + ' ' + (new Error().stack ?? '').split('\n').slice(2, 8).join('\n')); const c = after(ms, cb); return () => { live.delete(id); c() } }
  const host = await hostWith(entry.v1(), { clock })
  const movies = await host.attach(indexKind, { name: 'movies', key: 'fulltext', open: (provider) => buildIndex(provider, toBatch([])) })
  console.log('A', clock.pending)
  let opening = () => {}
  const called = new Promise<void>((r) => { opening = r })
  const p = lookingInto(entry.bad()[2]!.plugin, indexKind, (provider) => { provider.open = () => { opening(); return new Promise(() => {}) } })
  const r = host.reload(host.plugin('fulltext')!, p).catch((e) => e.code)
  await called
  console.log('B', clock.pending)
  clock.advance(300_000)
  console.log(await r, clock.pending, [...live])
  await movies.use(() => {})
  console.log(clock.pending)
})
