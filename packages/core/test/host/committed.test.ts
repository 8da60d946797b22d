import {
  OldProviders,
  PluginHost,
  ReloadDispatcher,
  type Plugin,
  type ProviderChange,
  type ReloadEvent,
} from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { refusalOf } from '../fixtures/refusal.js'
import { TestPlugin } from '../fixtures/test-plugin.js'
import { word, wordHandoff, wordKind, wordPlugin, type Word } from '../fixtures/word.js'

/** What was told, in text: `+` came, `~` was replaced, `-` went. */
function inText({ added, replaced, removed, closing }: ProviderChange<Word>): string {
  return [
    ...Array.from(added, ([key, next]) => `+${key} ${next.say()}`),
    ...Array.from(replaced, ([key, { old, next }]) => `~${key} ${old.say()} → ${next.say()}`),
    ...Array.from(removed, ([key, old]) => `-${key} ${old.say()}`),
    ...(closing ? ['end of the host'] : []),
  ].join(', ')
}

/** A host whose strategy keeps what it is told, and what a lease of the same turn sees. */
function watched(committed?: () => void) {
  const told: string[] = []
  const served: string[][] = []
  const events: ReloadEvent[] = []
  const host: PluginHost = new PluginHost({
    strategies: [
      wordHandoff({
        committed(change) {
          told.push(inText(change))
          served.push(closes ? [] : host.run((lease) => lease.all(wordKind).map((provider) => provider.say())))
          return committed?.()
        },
      }),
    ],
    observer: (event) => events.push(event),
  })
  let closes = false
  const close = (): Promise<void> => {
    closes = true
    return host.close()
  }
  return { host, told, served, events, close }
}

const broken = new Error('no scheduler')
const throws = (): never => {
  throw broken
}

describe('what a strategy is told of a commit', () => {
  it('A4 I1 which providers came, were replaced and went, by key, in the turn in which they serve', async () => {
    const { host, told, served, close } = watched()
    await host.addAll([wordPlugin('a', '1.0.0', ['x', 'y']), wordPlugin('b', '1.0.0')])
    await host.reload(host.plugin('a') as never, wordPlugin('a', '2.0.0', ['y', 'z']))
    await host.remove(host.plugin('b') as never)
    await close()
    expect(told).toEqual([
      '+x a@1.0.0, +y a@1.0.0, +b b@1.0.0',
      '+z a@2.0.0, ~y a@1.0.0 → a@2.0.0, -x a@1.0.0',
      '-b b@1.0.0',
      '-y a@2.0.0, -z a@2.0.0, end of the host',
    ])
    expect(served).toEqual([
      ['a@1.0.0', 'a@1.0.0', 'b@1.0.0'],
      ['a@2.0.0', 'a@2.0.0', 'b@1.0.0'],
      ['a@2.0.0', 'a@2.0.0'],
      [],
    ])
  })

  it('A4 a key that goes from one plugin to another with one commit is replaced', async () => {
    const { host, told } = watched()
    const [a, b] = await host.addAll([wordPlugin('a', '1.0.0', ['x']), wordPlugin('b', '1.0.0', ['y'])])
    await host.reloadAll([
      { handle: a as never, plugin: wordPlugin('a', '2.0.0', ['y']) },
      { handle: b as never, plugin: wordPlugin('b', '2.0.0', ['x']) },
    ])
    expect(told.at(-1)).toBe('~y b@1.0.0 → a@2.0.0, ~x a@1.0.0 → b@2.0.0')
  })

  it('A4 T2 of a take-back, too, and of nothing that leaves what serves as it is', async () => {
    const { host, told } = watched()
    const first = await host.add(wordPlugin('a', '1.0.0'))
    const failing: Plugin = wordPlugin('a', '2.0.0', ['a'], { init: throws })
    await refusalOf(host.reload(first, failing))
    await host.reload(first, wordPlugin('a', '2.0.0'), { dryRun: true })
    await refusalOf(host.add(wordPlugin('other', '1.0.0', ['a'])))
    await host.add(new TestPlugin('without', '1.0.0'))
    expect(told).toEqual(['+a a@1.0.0'])
    const bake = { ms: 600_000, healthy: () => true }
    const { handle } = await host.reload(first, wordPlugin('a', '2.0.0', ['a', 'b']), { bake })
    await host.takeBack(handle)
    expect(told.slice(1)).toEqual(['+b a@2.0.0, ~a a@1.0.0 → a@2.0.0', '~a a@2.0.0 → a@1.0.0, -b a@2.0.0'])
  })

  it.each<[string, () => unknown, string]>([
    ['throws', throws, 'no scheduler'],
    ['rejects', () => Promise.reject(broken), 'committed() returned a promise'],
  ])('A4 I10 a commit stands where it %s, and the report and the observer are told', async (_, fail, message) => {
    let fails = false
    const { host, events } = watched(() => (fails ? (fail() as void) : undefined))
    const quiet = (version: string): Plugin => new TestPlugin('quiet', version)
    const silent = await host.add(quiet('1.0.0'))
    const first = await host.add(wordPlugin('a', '1.0.0'))
    fails = true
    const { status, report, handle } = await host.reload(first, wordPlugin('a', '2.0.0'))
    expect(status).toBe('committed')
    expect(host.run((lease) => lease.get(wordKind, 'a').say())).toBe('a@2.0.0')
    expect(report.commitErrors).toMatchObject([
      {
        code: 'HANDOFF',
        plugin: 'a@1.0.0 → 2.0.0',
        surface: 'test-word',
        phase: 'commit',
        step: 'committed',
        message: expect.stringContaining(message),
      },
    ])
    expect(events.findLast(({ type }) => type === 'committed')).toMatchObject({ errors: report.commitErrors })
    expect((await host.remove(handle)).report.commitErrors).toMatchObject([{ plugin: 'a@2.0.0' }])
    expect((await host.reload(silent, quiet('2.0.0'))).report.commitErrors).toEqual([])
  })

  it('A4 I10 of an install that it throws for, the observer is told', async () => {
    const { host, events } = watched(throws)
    await host.add(wordPlugin('a', '1.0.0'))
    expect(events.find(({ type }) => type === 'committed')).toMatchObject({
      errors: [{ plugin: 'a@1.0.0', cause: broken }],
    })
    expect(host.plugins()).toMatchObject([{ id: 'a', state: 'active' }])
  })

  it('A4 a host with a registry of its own has it told by its commit', async () => {
    const told: string[] = []
    const dispatcher = new ReloadDispatcher([
      wordHandoff({
        committed(change) {
          told.push(inText(change))
          throws()
        },
      }),
    ])
    const old = new OldProviders().add(wordKind, word('x', '1')).add(wordKind, word('y', '1'))
    const next = new OldProviders().add(wordKind, word('y', '2')).add(wordKind, word('z', '2'))
    await dispatcher.dispatch({ old, next, dryRun: true })
    await (await dispatcher.dispatch({ old, next })).rollback()
    expect(told).toEqual([])
    const outcome = await dispatcher.dispatch({ old, next })
    expect(told).toEqual([])
    outcome.commit()
    expect(told).toEqual(['+z 2, ~y 1 → 2, -x 1'])
    expect(outcome.commitErrors).toMatchObject([{ surface: 'test-word', step: 'committed', cause: broken }])
  })
})
