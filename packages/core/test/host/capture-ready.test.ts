import { PluginHost, type Lease } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { standing, turn } from '../fixtures/deferred.js'
import { lockedHost } from '../fixtures/locked-store.js'
import { refusalOf } from '../fixtures/refusal.js'
import { cleanStores } from '../fixtures/store-plugin.js'
import { STORES } from '../fixtures/store.js'
import { wordHandoff, wordKind, wordPlugin } from '../fixtures/word.js'

describe('captureReady', () => {
  it('waits the fence out, after success and after failure', async () => {
    const { host, plugin, handle, next } = await lockedHost()
    for (const fails of [true, false]) {
      const before = host.capture()
      const kind = next().provider
      if (fails)
        kind.open = () => {
          throw new Error('no disk')
        }
      const reloading = host.reload(handle, cleanStores('2.0.0', { provider: kind }), { cutover: 'exclusive' })
      await turn()
      const ready = host.captureReady({ uses: 'everything' })
      expect(await standing(ready)).toBe('pending')
      before[Symbol.dispose]()
      if (fails) expect((await refusalOf(reloading)).message).toContain('no disk')
      else await reloading
      using lease = await ready
      expect(lease.resource(STORES.clean, 'main').by).toBe(fails ? 'stores@1.0.0' : 'stores@2.0.0')
    }
    expect(plugin.made).toMatchObject([{ closed: 1 }, { closed: 1 }])
  })

  it('captures at once where nothing is fenced, and gives up with its signal: ABORTED', async () => {
    const { host, handle, next } = await lockedHost()
    const before = await host.captureReady({ label: 'before', uses: 'everything' })
    const reloading = host.reload(handle, next(), { cutover: 'exclusive' })
    await turn()
    const caller = new AbortController()
    const given = [refusalOf(host.captureReady({ signal: caller.signal, uses: 'everything' }))]
    caller.abort(new Error('the client went away'))
    given.push(refusalOf(host.captureReady({ signal: caller.signal, uses: 'everything' })))
    for (const refused of given)
      expect(await refused).toMatchObject({
        code: 'ABORTED',
        cause: { message: 'the client went away' },
        hint: expect.stringContaining('`uses` of captureReady') as string,
      })
    before[Symbol.dispose]()
    expect((await reloading).status).toBe('committed')
  })

  it('is not overtaken by the fence of another reload', async () => {
    const { host, handle, next } = await lockedHost()
    const words = host.plugin('words') as typeof handle
    const [one, two] = [host.acquire(STORES.clean, 'stores'), host.acquire(wordKind, 'words')]
    const first = host.reload(handle, next(), { cutover: 'exclusive' })
    const second = host.reload(words, wordPlugin('words', '2.0.0'), { cutover: 'exclusive' })
    await turn()
    const ready = host.captureReady({ uses: 'everything' })
    one[Symbol.dispose]()
    await first
    expect(await standing(ready)).toBe('pending')
    two[Symbol.dispose]()
    await second
    using lease = await ready
    expect({ store: lease.get(STORES.clean, 'stores').key, word: lease.get(wordKind, 'words').say() }).toEqual({
      store: 'stores',
      word: 'words@2.0.0',
    })
  })

  it('gives nobody a fenced epoch, in whichever turn the other fence goes up', async () => {
    for (let turns = 0; turns < 40; turns += 1) {
      const { host, handle, next } = await lockedHost()
      const words = host.plugin('words') as typeof handle
      const held = host.acquire(STORES.clean, 'stores')
      const first = host.reload(handle, next(), { cutover: 'exclusive' })
      await turn()
      const ready = host.captureReady({ uses: 'everything' }).then((lease) => {
        using held = lease
        return [held.get(STORES.clean, 'stores').key, held.all(wordKind).length]
      })
      held[Symbol.dispose]()
      for (let at = 0; at < turns; at += 1) await Promise.resolve()
      const second = host.reload(words, wordPlugin('words', '2.0.0'), { cutover: 'exclusive' })
      expect(await ready).toEqual(['stores', 1])
      await Promise.all([first, second])
    }
  })

  it('E8 I11 waits only for what it says that it will use', async () => {
    const { host, handle, next } = await lockedHost()
    const held = host.acquire(STORES.clean, 'stores')
    const reloading = host.reload(handle, next(), { cutover: 'exclusive' })
    await turn()
    const words = { surface: wordKind }
    for (const uses of [
      [words],
      [{ ...words, key: 'words' }],
      [{ surface: STORES.clean, key: 'absent', resource: 'absent' }],
      [],
    ]) {
      using lease = await host.captureReady({ label: 'words', uses })
      expect(lease.get(wordKind, 'words').say()).toBe('words@1.0.0')
    }
    const waiting = (
      [
        [{ surface: STORES.clean }],
        [{ surface: STORES.clean, key: 'stores' }],
        [{ surface: STORES.clean, resource: 'main' }],
        [{ surface: STORES.clean, key: 'absent', resource: 'main' }],
        [{ surface: STORES.clean, key: 'stores', resource: 'absent' }],
        [words, { surface: STORES.clean, key: 'stores' }],
        'everything',
      ] as const
    ).map((uses) => host.captureReady({ uses }))
    for (const ready of waiting) expect(await standing(ready)).toBe('pending')
    held[Symbol.dispose]()
    await reloading
    for (const ready of waiting) {
      using lease = await ready
      expect(lease.resource(STORES.clean, 'main').by).toBe('stores@2.0.0')
    }
    expect(await refusalOf(host.captureReady({ uses: [{ surface: { id: 'unknown' } }] }))).toMatchObject({
      code: 'NO_STRATEGY',
      surface: 'unknown',
    })
  })
})

describe('captureReady of a JavaScript caller that does not say what it uses', () => {
  it('I11 waits for nothing, and what is fenced says to name it', async () => {
    const { host, handle, next } = await lockedHost()
    const held = host.acquire(STORES.clean, 'stores')
    const reloading = host.reload(handle, next(), { cutover: 'exclusive' })
    await turn()
    const captureReady = host.captureReady.bind(host) as (options?: { label: string }) => Promise<Lease>
    for (const options of [undefined, { label: 'words' }]) {
      using lease = await captureReady(options)
      expect(lease.get(wordKind, 'words').say()).toBe('words@1.0.0')
      for (const look of [
        () => lease.get(STORES.clean, 'stores'),
        () => lease.resource(STORES.clean, 'main'),
        () => host.acquire(STORES.clean, 'stores'),
      ]) {
        expect(await refusalOf(look)).toMatchObject({
          code: 'SURFACE_FENCED',
          retryable: true,
          hint: expect.stringContaining('name what you use in the `uses` of captureReady') as string,
        })
      }
    }
    held[Symbol.dispose]()
    await reloading
  })
})

describe('a list of providers while one of them is fenced', () => {
  it('E8 I11 is refused as a whole, and says what is left out where that is asked for', async () => {
    await using host = new PluginHost({ strategies: [wordHandoff()] })
    const [a] = [await host.add(wordPlugin('a', '1.0.0', ['a', 'x'])), await host.add(wordPlugin('b', '1.0.0'))]
    const held = host.acquire(wordKind, 'a')
    const reloading = host.reload(a, wordPlugin('a', '2.0.0', ['a', 'x']), { cutover: 'exclusive' })
    await turn()
    for (const lease of [host.capture(), await host.captureReady({ uses: [{ surface: wordKind, key: 'b' }] })]) {
      expect(await refusalOf(() => lease.all(wordKind))).toMatchObject({ code: 'SURFACE_FENCED', plugin: 'a@1.0.0' })
      const { providers, fenced } = lease.serving(wordKind)
      expect(providers.map((it) => it.say())).toEqual(['b@1.0.0'])
      expect(fenced).toEqual([
        { key: 'a', plugin: 'a@1.0.0' },
        { key: 'x', plugin: 'a@1.0.0' },
      ])
      lease[Symbol.dispose]()
    }
    held[Symbol.dispose]()
    await reloading
    const after = host.capture()
    expect(after.serving(wordKind)).toEqual({ providers: after.all(wordKind), fenced: [] })
    after[Symbol.dispose]()
    expect(await refusalOf(() => after.serving(wordKind))).toMatchObject({ code: 'LEASE_RELEASED' })
  })
})
