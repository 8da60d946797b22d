import { PluginHost, ReloadError, Slices, type Plugin, type PluginHandle } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { Int32 } from 'apache-arrow'
import { expect, onTestFinished, test, describe, vi } from 'vitest'
import { logicalType, logicalTypeHandoff, type LogicalTypeProvider } from '../src/index.js'
import { money } from './fixtures.js'

interface Counted extends Plugin {
  inits: number
  shutdowns: number
}

const plugin = (version: string, ...types: LogicalTypeProvider[]): Counted => ({
  manifest: { id: 'accounting', version },
  inits: 0,
  shutdowns: 0,
  register(registrar) {
    for (const type of types) registrar.provide(logicalType, type)
  },
  init() {
    this.inits += 1
  },
  shutdown() {
    this.shutdowns += 1
  },
})

/** A host with version 1 of the type. */
async function started(
  clock?: ManualClock,
): Promise<{ host: PluginHost; v1: LogicalTypeProvider; old: Counted; handle: PluginHandle }> {
  const host = new PluginHost({
    strategies: [logicalTypeHandoff({ removal: 'allow' })],
    ...(clock && { clock, timeouts: { preflight: 100 } }),
  })
  onTestFinished(() => host[Symbol.asyncDispose]())
  const v1 = money()
  const old = plugin('1.0.0', v1)
  return { host, v1, old, handle: await host.add(old) }
}

function serving(host: PluginHost): LogicalTypeProvider | undefined {
  using lease = host.capture()
  return lease.find(logicalType, 'acme.money')
}

describe('in a host', () => {
  test('a reload with an unchanged contract goes ahead', async () => {
    const { host, old, handle } = await started()
    const v2 = money()
    const result = await host.reload(handle, plugin('2.0.0', v2))
    expect(result.report.compat).toMatchObject([
      { surface: 'logical-type', key: 'acme.money', verdict: { level: 'compatible' } },
    ])
    expect(serving(host)).toBe(v2)
    expect(await result.finalized).toMatchObject({ status: 'finalized', errors: [] })
    expect(old.shutdowns).toBe(1)
  })

  test('the judgement keeps the pace that the host has set', async () => {
    const host = new PluginHost({ strategies: [logicalTypeHandoff()], pace: { sliceMs: Number.MIN_VALUE } })
    onTestFinished(() => host[Symbol.asyncDispose]())
    const handle = await host.add(plugin('1.0.0', money()))
    // Slices of the host's pace know by themselves whether they are over.
    const due = vi.spyOn(Slices.prototype, 'due')
    onTestFinished(() => due.mockRestore())
    await host.reload(handle, plugin('2.0.0', money()))
    expect(due).not.toHaveBeenCalled()
  })

  test('a lease taken before the reload goes on with the old version (I1)', async () => {
    const { host, v1, handle } = await started()
    const lease = host.capture()
    const result = await host.reload(handle, plugin('2.0.0', money()))
    expect(lease.get(logicalType, 'acme.money')).toBe(v1)
    lease[Symbol.dispose]()
    expect(await result.finalized).toMatchObject({ status: 'finalized' })
  })

  test.each<[string, (work: () => void) => LogicalTypeProvider]>([
    [
      'judge sample',
      (work) =>
        money({
          toDisplay(value) {
            work()
            return money().toDisplay(value)
          },
        }),
    ],
    [
      'castFrom',
      (work) =>
        money({
          encodingVersion: '2',
          compatCheck: () => ({ level: 'migrate', reason: 'tagged' }),
          castFrom(column) {
            work()
            return column
          },
        }),
    ],
  ])('what keeps the event loop from turning is named in the report: %s (I10)', async (step, version) => {
    const clock = new ManualClock()
    const { host, handle } = await started(clock)
    const { report } = await host.reload(
      handle,
      plugin(
        '2.0.0',
        version(() => clock.advance(7)),
      ),
    )
    expect(report).toMatchObject({ blockedBy: step })
    expect(report.blockedMs).toBeGreaterThanOrEqual(7)
  })

  test('what could not be judged is in the report (I10, L9)', async () => {
    const { host, handle } = await started()
    await host.reload(handle, plugin('2.0.0', money({ samples: () => ['oops'] })))
    const result = await host.reload(host.plugin('accounting') as PluginHandle, plugin('3.0.0', money()))
    expect(result.report.compat).toMatchObject([
      { verdict: { level: 'unjudged', unjudged: [{ path: 'samples["oops"]' }] } },
    ])
  })

  test.each<[string, Partial<LogicalTypeProvider>, string]>([
    ['a changed contract', { arrowType: new Int32() }, 'storage.bitWidth: 64 → 32'],
    ['a sample that displays otherwise', { toDisplay: () => '?' }, 'samples["0.00"].literal: "0.00" → "?"'],
    [
      'a parser that throws',
      {
        fromLiteral: () => {
          throw new Error('boom')
        },
      },
      'fails: boom',
    ],
    ['a display that is no text', { toDisplay: (() => null) as never }, 'toDisplay returned a value of type object'],
    [
      'a check that throws',
      {
        compatCheck: () => {
          throw new Error('boom')
        },
      },
      'compatCheck failed: boom',
    ],
    ['a check that rejects', { compatCheck: () => Promise.reject(new Error('boom')) }, 'compatCheck failed: boom'],
    ['a check that returns no verdict', { compatCheck: (() => 1) as never }, 'something that is not a verdict'],
    ['a malformed contract', { metadata: 1 as never }, 'metadata: expected a string or nothing'],
  ])(
    '%s rolls back: the old version serves, and the new one is shut down once (I3, I7)',
    async (_, changes, reason) => {
      const { host, v1, old, handle } = await started()
      const next = plugin('2.0.0', money(changes))
      const error: unknown = await host.reload(handle, next).catch((thrown: unknown) => thrown)
      expect(ReloadError.is(error)).toBe(true)
      expect(error).toMatchObject({ code: 'SCHEMA_INCOMPAT', message: expect.stringContaining(reason) })
      expect(serving(host)).toBe(v1)
      expect(host.plugin('accounting')).toEqual(handle)
      expect({ oldShutdowns: old.shutdowns, inits: next.inits, nextShutdowns: next.shutdowns }).toEqual({
        oldShutdowns: 0,
        inits: 1,
        nextShutdowns: 1,
      })
      await expect(host.reload(handle, plugin('3.0.0', money()))).resolves.toMatchObject({ status: 'committed' })
    },
  )

  test('a check that hangs is given up on, and rolls back (I8, I3)', async () => {
    const clock = new ManualClock()
    const { host, v1, handle } = await started(clock)
    const type = money()
    const next = plugin('2.0.0', type)
    const asked = new Promise<void>((resolve) => {
      Object.assign(type, {
        compatCheck: () => {
          resolve()
          return new Promise(() => {})
        },
      })
    })
    const failed = host.reload(handle, next).catch((thrown: unknown) => thrown)
    await asked
    clock.advance(101)
    expect(await failed).toMatchObject({ code: 'STEP_TIMEOUT', step: 'compatCheck' })
    expect(serving(host)).toBe(v1)
    expect(next.shutdowns).toBe(1)
  })

  test('an abort rolls back, and no sample is judged after it (I8, I3)', async () => {
    const { host, v1, handle } = await started()
    const controller = new AbortController()
    let displayed = 0
    const next = plugin(
      '2.0.0',
      money({
        toDisplay: (value) => {
          displayed += 1
          controller.abort()
          return money().toDisplay(value)
        },
      }),
    )
    await expect(host.reload(handle, next, { signal: controller.signal })).rejects.toMatchObject({ code: 'ABORTED' })
    expect(serving(host)).toBe(v1)
    expect(next.shutdowns).toBe(1)
    expect(displayed).toBe(3)
  })

  test('a dry run judges and changes nothing', async () => {
    const { host, v1, handle } = await started()
    expect(await host.reload(handle, plugin('2.0.0', money()), { dryRun: true })).toMatchObject({ status: 'dry-run' })
    await expect(
      host.reload(handle, plugin('2.0.0', money({ encodingVersion: '2' })), { dryRun: true }),
    ).rejects.toMatchObject({ code: 'SCHEMA_INCOMPAT' })
    expect(serving(host)).toBe(v1)
  })
})

describe('a type that goes (L14)', () => {
  test.each<[string, (host: PluginHost, handle: PluginHandle) => Promise<unknown>]>([
    ['with its plugin', (host, handle) => host.remove(handle)],
    ['in a later version', (host, handle) => host.reload(handle, plugin('2.0.0'))],
  ])('%s is refused, and goes on being served', async (_, go) => {
    await using host = new PluginHost({ strategies: [logicalTypeHandoff()] })
    const v1 = money()
    const handle = await host.add(plugin('1.0.0', v1))
    await expect(go(host, handle)).rejects.toMatchObject({
      code: 'SCHEMA_INCOMPAT',
      surface: 'logical-type',
      key: 'acme.money',
      step: 'checkRemoval',
      message: expect.stringContaining("say so by logicalTypeHandoff({ removal: 'allow' })") as string,
    })
    expect(serving(host)).toBe(v1)
  })
})

describe('a type that was removed (L8)', () => {
  test('with its plugin cannot come back with another meaning, from whichever plugin', async () => {
    const { host, handle } = await started()
    const { finalized } = await host.remove(handle)
    await finalized
    const other: Plugin = {
      manifest: { id: 'other', version: '1.0.0' },
      register(registrar) {
        registrar.provide(logicalType, money({ encodingVersion: 'mills' }))
      },
    }
    await expect(host.add(other)).rejects.toMatchObject({
      code: 'SCHEMA_INCOMPAT',
      message: expect.stringContaining('encodingVersion: "cents" → "mills"'),
    })
    expect(serving(host)).toBeUndefined()
    await expect(
      host.add(plugin('3.0.0', money({ toDisplay: (value) => `${String(value)} c` }))),
    ).rejects.toMatchObject({ code: 'SCHEMA_INCOMPAT' })
    const back = money()
    await host.add(plugin('3.0.0', back))
    expect(serving(host)).toBe(back)
  })

  test('in one version cannot come back in a later one with another meaning', async () => {
    const { host, handle } = await started()
    const { handle: second, report } = await host.reload(handle, plugin('2.0.0'))
    expect(report.forgotten).toEqual([])
    await expect(host.reload(second, plugin('3.0.0', money({ arrowType: new Int32() })))).rejects.toMatchObject({
      code: 'SCHEMA_INCOMPAT',
      message: expect.stringContaining('storage.bitWidth: 64 → 32'),
    })
    await expect(host.reload(second, plugin('3.0.0', money()))).resolves.toMatchObject({ status: 'committed' })
  })
})
