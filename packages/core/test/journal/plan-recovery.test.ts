import type { JournalRecord } from '@uni/reload-core'
import { planRecovery } from '@uni/reload-core/node'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const intent = (
  operation: number,
  plugin: string,
  from: string | undefined,
  to: string | undefined,
): JournalRecord => ({
  type: 'intent',
  operation,
  changes: [{ plugin, ...(from !== undefined && { from }), ...(to !== undefined && { to }) }],
})
const active = (plugins: Record<string, string | null>): JournalRecord => ({ type: 'active', plugins })

function planOf(records: readonly JournalRecord[], id = 'search') {
  return planRecovery(records).plugins.get(id)
}

describe('which version a crash comes back on', () => {
  const reload: JournalRecord[] = [
    active({ search: '1.0.0' }),
    intent(1, 'search', '1.0.0', '2.0.0'),
    { type: 'prepared', operation: 1 },
    { type: 'committed', operation: 1 },
    { type: 'permanent', operation: 1 },
    { type: 'finalized', operation: 1 },
  ]

  it.each([
    [1, '1.0.0', []],
    [2, '1.0.0', [{ version: '2.0.0', reached: 'intent' }]],
    [3, '1.0.0', [{ version: '2.0.0', reached: 'prepared' }]],
    [4, '1.0.0', [{ version: '2.0.0', reached: 'committed' }]],
    [5, '2.0.0', []],
    [6, '2.0.0', []],
  ])('after %i records of a reload', (length, version, abandoned) => {
    expect(planOf(reload.slice(0, length))).toEqual({ id: 'search', version, abandoned })
  })

  it('a reload that was rolled back leaves no trace', () => {
    expect(planOf([...reload.slice(0, 3), { type: 'rolled-back', operation: 1 }])).toEqual({
      id: 'search',
      version: '1.0.0',
      abandoned: [],
    })
  })

  it('an install is permanent at its commit, a removal too', () => {
    const installed: JournalRecord[] = [
      active({}),
      intent(1, 'search', undefined, '1.0.0'),
      { type: 'committed', operation: 1 },
    ]
    expect(planOf(installed.slice(0, 2))).toEqual({
      id: 'search',
      version: undefined,
      abandoned: [{ version: '1.0.0', reached: 'intent' }],
    })
    expect(planOf(installed)?.version).toBe('1.0.0')
    const removed: JournalRecord[] = [
      ...installed,
      intent(2, 'search', '1.0.0', undefined),
      { type: 'committed', operation: 2 },
    ]
    expect(planOf(removed.slice(0, 4))).toEqual({ id: 'search', version: '1.0.0', abandoned: [] })
    expect(planOf(removed)).toEqual({ id: 'search', version: undefined, abandoned: [] })
    expect(planOf([active({ search: null })])).toEqual({ id: 'search', version: undefined, abandoned: [] })
  })

  it.each(['prepared', 'committed', 'permanent', 'rolled-back', 'finalized'] as const)(
    'a `%s` of an operation that has no intent says nothing',
    (type) => {
      expect(planOf([active({ search: '1.0.0' }), { type, operation: 1 }])).toEqual({
        id: 'search',
        version: '1.0.0',
        abandoned: [],
      })
    },
  )

  it('plugins that were reloaded together become permanent together', () => {
    const both: JournalRecord[] = [
      active({ a: '1.0.0', b: '1.0.0' }),
      {
        type: 'intent',
        operation: 1,
        changes: [
          { plugin: 'a', from: '1.0.0', to: '2.0.0' },
          { plugin: 'b', from: '1.0.0', to: '2.0.0' },
        ],
      },
      { type: 'committed', operation: 1 },
    ]
    expect(['a', 'b'].map((id) => planOf(both, id)?.version)).toEqual(['1.0.0', '1.0.0'])
    expect(['a', 'b'].map((id) => planOf([...both, { type: 'permanent', operation: 1 }], id)?.version)).toEqual([
      '2.0.0',
      '2.0.0',
    ])
  })

  it('an earlier operation that is made permanent later does not take a newer version back', () => {
    const records: JournalRecord[] = [
      active({ a: '1.0.0', b: '1.0.0' }),
      {
        type: 'intent',
        operation: 1,
        changes: [
          { plugin: 'a', from: '1.0.0', to: '2.0.0' },
          { plugin: 'b', from: '1.0.0', to: '2.0.0' },
        ],
      },
      { type: 'committed', operation: 1 },
      intent(2, 'b', '2.0.0', '3.0.0'),
      { type: 'committed', operation: 2 },
      { type: 'permanent', operation: 2 },
      { type: 'permanent', operation: 1 },
    ]
    expect(['a', 'b'].map((id) => planOf(records, id)?.version)).toEqual(['2.0.0', '3.0.0'])
  })

  it('a version that serves again after a reload was taken back is not told as one that was tried', () => {
    const records: JournalRecord[] = [
      active({ search: '1.0.0' }),
      intent(1, 'search', '1.0.0', '2.0.0'),
      { type: 'committed', operation: 1 },
      intent(2, 'search', '2.0.0', '1.0.0'),
      { type: 'committed', operation: 2 },
    ]
    expect(planOf(records)).toEqual({
      id: 'search',
      version: '1.0.0',
      abandoned: [{ version: '2.0.0', reached: 'committed' }],
    })
  })
})

/** A host that serves one plugin, as a model: what is written down, and the version a crash has to come back on. */
it('I3 whatever was done, every prefix comes back on the last version that was permanent then', () => {
  const steps = fc.array(fc.constantFrom('reload', 'fail', 'permanent', 'remove', 'install'), { maxLength: 20 })
  fc.assert(
    fc.property(steps, fc.nat(), (done, cut) => {
      const records: { record: JournalRecord; permanent: string | undefined }[] = []
      let permanent: string | undefined
      let serving: string | undefined
      let operation = 0
      let brought = 0
      let made = 0
      const write = (record: JournalRecord): void => {
        records.push({ record, permanent })
      }
      for (const step of done) {
        if (step === 'install' ? serving !== undefined : serving === undefined) continue
        if (step === 'permanent') {
          permanent = serving
          write({ type: 'permanent', operation: brought })
          continue
        }
        operation += 1
        const to = step === 'remove' ? undefined : `${(made += 1)}.0.0`
        write(intent(operation, 'search', serving, to))
        if (step === 'fail') {
          write({ type: 'rolled-back', operation })
          continue
        }
        write({ type: 'prepared', operation })
        serving = to
        brought = operation
        if (step !== 'reload') permanent = to
        write({ type: 'committed', operation })
      }
      const length = records.length === 0 ? 0 : cut % (records.length + 1)
      expect(planOf(records.slice(0, length).map(({ record }) => record))?.version).toBe(records[length - 1]?.permanent)
    }),
  )
})
