import { PluginHost, type Plugin } from '@uni/reload-core'
import { npmRanges } from '@uni/reload-core/ranges'
import { describe, expect, it } from 'vitest'
import { refusalOf } from '../fixtures/refusal.js'
import { TestPlugin } from '../fixtures/test-plugin.js'

const needing = (range: string): TestPlugin =>
  new TestPlugin('user', '1.0.0', { dependsOn: [{ id: 'base', range, optional: true }] })

const versioned = (id: string, version: string): Plugin => ({ manifest: { id, version }, register() {} })

describe('a host that was not given ranges', () => {
  it('V4 I3 refuses a plugin that depends on another, at install and at a reload, and says what to import: DEPENDENCY', async () => {
    await using host = new PluginHost({ strategies: [] })
    const handle = await host.add(versioned('user', '0.1.0'))
    const plugin = needing('^1.0.0')
    for (const refused of [host.addAll([versioned('base', '1.0.0'), plugin]), host.reload(handle, plugin)]) {
      const error = await refusalOf(refused)
      expect(error).toMatchObject({ code: 'DEPENDENCY', phase: 'validate', plugin: 'user@1.0.0' })
      expect(error.message).toContain('it needs plugin "base" ^1.0.0')
      expect(error.hint).toContain("import { npmRanges } from '@uni/reload-core/ranges'")
    }
    expect(plugin.calls.register).toBe(0)
    expect(host.plugins()).toMatchObject([{ id: 'user', version: '0.1.0', state: 'active' }])
  })

  it('takes a plugin that says that it depends on none', async () => {
    await using host = new PluginHost({ strategies: [] })
    expect(await host.add(new TestPlugin('user', '1.0.0', { dependsOn: [] }))).toEqual({ id: 'user', generation: 0 })
  })
})

describe('ranges', () => {
  it('V4 may be of any sort: the host asks what it was given', async () => {
    const exact = {
      isRange: (range: string) => range.startsWith('exactly '),
      satisfies: (version: string, range: string) => range === `exactly ${version}`,
    }
    await using host = new PluginHost({ ranges: exact, strategies: [] })
    await host.add(needing('exactly 1.0.0'))
    expect(await refusalOf(host.add(versioned('base', '1.0.1')))).toMatchObject({ code: 'DEPENDENCY' })
    expect(await host.add(versioned('base', '1.0.0'))).toEqual({ id: 'base', generation: 0 })
    const other = new TestPlugin('other', '1.0.0', { dependsOn: [{ id: 'base', range: '^1.0.0' }] })
    expect(await refusalOf(host.add(other))).toMatchObject({ code: 'MANIFEST', plugin: 'other' })
  })

  it.each<[version: string, range: string, satisfied: boolean]>([
    ['1.4.0', '^1.2.0', true],
    ['2.0.0', '^1.2.0', false],
    ['1.4.0', '1.x || >=2.5.0', true],
    ['2.4.9', '1.x || >=2.5.0', false],
    ['1.4.0-beta.1', '^1.2.0', true],
    ['1.2.0-beta.1', '^1.2.0', false],
    ['2.0.0-beta.1', '^1.2.0', false],
    ['1.0.0', '*', true],
  ])('of npm: %s in %s is %s', (version, range, satisfied) => {
    expect(npmRanges.isRange(range)).toBe(true)
    expect(npmRanges.satisfies(version, range)).toBe(satisfied)
  })

  it.each(['newest', '^', '1.2.3.4'])('of npm: %s is none', (range) => {
    expect(npmRanges.isRange(range)).toBe(false)
  })
})

describe('a version', () => {
  it.each(['0.0.4', '10.20.30', '1.0.0-alpha.0valid', '1.0.0-0A.is.legal', '1.2.3----RC-SNAPSHOT.12.9.1--.12+788'])(
    'V4 may be %s',
    async (version) => {
      await using host = new PluginHost({ strategies: [] })
      await host.add(versioned('a', version))
      expect(host.plugins()).toMatchObject([{ version }])
    },
  )

  it.each([
    '1',
    '1.2',
    '01.1.1',
    '1.2.3-01',
    '1.2.3-',
    '1.2.3+',
    '1.2.3.4',
    '=1.2.3',
    ' 1.2.3',
    '1.2.3\n',
    '1.2.3-a..b',
  ])('V4 is not %j: MANIFEST', async (version) => {
    await using host = new PluginHost({ strategies: [] })
    expect(await refusalOf(host.add(versioned('a', version)))).toMatchObject({ code: 'MANIFEST', plugin: 'a' })
  })
})
