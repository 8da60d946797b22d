/**
 * The incident: during a reload the host first published what the new version says of itself, and then loaded it, which
 * may fail. When it failed the error was swallowed, the old code went on running, and everything that asked what the
 * plugin can do was answered for a version that had never been loaded, until the process ended. Reported in
 * https://github.com/openclaw/openclaw/pull/103795.
 *
 * What holds here: what a host says of its plugins and what it serves change in one step. In no phase of a reload, and
 * after none that failed, do they disagree.
 */
import { PluginHost, ReloadError, type ReloadOptions } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { turn } from '../fixtures/deferred.js'
import { refusalOf } from '../fixtures/refusal.js'
import { openStore } from '../fixtures/store-plugin.js'
import { STORES, StoreProvider, storeStrategy, type Store } from '../fixtures/store.js'
import { TestPlugin, type PluginHooks } from '../fixtures/test-plugin.js'
import { word, wordHandoff, wordKind } from '../fixtures/word.js'

class FailingProvider extends StoreProvider {
  override open(): Store {
    throw new Error('no disk')
  }
}

function version(
  number: string,
  { Provider = StoreProvider, ...hooks }: PluginHooks & { Provider?: typeof StoreProvider } = {},
): TestPlugin {
  return new TestPlugin('both', number, {
    register: (registrar) => {
      registrar.provide(STORES.clean, new Provider('both', number)).provide(wordKind, word('both', `both@${number}`))
    },
    ...hooks,
  })
}

/** What a host says is installed, and what it serves: of one version, all of it, or a capture is refused by a fence. */
function look(host: PluginHost): string {
  const listed = host.plugins().find(({ state }) => state !== 'retired')
  const said = [`${listed?.id}@${listed?.version}`, `both@${(host.plugin('both')?.generation ?? -1) + 1}.0.0`]
  using lease = host.capture()
  const served = [
    serving(() => lease.get(wordKind, 'both').say()),
    serving(() => lease.resource(STORES.clean, 'main').by),
  ]
  return [...new Set([...said, ...served])].join(' and ')
}

function serving(ask: () => string): string {
  try {
    return ask()
  } catch (error) {
    if (ReloadError.is(error) && error.code === 'SURFACE_FENCED') return 'a fence'
    throw error
  }
}

/** Reloads version 1, looking whenever a phase begins or ends. */
async function reloadWatched(next: TestPlugin, options: ReloadOptions = {}) {
  const looks: string[] = []
  let watching = false
  const host: PluginHost = new PluginHost({
    strategies: [storeStrategy('clean'), wordHandoff()],
    observer: (event) => {
      if (watching && 'phase' in event) looks.push(look(host))
    },
  })
  const handle = await host.add(version('1.0.0'))
  await host.attach(STORES.clean, openStore('main', 'both'))
  // The install ends when its finalize does, for which nobody waits.
  await turn()
  watching = true
  const result = await host.reload(handle, next, options).catch((error: unknown) => refusalOf(Promise.reject(error)))
  if ('finalized' in result) await result.finalized
  return { result, looks, after: look(host) }
}

describe('what a host says, and what it serves', () => {
  it('I1 I10 changes in one step in an overlapping reload', async () => {
    const { looks } = await reloadWatched(version('2.0.0'))
    // Begin and end of validate, stage, preflight, prepare and converge, the begin of the commit; its end, drain and
    // finalize.
    expect(looks).toEqual([
      ...Array.from({ length: 11 }, () => 'both@1.0.0'),
      ...Array.from({ length: 5 }, () => 'both@2.0.0'),
    ])
  })

  it('I1 I10 changes in one step in an exclusive reload', async () => {
    const { looks } = await reloadWatched(version('2.0.0'), { cutover: 'exclusive' })
    expect([...new Set(looks)]).toEqual(['both@1.0.0', 'both@1.0.0 and a fence', 'both@2.0.0'])
  })

  it.each<[string, TestPlugin, ReloadOptions]>([
    [
      'register',
      version('2.0.0', {
        register: () => {
          throw new Error('no config')
        },
      }),
      {},
    ],
    ['init', version('2.0.0', { init: () => Promise.reject(new Error('no port')) }), {}],
    ['opening a resource', version('2.0.0', { Provider: FailingProvider }), {}],
    [
      'opening a resource, after the old one was closed',
      version('2.0.0', { Provider: FailingProvider }),
      { cutover: 'exclusive' },
    ],
    ['no step: a dry run', version('2.0.0'), { dryRun: true }],
  ])('I3 I10 never changes where what fails is %s', async (_, next, options) => {
    const { result, looks, after } = await reloadWatched(next, options)
    expect('finalized' in result).toBe(options.dryRun === true)
    expect(looks.length).toBeGreaterThanOrEqual(4)
    expect(
      [...new Set([...looks, after])].filter((seen) => seen !== 'both@1.0.0' && seen !== 'both@1.0.0 and a fence'),
    ).toEqual([])
    expect(after).toBe('both@1.0.0')
  })
})
