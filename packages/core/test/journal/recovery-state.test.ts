import type { JournalRecord, JournaledChange } from '@uni/reload-core'
import { planRecovery } from '@uni/reload-core/node'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RecoveryState } from '../../src/journal/recovery-state.js'

const version = fc.constantFrom('1.0.0', '2.0.0', '3.0.0')
const change = fc.record(
  { plugin: fc.constantFrom('a', 'b', 'c'), from: version, to: version },
  { requiredKeys: ['plugin'] },
)
const changes = fc.uniqueArray(change, {
  selector: ({ plugin }) => plugin,
  minLength: 1,
  maxLength: 3,
}) as fc.Arbitrary<JournaledChange[]>
const record: fc.Arbitrary<JournalRecord> = fc.nat(6).chain((operation) =>
  fc.oneof<fc.Arbitrary<JournalRecord>[]>(
    fc.record({ type: fc.constant('intent' as const), operation: fc.constant(operation), changes }),
    fc.record({
      type: fc.constantFrom(
        'prepared' as const,
        'committed' as const,
        'permanent' as const,
        'rolled-back' as const,
        'finalized' as const,
      ),
      operation: fc.constant(operation),
    }),
  ),
)
/** An operation has one intent. */
const records = fc
  .array(record, { maxLength: 40 })
  .map((all) =>
    all.filter(
      (it, at) =>
        it.type !== 'intent' ||
        !all.slice(0, at).some((other) => other.type === 'intent' && other.operation === it.operation),
    ),
  )

const stateOf = (all: readonly JournalRecord[]): RecoveryState => {
  const state = new RecoveryState()
  for (const it of all) state.add(it)
  return state
}
const sorted = (all: readonly JournalRecord[]) =>
  [...planRecovery(all).plugins.values()].toSorted((one, other) => (one.id < other.id ? -1 : 1))

describe('records that are summed up', () => {
  it('J3 say what all of them say, whatever comes after them', () =>
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('a', 'b'), version), records, fc.nat(40), (plugins, all, at) => {
        const whole: JournalRecord[] = [{ type: 'active', plugins }, ...all]
        const summary = stateOf(whole.slice(0, at)).records()
        expect(sorted([...summary, ...whole.slice(at)])).toEqual(sorted(whole))
      }),
      { numRuns: 2_000 },
    ))

  it('J3 say what is permanent, to the next run', () =>
    fc.assert(
      fc.property(records, (all) => {
        const next = sorted([stateOf(all).restart()])
        expect(next).toEqual(
          sorted(all)
            .filter(({ id, version: found }) => found !== undefined || next.some((it) => it.id === id))
            .map((plugin) => ({ ...plugin, abandoned: [] })),
        )
      }),
    ))

  it('are no more for a plugin that is reloaded, and made permanent, a thousand times', () => {
    const all = Array.from({ length: 1_000 }, (_, at): JournalRecord[] => [
      { type: 'intent', operation: at + 1, changes: [{ plugin: 'a', from: `1.${at}.0`, to: `1.${at + 1}.0` }] },
      { type: 'prepared', operation: at + 1 },
      { type: 'committed', operation: at + 1 },
      { type: 'permanent', operation: at + 1 },
    ]).flat()
    expect(stateOf([{ type: 'active', plugins: { a: '1.0.0' } }, ...all]).records()).toEqual([
      { type: 'active', plugins: { a: '1.1000.0' }, since: { a: 1_000 } },
    ])
  })
})
