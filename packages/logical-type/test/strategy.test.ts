import { OldProviders, ReloadDispatcher, ReloadError } from '@uni/reload-core'
import { describe, expect, test } from 'vitest'
import { logicalType, logicalTypeHandoff } from '../src/index.js'
import { money } from './fixtures.js'
import { verdictOn } from './judge.js'
import { fromLiteral, toDisplay } from './strategy-fixtures.js'

describe('the strategy', () => {
  test('refuses a dispatch with SCHEMA_INCOMPAT, the differences in its details', async () => {
    const dispatcher = new ReloadDispatcher([]).use(logicalTypeHandoff())
    const next = new OldProviders().add(logicalType, money({ encodingVersion: 'mills' }))
    const error: unknown = await dispatcher
      .dispatch({ old: new OldProviders().add(logicalType, money()), next })
      .catch((thrown: unknown) => thrown)
    expect(ReloadError.is(error)).toBe(true)
    expect(error).toMatchObject({
      code: 'SCHEMA_INCOMPAT',
      surface: 'logical-type',
      key: 'acme.money',
      message: expect.stringContaining('encodingVersion: "cents" → "mills"'),
    })
  })

  test('a malformed contract is SCHEMA_INCOMPAT, naming which version (L4)', async () => {
    const broken = money({ metadata: {} as never })
    await expect(verdictOn(money(), broken)).rejects.toMatchObject({ code: 'SCHEMA_INCOMPAT', step: 'new contract' })
    await expect(verdictOn(broken, money())).rejects.toMatchObject({ code: 'SCHEMA_INCOMPAT', step: 'old contract' })
  })

  test('an abort stops between samples (L10, I8)', async () => {
    const controller = new AbortController()
    let parsed = 0
    const next = money({
      fromLiteral: (text) => {
        parsed += 1
        controller.abort()
        return fromLiteral(text)
      },
    })
    const dispatcher = new ReloadDispatcher([]).use(logicalTypeHandoff())
    const dispatch = dispatcher.dispatch({
      old: new OldProviders().add(logicalType, money()),
      next: new OldProviders().add(logicalType, next),
      signal: controller.signal,
    })
    await expect(dispatch).rejects.toMatchObject({ code: 'ABORTED' })
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
    expect(parsed).toBe(2)
  })

  test('lets the event loop turn between samples (L10)', async () => {
    const turned: boolean[] = []
    let turn = false
    setImmediate(() => {
      turn = true
    })
    const busy = (value: unknown): string => {
      turned.push(turn)
      for (const until = performance.now() + 5; performance.now() < until;);
      return toDisplay(value)
    }
    await verdictOn(money({ toDisplay: busy }), money())
    expect({ first: turned[0], last: turned.at(-1) }).toEqual({ first: false, last: true })
  })

  test('refuses a sample limit that is none', () => {
    expect(() => logicalTypeHandoff({ sampleLimit: 0 })).toThrow(RangeError)
    expect(() => logicalTypeHandoff({ sampleLimit: 1.5 })).toThrow(
      'logicalTypeHandoff options.sampleLimit: expected a whole number, 1 or more, and got 1.5',
    )
  })
})
