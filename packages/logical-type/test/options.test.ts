import { describe, expect, it } from 'vitest'
import { logicalTypeHandoff, type LogicalTypeHandoffOptions } from '../src/index.js'
import { runLogicalTypeConformance, writeLogicalTypeGolden, type LogicalTypeConformance } from '../src/testing/index.js'

const handoff = (options: object) => logicalTypeHandoff(options as LogicalTypeHandoffOptions)
const kit = (options: object) =>
  runLogicalTypeConformance({
    test: it,
    make: () => {
      throw new Error('not made')
    },
    ...options,
  } as LogicalTypeConformance)

/** What is called, by the path that its message begins with, and what it must not take. */
const REFUSED: Record<string, [call: (value: unknown) => unknown, values: readonly unknown[]]> = {
  'logicalTypeHandoff options.sampleLimit': [
    (sampleLimit) => handoff({ sampleLimit }),
    [0, -1, 0.5, Number.NaN, '64', null],
  ],
  'logicalTypeHandoff options': [(name) => handoff({ [String(name)]: 1 }), ['samples', 'limit']],
  'writeLogicalTypeGolden options.version': [
    (version) => writeLogicalTypeGolden({} as never, { version } as never),
    ['', undefined, 1],
  ],
  'runLogicalTypeConformance options.deadlineMs': [(deadlineMs) => kit({ deadlineMs }), [0, Infinity, '30']],
  'runLogicalTypeConformance options.capabilities': [
    (name) => kit({ capabilities: { [String(name)]: true } }),
    ['castTo'],
  ],
  'runLogicalTypeConformance options.capabilities.refuses': [(refuses) => kit({ capabilities: { refuses } }), ['abc']],
  'runLogicalTypeConformance options.seed': [(seed) => kit({ seed }), [Number.NaN, '1', 0.5]],
  'runLogicalTypeConformance options.golden': [(golden) => kit({ golden }), [{}, 'file']],
}

describe('options', () => {
  it.each(Object.entries(REFUSED))('%s is refused by name', (path, [call, values]) => {
    for (const value of values) expect(() => call(value)).toThrow(`${path}: expected `)
  })
})
