import { PluginHost, type ReloadEvent } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { refusalOf } from '../fixtures/refusal.js'
import { cleanStores, openStore } from '../fixtures/store-plugin.js'
import { STORES, storeStrategy } from '../fixtures/store.js'
import { wordHandoff, wordKind, wordPlugin } from '../fixtures/word.js'

const key = (name: string) => ({ surface: 'test-word', key: name })
const queued = (reason: string) => () => ({ level: 'incompatible', reason }) as const

describe('keys that come and go', () => {
  it('O8 I10 are in the report and in the event of the commit, a renamed one in both lists', async () => {
    const events: ReloadEvent[] = []
    await using host = new PluginHost({
      strategies: [wordHandoff()],
      observer: (event) => {
        events.push(event)
      },
    })
    const first = await host.add(wordPlugin('a', '1.0.0', ['haversine', 'bearing']))
    const { handle, report } = await host.reload(first, wordPlugin('a', '2.0.0', ['haversine', 'azimuth']))
    expect(report).toMatchObject({ added: [key('azimuth')], removed: [key('bearing')] })
    expect((await host.remove(handle)).report).toMatchObject({ added: [], removed: [key('haversine'), key('azimuth')] })
    expect(events.filter(({ type }) => type === 'committed')).toMatchObject([
      { added: [key('haversine'), key('bearing')], removed: [] },
      { added: [key('azimuth')], removed: [key('bearing')] },
      { added: [], removed: [key('haversine'), key('azimuth')] },
    ])
  })

  it('I10 each plugin of a reloadAll has its own, and one that moves between two is neither added nor removed', async () => {
    await using host = new PluginHost({ strategies: [wordHandoff({ checkRemoval: queued('it is used') })] })
    const a = await host.add(wordPlugin('a', '1.0.0', ['x']))
    const b = await host.add(wordPlugin('b', '1.0.0', ['y']))
    const results = await host.reloadAll([
      { handle: a, plugin: wordPlugin('a', '2.0.0', []) },
      { handle: b, plugin: wordPlugin('b', '2.0.0', ['x', 'y', 'z']) },
    ])
    expect(results.map(({ report: { added, removed } }) => ({ added, removed }))).toEqual([
      { added: [], removed: [] },
      { added: [key('z')], removed: [] },
    ])
  })

  it('O8 I3 a strategy refuses that one goes, in a reload and with its plugin, and says why', async () => {
    await using host = new PluginHost({
      strategies: [
        wordHandoff({
          checkRemoval: ({ key: name, provider }) => queued(`12 runs of ${name} of ${provider.say()} are queued`)(),
        }),
      ],
    })
    const handle = await host.add(wordPlugin('a', '1.0.0', ['mail', 'fax']))
    const expected = {
      code: 'SCHEMA_INCOMPAT',
      phase: 'preflight',
      step: 'checkRemoval',
      surface: 'test-word',
      key: 'fax',
      rollbackErrors: [],
    }
    const reloading = await refusalOf(host.reload(handle, wordPlugin('a', '2.0.0', ['mail'])))
    expect(reloading).toMatchObject({ ...expected, plugin: 'a@1.0.0 → 2.0.0' })
    expect(reloading.message).toContain('12 runs of fax of a@1.0.0 are queued')
    expect(reloading.message).toContain('Go on providing the key, or remove what still names it.')
    expect(await refusalOf(host.remove(handle))).toMatchObject({
      ...expected,
      key: 'mail',
      plugin: 'a@1.0.0',
      details: [{ key: 'mail' }, { key: 'fax' }],
    })
    expect(host.plugin('a')).toEqual(handle)
    using lease = host.capture()
    expect(lease.get(wordKind, 'fax').say()).toBe('a@1.0.0')
  })

  it('O8 I3 a strategy refuses that one comes, in an install and in a reload, and says why', async () => {
    const asked: string[] = []
    await using host = new PluginHost({
      strategies: [
        wordHandoff({
          checkAddition({ key: name, provider }) {
            asked.push(provider.say())
            return name === 'mail' ? queued(`3 runs of mail do not fit ${provider.say()}`)() : { level: 'compatible' }
          },
        }),
      ],
    })
    const expected = { code: 'SCHEMA_INCOMPAT', phase: 'preflight', step: 'checkAddition', key: 'mail' }
    const refused = await refusalOf(host.add(wordPlugin('a', '1.0.0', ['mail'])))
    expect(refused).toMatchObject({ ...expected, plugin: 'a@1.0.0' })
    expect(refused.message).toContain('3 runs of mail do not fit a@1.0.0')
    expect(refused.message).toContain('Provide what takes what names the key already, or remove that.')
    const handle = await host.add(wordPlugin('a', '1.0.0', ['fax']))
    expect(await refusalOf(host.reload(handle, wordPlugin('a', '2.0.0', ['fax', 'mail'])))).toMatchObject(expected)
    const accept = [{ surface: 'test-word', key: 'mail', reason: 'these runs may fail' }]
    const { report } = await host.reload(handle, wordPlugin('a', '3.0.0', ['fax', 'mail']), { accept })
    expect(report.compat).toMatchObject([{ step: 'checkCompat' }, { verdict: { level: 'accepted' } }])
    // A key that goes on is no addition.
    expect(asked).toEqual(['a@1.0.0', 'a@1.0.0', 'a@2.0.0', 'a@3.0.0'])
  })

  it('O8 a take-back brings back a key that had gone without asking whether it may come', async () => {
    const asked: string[] = []
    const checkAddition = ({ key: name }: { readonly key: string }) => {
      asked.push(name)
      return { level: 'compatible' } as const
    }
    await using host = new PluginHost({ strategies: [wordHandoff({ checkAddition })] })
    const first = await host.add(wordPlugin('a', '1.0.0', ['mail']))
    const { handle } = await host.reload(first, wordPlugin('a', '2.0.0', []), {
      bake: { ms: 1000, healthy: () => true },
    })
    await host.takeBack(handle)
    expect(asked).toEqual(['mail'])
    using lease = host.capture()
    expect(lease.get(wordKind, 'mail').say()).toBe('a@1.0.0')
  })

  it('I6 a check that throws, and one that gives no verdict, has not shown that the key may go', async () => {
    for (const checkRemoval of [
      () => {
        throw new Error('the queue cannot be read')
      },
      () => undefined as never,
    ]) {
      await using host = new PluginHost({ strategies: [wordHandoff({ checkRemoval })] })
      const handle = await host.add(wordPlugin('a', '1.0.0'))
      expect(await refusalOf(host.remove(handle))).toMatchObject({
        code: 'SCHEMA_INCOMPAT',
        step: 'checkRemoval',
        key: 'a',
        plugin: 'a@1.0.0',
      })
    }
  })

  it('I10 what was found of one that may go is in the report', async () => {
    await using host = new PluginHost({
      strategies: [
        wordHandoff({ checkRemoval: () => ({ level: 'migrate', reason: 'three runs were moved to "mail"' }) }),
      ],
    })
    const handle = await host.add(wordPlugin('a', '1.0.0'))
    expect((await host.remove(handle)).report.compat).toEqual([
      {
        surface: 'test-word',
        key: 'a',
        step: 'checkRemoval',
        plugin: 'a@1.0.0',
        verdict: { level: 'migrate', reason: 'three runs were moved to "mail"' },
      },
    ])
  })

  it('I3 a strategy is not asked where the host closes', async () => {
    const host = new PluginHost({ strategies: [wordHandoff({ checkRemoval: queued('it is used') })] })
    const plugin = wordPlugin('a', '1.0.0')
    await host.add(plugin)
    await host[Symbol.asyncDispose]()
    expect(plugin.calls.shutdown).toBe(1)
  })

  it('T2 nor where a reload is taken back, which removes what the new version brought', async () => {
    const clock = new ManualClock()
    await using host = new PluginHost({
      clock,
      strategies: [storeStrategy('clean'), wordHandoff({ checkRemoval: queued('it is used') })],
    })
    const handle = await host.add(cleanStores('1.0.0'))
    await host.attach(STORES.clean, openStore('main'))
    const next = cleanStores('2.0.0')
    const register = next.register.bind(next)
    next.register = (registrar) => {
      registrar.provide(wordKind, { name: 'new', say: () => 'new' })
      return register(registrar)
    }
    const { finalized, report } = await host.reload(handle, next, { bake: { ms: 1, healthy: () => false } })
    expect(report.added).toEqual([key('new')])
    clock.advance(1)
    const { bake } = await finalized
    expect(bake).toMatchObject({ outcome: 'taken-back', results: [{ report: { added: [], removed: [key('new')] } }] })
  })
})
