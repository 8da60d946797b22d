import {
  OldProviders,
  ReloadDispatcher,
  ReloadKindHandlers,
  defineSurface,
  type AnySurface,
  type CompatVerdict,
  type HandoffStrategy,
  type MaybePromise,
  type ProviderPair,
  type ProviderView,
  type StepContext,
  type Surface,
} from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { failureOf, turn } from '../fixtures/deferred.js'
import { turnUntil } from '../fixtures/turn-until.js'

interface Unit {
  readonly key: string
  readonly unit: string
}

const unitKind = defineSurface<Unit, { read(): string }>({ id: 'unit', keyOf: (provider) => provider.key })
const unknownKind = defineSurface<Unit>({ id: 'unknown', keyOf: (provider) => provider.key })

const NO_VERDICT = 'not a verdict'

type Check = (pair: ProviderPair<Unit, { read(): string }>, ctx: StepContext) => MaybePromise<CompatVerdict>

const sameUnit: Check = ({ old, next }) =>
  old.unit === next.unit
    ? { level: 'compatible' }
    : { level: 'incompatible', reason: `${old.unit} became ${next.unit}`, details: [old.unit, next.unit] }

function judging(checkCompat: Check = sameUnit, timeoutMs = 100) {
  const clock = new ManualClock()
  const strategy: HandoffStrategy<Unit, { read(): string }> = { surface: unitKind, discipline: 'contract', checkCompat }
  return { clock, dispatcher: new ReloadDispatcher([], { clock, timeouts: { preflight: timeoutMs } }).use(strategy) }
}

function units(byKey: Record<string, string>): OldProviders {
  const providers = new OldProviders()
  for (const [key, unit] of Object.entries(byKey)) providers.add(unitKind, { key, unit })
  return providers
}

describe('compatibility, as a dispatcher judges it', () => {
  it('I6 judges every key that both sides serve, and no other', async () => {
    const { dispatcher } = judging()
    const report = await dispatcher.checkCompat(
      units({ length: 'm', speed: 'km/h', gone: 'x' }),
      units({ length: 'm', speed: 'mph', come: 'y' }),
    )
    expect(report).toStrictEqual({
      compatible: false,
      entries: [
        { surface: 'unit', key: 'length', step: 'checkCompat', verdict: { level: 'compatible' } },
        {
          surface: 'unit',
          key: 'speed',
          step: 'checkCompat',
          verdict: { level: 'incompatible', reason: 'km/h became mph', details: ['km/h', 'mph'] },
        },
      ],
    })
  })

  it('I6 refuses an incompatible version with SCHEMA_INCOMPAT whose details list every such key', async () => {
    const { dispatcher } = judging()
    const error = await failureOf(
      dispatcher.dispatch({ old: units({ a: 'm', b: 's', c: 'kg' }), next: units({ a: 'ft', b: 's', c: 'lb' }) }),
    )
    expect(error).toMatchObject({
      code: 'SCHEMA_INCOMPAT',
      phase: 'preflight',
      step: 'checkCompat',
      surface: 'unit',
      key: 'a',
      rollbackErrors: [],
      details: [
        { surface: 'unit', key: 'a', verdict: { reason: 'm became ft', details: ['m', 'ft'] } },
        { surface: 'unit', key: 'c', verdict: { reason: 'kg became lb' } },
      ],
    })
    expect(String(error)).toContain('unit "a": m became ft; unit "c": kg became lb')
  })

  it('goes ahead with a migration, and reports it', async () => {
    const { dispatcher } = judging(() => ({ level: 'migrate', reason: 'converts at 0.3048' }))
    const outcome = await dispatcher.dispatch({ old: units({ a: 'ft' }), next: units({ a: 'm' }) })
    expect(outcome.compat).toEqual({
      compatible: true,
      entries: [
        { surface: 'unit', key: 'a', step: 'checkCompat', verdict: { level: 'migrate', reason: 'converts at 0.3048' } },
      ],
    })
  })

  it.each<[string, string, () => unknown]>([
    [
      'throws',
      'cannot tell',
      () => {
        throw new Error('cannot tell')
      },
    ],
    ['rejects', 'cannot tell', () => Promise.reject(new Error('cannot tell'))],
    [
      'throws a string',
      'cannot tell',
      () => {
        throw 'cannot tell'
      },
    ],
    [
      'throws undefined',
      'undefined',
      () => {
        throw undefined
      },
    ],
    ['answers true', NO_VERDICT, () => true],
    ['answers null', NO_VERDICT, () => null],
    ['answers nothing', NO_VERDICT, () => undefined],
    ['answers an unknown level', NO_VERDICT, () => ({ level: 'fine' })],
    ['gives a reason for an unknown level', NO_VERDICT, () => ({ level: 'fine', reason: 'the units are the same' })],
    ['gives no reason', NO_VERDICT, () => ({ level: 'incompatible' })],
    ['gives a reason that is no text', NO_VERDICT, () => ({ level: 'migrate', reason: 7 })],
  ])('I6 I10 a check that %s has not shown compatibility: SCHEMA_INCOMPAT, which says "%s"', async (_, says, check) => {
    const { dispatcher, clock } = judging(check as unknown as Check)
    const error = await failureOf(dispatcher.dispatch({ old: units({ a: 'm' }), next: units({ a: 'm' }) }))
    expect(error).toMatchObject({
      code: 'SCHEMA_INCOMPAT',
      phase: 'preflight',
      step: 'checkCompat',
      surface: 'unit',
      key: 'a',
      message: expect.stringContaining(says) as string,
    })
    expect(clock.pending).toBe(0)
  })

  it('I6 tells a check whether anything is to be committed', async () => {
    const seen: boolean[] = []
    const { dispatcher } = judging((_, ctx) => {
      seen.push(ctx.dryRun)
      return { level: 'compatible' }
    })
    const both = { old: units({ a: 'm' }), next: units({ a: 'm' }) }
    await dispatcher.checkCompat(both.old, both.next)
    await dispatcher.dispatch({ ...both, dryRun: true })
    await (await dispatcher.dispatch(both)).rollback()
    expect(seen).toEqual([true, true, false])
  })

  it('I8 gives up on a check that hangs', async () => {
    const { dispatcher, clock } = judging(() => new Promise(() => {}))
    const failure = failureOf(dispatcher.checkCompat(units({ a: 'm' }), units({ a: 'm' })))
    await turn()
    clock.advance(100)
    expect(await failure).toMatchObject({ code: 'STEP_TIMEOUT', phase: 'preflight', step: 'checkCompat' })
    expect(clock.pending).toBe(0)
  })

  it('I8 aborts a check, whose signal fires', async () => {
    const controller = new AbortController()
    let heard: unknown
    const { dispatcher, clock } = judging((_, ctx) => {
      ctx.signal.addEventListener('abort', () => {
        heard = ctx.signal.reason
      })
      controller.abort(new Error('enough'))
      return new Promise(() => {})
    })
    const error = await failureOf(
      dispatcher.dispatch({ old: units({ a: 'm' }), next: units({ a: 'm' }), signal: controller.signal }),
    )
    expect(error).toMatchObject({ code: 'ABORTED', phase: 'preflight', cause: new Error('enough') })
    expect(heard).toBe(error)
    await turnUntil(() => clock.pending === 0)
  })

  it('I6 judges the provider that a handoff names for itself', async () => {
    const { dispatcher } = judging()
    const handlers = new ReloadKindHandlers().add(unitKind, {
      name: 'one',
      key: 'a',
      resource: { read: () => '' },
      next: { key: 'renamed', unit: 'ft' },
    })
    expect(
      await failureOf(dispatcher.dispatch({ old: units({ a: 'm' }), next: units({ renamed: 'ft' }), handlers })),
    ).toMatchObject({ code: 'SCHEMA_INCOMPAT', details: [{ key: 'a', verdict: { reason: 'm became ft' } }] })
  })
})

describe('what a dispatcher is asked to hand over', () => {
  const resource = { read: () => '' }

  it('is refused on a surface without a strategy: NO_STRATEGY', async () => {
    const { dispatcher } = judging()
    const stranger = new OldProviders().add(unknownKind, { key: 'a', unit: 'm' })
    expect(await failureOf(dispatcher.dispatch({ old: stranger, next: stranger }))).toMatchObject({
      code: 'NO_STRATEGY',
      surface: 'unknown',
    })
    expect(await failureOf(dispatcher.checkCompat(stranger, stranger))).toMatchObject({ code: 'NO_STRATEGY' })
    expect(() => dispatcher.use({ surface: unitKind, discipline: 'clean' })).toThrow(
      expect.objectContaining({ code: 'DUPLICATE', surface: 'unit' }),
    )
  })

  it('is refused where nobody provides the key any more: ORPHANED_RESOURCE', async () => {
    const { dispatcher } = judging()
    const handlers = new ReloadKindHandlers().add(unitKind, { name: 'one', key: 'a', resource })
    expect(await failureOf(dispatcher.dispatch({ old: units({ a: 'm' }), next: units({}), handlers }))).toMatchObject({
      code: 'ORPHANED_RESOURCE',
      surface: 'unit',
      key: 'a',
      resource: 'one',
    })
  })

  it('is refused where nobody provided it: PROVIDER_NOT_FOUND', async () => {
    const { dispatcher } = judging()
    const handlers = new ReloadKindHandlers().add(unitKind, { name: 'one', key: 'a', resource })
    expect(await failureOf(dispatcher.dispatch({ old: units({}), next: units({ a: 'm' }), handlers }))).toMatchObject({
      code: 'PROVIDER_NOT_FOUND',
      resource: 'one',
    })
  })

  it('is refused twice under one name: DUPLICATE', () => {
    const handlers = new ReloadKindHandlers().add(unitKind, { name: 'one', key: 'a', resource })
    expect(() => handlers.add(unitKind, { name: 'one', key: 'b', resource })).toThrow(
      expect.objectContaining({ code: 'DUPLICATE', resource: 'one' }),
    )
  })

  it('takes the new providers from whatever registry the host keeps', async () => {
    const { dispatcher } = judging()
    const own = new Map([['a', { key: 'a', unit: 'ft' }]])
    const next: ProviderView = {
      get: <P, R, W>(_: Surface<P, R, W>, key: string) => own.get(key) as P | undefined,
      *entries() {
        for (const [key, provider] of own) yield [unitKind as AnySurface, key, provider]
      },
    }
    expect(await dispatcher.checkCompat(units({ a: 'm' }), next)).toMatchObject({
      compatible: false,
      entries: [{ key: 'a' }],
    })
  })

  it('a removal without a live resource is plain', async () => {
    const { dispatcher } = judging()
    const outcome = await dispatcher.dispatch({ old: units({ a: 'm' }), next: units({}) })
    outcome.commit()
    await outcome.finalize()
    expect(outcome.report).toEqual([])
  })

  it('I3 is refused where the strategy says that a removed key is still named', async () => {
    const strategy: HandoffStrategy<Unit, { read(): string }> = {
      surface: unitKind,
      discipline: 'contract',
      checkRemoval: ({ key, provider }) =>
        key === 'free' ? { level: 'compatible' } : { level: 'incompatible', reason: `rows are in ${provider.unit}` },
    }
    const dispatcher = new ReloadDispatcher().use(strategy)
    const error = await failureOf(
      dispatcher.dispatch({ old: units({ a: 'm', b: 's', free: 'kg' }), next: units({ a: 'm' }) }),
    )
    expect(error).toMatchObject({
      code: 'SCHEMA_INCOMPAT',
      phase: 'preflight',
      step: 'checkRemoval',
      surface: 'unit',
      key: 'b',
      message: expect.stringContaining('rows are in s') as string,
    })
    // A resource that goes on under another key keeps its own in use.
    const handlers = new ReloadKindHandlers().add(unitKind, {
      name: 'one',
      key: 'b',
      resource,
      next: { key: 'renamed', unit: 's' },
    })
    expect(
      await failureOf(dispatcher.dispatch({ old: units({ b: 's' }), next: units({ renamed: 's' }), handlers })),
    ).toMatchObject({ code: 'HANDOFF', phase: 'prepare' })
  })

  it('I3 is refused where the strategy says that what names an added key does not fit it', async () => {
    const strategy: HandoffStrategy<Unit, { read(): string }> = {
      surface: unitKind,
      discipline: 'contract',
      checkAddition: ({ key, provider }) =>
        key === 'free'
          ? { level: 'compatible' }
          : { level: 'incompatible', reason: `rows are not in ${provider.unit}` },
    }
    const dispatcher = new ReloadDispatcher().use(strategy)
    const error = await failureOf(
      dispatcher.dispatch({ old: units({ a: 'm' }), next: units({ a: 'm', b: 's', free: 'kg' }) }),
    )
    expect(error).toMatchObject({
      code: 'SCHEMA_INCOMPAT',
      step: 'checkAddition',
      surface: 'unit',
      key: 'b',
      message: expect.stringContaining('rows are not in s') as string,
    })
  })

  it('I3 fails where its strategy cannot hand over a live resource', async () => {
    const { dispatcher } = judging()
    const handlers = new ReloadKindHandlers().add(unitKind, { name: 'one', key: 'a', resource })
    const error = await failureOf(dispatcher.dispatch({ old: units({ a: 'm' }), next: units({ a: 'm' }), handlers }))
    expect(error).toMatchObject({ code: 'HANDOFF', phase: 'prepare', resource: 'one', rollbackErrors: [] })
  })
})
