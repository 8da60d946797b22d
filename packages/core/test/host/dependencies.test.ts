import { PluginHost } from '@uni/reload-core'
import { npmRanges } from '@uni/reload-core/ranges'
import { describe, expect, it } from 'vitest'
import { Deferred } from '../fixtures/deferred.js'
import { refusalOf } from '../fixtures/refusal.js'
import { wordHandoff, wordPlugin } from '../fixtures/word.js'

const onBase = (range: string, optional?: boolean) => ({
  dependsOn: [{ id: 'base', range, ...(optional !== undefined && { optional }) }],
})

describe('dependencies', () => {
  it('refuses a plugin whose dependency is missing, or of another version: DEPENDENCY', async () => {
    await using host = new PluginHost({ ranges: npmRanges, strategies: [wordHandoff()] })
    const plugin = wordPlugin('user', '1.0.0', ['user'], onBase('^2.0.0'))
    expect((await refusalOf(host.add(plugin))).message).toContain('"base" ^2.0.0, and none is installed')
    await host.add(wordPlugin('base', '1.4.0'))
    const error = await refusalOf(host.add(plugin))
    expect(error).toMatchObject({ code: 'DEPENDENCY', phase: 'validate', plugin: 'user@1.0.0' })
    expect(error.message).toContain('1.4.0 would be installed')
    expect(plugin.calls.register).toBe(0)
  })

  it('refuses a new version that breaks a dependency of its own', async () => {
    await using host = new PluginHost({ ranges: npmRanges, strategies: [wordHandoff()] })
    await host.add(wordPlugin('base', '1.0.0'))
    const user = await host.add(wordPlugin('user', '1.0.0', ['user'], onBase('^1.0.0')))
    expect(await refusalOf(host.reload(user, wordPlugin('user', '2.0.0', ['user'], onBase('^2.0.0'))))).toMatchObject({
      code: 'DEPENDENCY',
      plugin: 'user@2.0.0',
    })
    expect(host.plugin('user')).toEqual(user)
  })

  it('refuses a new version that others cannot work with, and a removal of what others need', async () => {
    await using host = new PluginHost({ ranges: npmRanges, strategies: [wordHandoff()] })
    const base = await host.add(wordPlugin('base', '1.0.0'))
    await host.add(wordPlugin('user', '1.0.0', ['user'], onBase('^1.0.0')))
    expect(await refusalOf(host.reload(base, wordPlugin('base', '2.0.0')))).toMatchObject({
      code: 'DEPENDENCY',
      plugin: 'user@1.0.0',
    })
    expect(await refusalOf(host.remove(base))).toMatchObject({ code: 'DEPENDENCY', plugin: 'user@1.0.0' })
    expect((await host.reload(base, wordPlugin('base', '1.9.0'))).status).toBe('committed')
  })

  it('takes an optional dependency as it comes, but not of another version', async () => {
    await using host = new PluginHost({ ranges: npmRanges, strategies: [wordHandoff()] })
    const user = await host.add(wordPlugin('user', '1.0.0', ['user'], onBase('^1.0.0', true)))
    expect(await refusalOf(host.add(wordPlugin('base', '2.0.0')))).toMatchObject({ code: 'DEPENDENCY' })
    const base = await host.add(wordPlugin('base', '1.0.0'))
    await host.remove(base)
    expect(host.plugin('user')).toEqual(user)
  })

  it('replaces what belongs together with one reloadAll', async () => {
    await using host = new PluginHost({ ranges: npmRanges, strategies: [wordHandoff()] })
    const base = await host.add(wordPlugin('base', '1.0.0'))
    const user = await host.add(wordPlugin('user', '1.0.0', ['user'], onBase('^1.0.0')))
    const [result] = await host.reloadAll([
      { handle: user, plugin: wordPlugin('user', '2.0.0', ['user'], onBase('^2.0.0')) },
      { handle: base, plugin: wordPlugin('base', '2.0.0') },
    ])
    await result?.finalized
    expect(host.plugins().map(({ version }) => version)).toEqual(['2.0.0', '2.0.0'])
  })

  it('I11 looks again at the commit: a dependency broken meanwhile rolls back', async () => {
    await using host = new PluginHost({ ranges: npmRanges, strategies: [wordHandoff()] })
    const base = await host.add(wordPlugin('base', '1.0.0'))
    const init = new Deferred()
    const user = wordPlugin('user', '1.0.0', ['user'], { ...onBase('^1.0.0'), init: () => init.promise })
    const adding = refusalOf(host.add(user))
    await host.remove(base)
    init.resolve()
    expect(await adding).toMatchObject({ code: 'DEPENDENCY', phase: 'commit', plugin: 'user@1.0.0' })
    expect(user.calls).toEqual({ register: 1, init: 1, shutdown: 1 })
    expect(host.plugins()).toEqual([])
  })
})
