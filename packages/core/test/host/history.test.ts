import {
  cleanHandoff,
  defineSurface,
  PluginHost,
  type HandoffStrategy,
  type Registrar,
  type Surface,
} from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { Deferred, turn } from '../fixtures/deferred.js'
import { refusalOf } from '../fixtures/refusal.js'
import { TestPlugin } from '../fixtures/test-plugin.js'

/** A provider whose contract is a unit; the key must never come to mean another one. */
interface Unit {
  readonly name: string
  readonly unit: string
}

const unitKind: Surface<Unit> = defineSurface<Unit>({ id: 'test-unit', keyOf: (provider) => provider.name })

function unitHandoff(more: Partial<HandoffStrategy<Unit>> = {}): HandoffStrategy<Unit> {
  return {
    ...cleanHandoff(unitKind),
    checkCompat: ({ old, next }) =>
      old.unit === next.unit
        ? { level: 'compatible' }
        : { level: 'incompatible', reason: `it was in ${old.unit}, and would be in ${next.unit}` },
    remember: ({ name, unit }) => ({ name, unit }),
    ...more,
  }
}

function units(id: string, version: string, given: Record<string, string>, init?: () => Promise<void>): TestPlugin {
  return new TestPlugin(id, version, {
    register: (registrar: Registrar) => {
      for (const [name, unit] of Object.entries(given)) registrar.provide(unitKind, { name, unit })
    },
    ...(init && { init }),
  })
}

describe('history', () => {
  it('O7 I6 judges a key that was removed and comes back by what it meant before', async () => {
    await using host = new PluginHost({ strategies: [unitHandoff()] })
    const first = await host.add(units('a', '1.0.0', { speed: 'km/h' }))
    const { handle: second, report } = await host.reload(first, units('a', '2.0.0', {}))
    expect(report.forgotten).toEqual([])
    const error = await refusalOf(host.reload(second, units('a', '3.0.0', { speed: 'mph' })))
    expect(error).toMatchObject({ code: 'SCHEMA_INCOMPAT', key: 'speed' })
    expect(error.message).toContain('it was in km/h, and would be in mph')
    expect((await host.reload(second, units('a', '3.0.1', { speed: 'km/h' }))).status).toBe('committed')
  })

  it('I6 whichever plugin provides it, and also where the first one was uninstalled', async () => {
    await using host = new PluginHost({ strategies: [unitHandoff()] })
    await host.remove(await host.add(units('a', '1.0.0', { speed: 'km/h' })))
    expect(await refusalOf(host.add(units('b', '1.0.0', { speed: 'mph' })))).toMatchObject({
      code: 'SCHEMA_INCOMPAT',
      key: 'speed',
      plugin: 'b@1.0.0',
    })
    await host.remove(await host.add(units('b', '1.0.1', { speed: 'km/h' })))
    expect((await refusalOf(host.add(units('c', '1.0.0', { speed: 'knots' })))).code).toBe('SCHEMA_INCOMPAT')
  })

  it('I6 judges a key that moves between two plugins of one reloadAll by its old provider', async () => {
    await using host = new PluginHost({ strategies: [unitHandoff()] })
    const a = await host.add(units('a', '1.0.0', { speed: 'km/h' }))
    const b = await host.add(units('b', '1.0.0', {}))
    const moveAs = (unit: string) =>
      host.reloadAll([
        { handle: a, plugin: units('a', '2.0.0', {}) },
        { handle: b, plugin: units('b', '2.0.0', { speed: unit }) },
      ])
    expect((await refusalOf(moveAs('mph'))).code).toBe('SCHEMA_INCOMPAT')
    expect((await moveAs('km/h')).map(({ status }) => status)).toEqual(['committed', 'committed'])
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('no words for it')
      },
    ],
    ['rejects', () => Promise.reject(new Error('no words for it'))],
  ])('I10 a contract whose description %s is forgotten, and the report says so', async (_, remember) => {
    await using host = new PluginHost({ strategies: [unitHandoff({ remember })] })
    const a = await host.add(units('a', '1.0.0', { speed: 'km/h', mass: 'kg' }))
    const b = await host.add(units('b', '1.0.0', {}))
    const results = await host.reloadAll([
      { handle: a, plugin: units('a', '2.0.0', { mass: 'kg' }) },
      { handle: b, plugin: units('b', '2.0.0', {}) },
    ])
    expect(results.map(({ report }) => report.forgotten)).toEqual([['test-unit "speed"'], []])
    expect(await host.add(units('c', '1.0.0', { speed: 'mph' }))).toEqual({ id: 'c', generation: 0 })
  })

  it('I8 I10 so is one whose description does not come within timeouts.preflight', async () => {
    const clock = new ManualClock()
    await using host = new PluginHost({
      strategies: [unitHandoff({ remember: () => new Promise(() => {}) })],
      clock,
      timeouts: { preflight: 100 },
    })
    const removing = host.remove(await host.add(units('a', '1.0.0', { speed: 'km/h' })))
    await turn()
    clock.advance(100)
    expect((await removing).report.forgotten).toEqual(['test-unit "speed"'])
  })

  it('I3 an abort while a description is pending ends the removal, and the error says where: ABORTED', async () => {
    const caller = new AbortController()
    await using host = new PluginHost({ strategies: [unitHandoff({ remember: () => new Promise(() => {}) })] })
    const handle = await host.add(units('a', '1.0.0', { speed: 'km/h' }))
    const removing = refusalOf(host.remove(handle, { signal: caller.signal }))
    await turn()
    caller.abort()
    expect(await removing).toMatchObject({
      code: 'ABORTED',
      phase: 'preflight',
      step: 'remember',
      plugin: 'a@1.0.0',
      surface: 'test-unit',
      key: 'speed',
    })
    expect(host.plugin('a')).toEqual(handle)
  })

  it('a host that closes asks for no description: nothing comes back to it', async () => {
    const asked: string[] = []
    const host = new PluginHost({
      strategies: [
        unitHandoff({
          remember: (unit) => {
            asked.push(unit.name)
            return unit
          },
        }),
      ],
    })
    await host.remove(await host.add(units('a', '1.0.0', { mass: 'kg' })))
    await host.add(units('b', '1.0.0', { speed: 'km/h' }))
    await host[Symbol.asyncDispose]()
    expect(asked).toEqual(['mass'])
  })

  it('forgets nothing of a reload that rolled back', async () => {
    await using host = new PluginHost({ strategies: [unitHandoff()] })
    const a = await host.add(units('a', '1.0.0', { speed: 'km/h' }))
    await host.reload(a, units('a', '2.0.0', {}), { dryRun: true })
    expect((await host.reload(a, units('a', '2.0.0', { speed: 'km/h' }))).status).toBe('committed')
  })

  it('I6 I11 a contract that was judged and then replaced meanwhile is not taken for granted at the commit', async () => {
    const judging = new Deferred()
    const judged = new Deferred()
    const slow = unitHandoff()
    const check = slow.checkCompat?.bind(slow)
    await using host = new PluginHost({
      strategies: [
        unitHandoff({
          checkCompat: async (pair, ctx) => {
            const verdict = check?.(pair, ctx) ?? { level: 'compatible' }
            if (pair.next.name === 'speed' && (pair.next as Unit & { slow?: boolean }).slow === true) {
              judging.resolve()
              await judged.promise
            }
            return verdict
          },
        }),
      ],
    })
    await host.remove(await host.add(units('a', '1.0.0', { speed: 'km/h' })))
    const adding = refusalOf(
      host.add(
        new TestPlugin('b', '1.0.0', {
          register: (registrar) => {
            registrar.provide(unitKind, { name: 'speed', unit: 'km/h', slow: true } as Unit)
          },
        }),
      ),
    )
    await judging.promise
    // Meanwhile another plugin takes the key, and gives it up again.
    await host.remove(await host.add(units('c', '1.0.0', { speed: 'km/h' })))
    judged.resolve()
    const error = await adding
    expect(error).toMatchObject({
      code: 'DUPLICATE',
      phase: 'commit',
      surface: 'test-unit',
      key: 'speed',
      hint: 'Nothing was changed. Repeat the operation: the key is then judged by what that plugin has provided.',
    })
    expect(error.message).toContain('another plugin has provided this key since it was judged')
    expect(host.plugin('b')).toBeUndefined()
  })
})
