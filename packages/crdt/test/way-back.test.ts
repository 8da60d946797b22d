import { describe, expect, it } from 'vitest'
import { counterKind, decode } from './fixtures/g-counter.js'
import { pairsCounterKind } from './fixtures/pairs-counter.js'
import { Served } from './fixtures/served.js'
import { verdictOn } from './fixtures/verdict.js'

describe('X25 a migration that cannot be undone says so', () => {
  it('where the old version reads something else', async () => {
    const { level, reason } = await verdictOn({ old: counterKind(), next: pairsCounterKind() })
    expect(level).toBe('migrate')
    expect(reason).toBe(
      'there is no way back: the old version reads sample 1 differently once the new version has persisted it: value: 3 → "0a,2b,1". ' +
        'Keep the documents as they were before, and move every replica on; or ask for direction "full", which refuses this',
    )
  })

  it('where the old version cannot open it', async () => {
    const old = counterKind({
      fromPersisted: (bytes) => {
        if (Array.isArray(decode(bytes))) throw new Error('expected an object')
        return counterKind().fromPersisted(bytes)
      },
    })
    expect((await verdictOn({ old, next: pairsCounterKind() })).reason).toMatch(
      /^there is no way back: opening the empty state, as the new version persisted it, with the old version failed: expected an object\./,
    )
  })

  it('I8 where the old version hangs at it, which is not held against the new one', async () => {
    let hangs: (() => void) | undefined
    const hanging = new Promise<void>((resolve) => {
      hangs = resolve
    })
    const old = counterKind({
      fromPersisted: (bytes) => {
        if (!Array.isArray(decode(bytes))) return counterKind().fromPersisted(bytes)
        hangs?.()
        return new Promise(() => {})
      },
    })
    const served = new Served({ old, next: pairsCounterKind() })
    const verdict = served.verdict()
    await hanging
    served.clock.advance(60_000)
    expect(await verdict).toMatchObject({
      level: 'migrate',
      reason: expect.stringMatching(/^there is no way back: STEP_TIMEOUT .*fromPersisted/) as string,
    })
  })

  it('beside what the version says of itself', async () => {
    const next = {
      ...pairsCounterKind(),
      schemaCompatCheck: () => ({ level: 'migrate' as const, reason: 'counts become pairs' }),
    }
    expect((await verdictOn({ old: counterKind(), next })).reason).toMatch(
      /^counts become pairs; there is no way back: /,
    )
    const refusing = {
      ...pairsCounterKind(),
      schemaCompatCheck: () => ({ level: 'incompatible' as const, reason: 'not today' }),
    }
    expect(await verdictOn({ old: counterKind(), next: refusing })).toEqual({
      level: 'incompatible',
      reason: 'not today',
    })
  })

  it('I10 and the report of the reload has it', async () => {
    const served = new Served({ old: counterKind(), next: pairsCounterKind(), docs: {} })
    await using outcome = await served.dispatch()
    expect(outcome.compat.entries[0]?.verdict).toMatchObject({
      level: 'migrate',
      reason: expect.stringContaining('no way back') as string,
    })
  })
})
