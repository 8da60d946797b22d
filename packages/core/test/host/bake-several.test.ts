import { PluginHost, type BakeOptions, type PluginHandle } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { Deferred, turn } from '../fixtures/deferred.js'
import { refusalOf } from '../fixtures/refusal.js'
import { wordHandoff, wordPlugin } from '../fixtures/word.js'

/** Two plugins, reloaded together for a period of 100 ms. */
async function bakingTogether(healthy: BakeOptions['healthy']) {
  const clock = new ManualClock()
  const host = new PluginHost({ strategies: [wordHandoff()], clock })
  const handles = [await host.add(wordPlugin('a', '1.0.0')), await host.add(wordPlugin('b', '1.0.0'))]
  const [result] = await host.reloadAll(
    handles.map((handle) => ({ handle, plugin: wordPlugin(handle.id, '2.0.0') })),
    { bake: { ms: 100, ...(healthy && { healthy }) } },
  )
  if (result === undefined) throw new Error('nothing was reloaded')
  return { clock, host, bake: async () => (await result.finalized).bake }
}

describe('several plugins that bake together', () => {
  it('I10 are all named where their health cannot be told', async () => {
    const { clock, bake } = await bakingTogether(() => {
      throw new Error('no metrics')
    })
    clock.advance(100)
    expect(await bake()).toMatchObject({
      outcome: 'taken-back',
      reason: 'HANDOFF (plugin "a@2.0.0, b@2.0.0", bake/healthy): no metrics.',
    })
  })

  it.each(['a', 'b'])('T2 go back when the change of %s that is under way has failed', async (id) => {
    const { clock, host, bake } = await bakingTogether(() => false)
    const init = new Deferred()
    const failing = refusalOf(
      host.reload(host.plugin(id) as PluginHandle, wordPlugin(id, '3.0.0', [id], { init: () => init.promise })),
    )
    clock.advance(100)
    await turn()
    expect(host.plugins().find((it) => it.id === id)).toMatchObject({ version: '2.0.0', state: 'changing' })
    init.reject(new Error('not today'))
    expect((await failing).message).toContain('not today')
    expect(await bake()).toMatchObject({
      outcome: 'taken-back',
      results: [{ status: 'committed' }, { status: 'committed' }],
    })
    expect(
      host
        .plugins()
        .filter(({ state }) => state === 'active')
        .map(({ version }) => version),
    ).toEqual(['1.0.0', '1.0.0'])
  })
})
