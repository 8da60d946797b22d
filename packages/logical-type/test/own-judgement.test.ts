import { OldProviders, ReloadDispatcher } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { Int32 } from 'apache-arrow'
import { describe, expect, test } from 'vitest'
import { logicalType, logicalTypeHandoff } from '../src/index.js'
import { money } from './fixtures.js'
import { verdictOn } from './judge.js'
import { fromLiteral, toDisplay, check, migrate, widen, fail } from './strategy-fixtures.js'

describe("the new version's own judgement (L7)", () => {
  test('can refuse what the contract lets pass', async () => {
    const verdict = { level: 'incompatible', reason: 'rounding changed', details: { since: 2 } }
    expect(await verdictOn(money(), money(check(async () => verdict)))).toEqual(verdict)
  })

  test('is given the old version', async () => {
    const old = money()
    let given: unknown
    await verdictOn(
      old,
      money(
        check((before: unknown) => {
          given = before
          return { level: 'compatible' }
        }),
      ),
    )
    expect(given).toBe(old)
  })

  test('is asked of the version, whose state it may need', async () => {
    const next = Object.assign(money(), {
      reason: 'rounding changed',
      compatCheck(this: { reason: string }) {
        return { level: 'incompatible' as const, reason: this.reason }
      },
    })
    expect(await verdictOn(money(), next)).toEqual({ level: 'incompatible', reason: 'rounding changed' })
  })

  test('what could not be judged of a contract that changed is said too (L9)', async () => {
    const named = { name: 'arrow.unheard_of' }
    const narrowed = money({
      ...named,
      arrowType: new Int32(),
      fromLiteral: (text) => Number(fromLiteral(text)),
      toDisplay: (value) => toDisplay(BigInt(value as number)),
      samples: () => ['12.50'],
    })
    expect(await verdictOn(narrowed, money({ ...named, compatCheck: migrate, castFrom: widen }))).toMatchObject({
      level: 'migrate',
      unjudged: [
        {
          path: 'name',
          reason: expect.stringContaining('"arrow.unheard_of" is a name that only Arrow gives') as string,
        },
      ],
    })
  })

  test('can ask to migrate where nothing changed, which is reported', async () => {
    expect(await verdictOn(money(), money(check(() => ({ level: 'migrate', reason: 'faster parser' }))))).toEqual({
      level: 'migrate',
      reason: 'faster parser',
    })
  })

  test('that fails, rejects or is no verdict refuses', async () => {
    expect(await verdictOn(money(), money(check(fail('boom'))))).toMatchObject({
      level: 'incompatible',
      reason: 'compatCheck failed: boom',
    })
    expect(await verdictOn(money(), money(check(() => Promise.reject(new Error('later')))))).toMatchObject({
      reason: 'compatCheck failed: later',
    })
    for (const wrong of [undefined, true, { level: 'fine' }, { level: 'migrate' }]) {
      expect(await verdictOn(money(), money(check(() => wrong)))).toMatchObject({
        level: 'incompatible',
        reason: 'compatCheck returned something that is not a verdict',
      })
    }
  })

  test('does not hide the contract differences when it refuses', async () => {
    const next = money({ encodingVersion: 'mills', ...check(() => ({ level: 'incompatible', reason: 'other cents' })) })
    expect(await verdictOn(money(), next)).toEqual({
      level: 'incompatible',
      reason: 'other cents; the contract changed: encodingVersion: "cents" → "mills"',
      details: [{ path: 'encodingVersion', old: 'cents', new: 'mills' }],
    })
  })

  test('that hangs is given up on at the deadline (I8)', async () => {
    const clock = new ManualClock()
    const next = money()
    const asked = new Promise<void>((resolve) => {
      Object.assign(
        next,
        check(() => {
          resolve()
          return new Promise(() => {})
        }),
      )
    })
    const dispatcher = new ReloadDispatcher([], { clock, timeouts: { preflight: 100 } }).use(logicalTypeHandoff())
    const failed = dispatcher
      .checkCompat(new OldProviders().add(logicalType, money()), new OldProviders().add(logicalType, next))
      .catch((error: unknown) => error)
    await asked
    clock.advance(101)
    expect(await failed).toMatchObject({
      code: 'STEP_TIMEOUT',
      step: 'compatCheck',
      surface: 'logical-type',
      key: 'acme.money',
    })
  })
})
