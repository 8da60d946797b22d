import { describe, expect, it } from 'vitest'
import { crdtHandoff, type CrdtHandoffOptions } from '../src/index.js'
import { runCrdtConformance, writeCrdtGolden, type CrdtConformanceOptions } from '../src/testing/index.js'
import { entriesSubject } from './fixtures/entries-kind.js'

const handoff = (options: object) => crdtHandoff(options as CrdtHandoffOptions)
const kit = (options: object) =>
  runCrdtConformance({
    test: it,
    make: () => {
      throw new Error('not made')
    },
    ...options,
  } as CrdtConformanceOptions)

/** What is called, by the path that its message begins with, and what it must not take. */
const REFUSED: Record<string, [call: (value: unknown) => unknown, values: readonly unknown[]]> = {
  'crdtHandoff options.direction': [(direction) => handoff({ direction }), ['Full', 'forward', null]],
  'crdtHandoff options.sampleLimit': [(sampleLimit) => handoff({ sampleLimit }), [-1, 0.5, Number.NaN, '64', null]],
  'crdtHandoff options': [(name) => handoff({ [String(name)]: 1 }), ['samples', 'limit']],
  'writeCrdtGolden options.version': [
    (version) => writeCrdtGolden(entriesSubject(), { version } as never),
    ['', undefined, 1],
  ],
  'writeCrdtGolden options.seed': [
    (seed) => writeCrdtGolden(entriesSubject(), { version: '1', seed } as never),
    [-1, '1'],
  ],
  'runCrdtConformance options.deadlineMs': [(deadlineMs) => kit({ deadlineMs }), [0, Infinity, '30']],
  'runCrdtConformance options.capabilities': [(name) => kit({ capabilities: { [String(name)]: true } }), ['any-order']],
  'runCrdtConformance options.capabilities.wayBack': [(wayBack) => kit({ capabilities: { wayBack } }), ['yes']],
  'runCrdtConformance options.seed': [(seed) => kit({ seed }), [Number.NaN, '1', 0.5]],
  'runCrdtConformance options.make': [(make) => kit({ make }), [undefined, {}]],
}

describe('options', () => {
  it.each(Object.entries(REFUSED))('%s is refused by name', async (path, [call, values]) => {
    for (const value of values) await expect((async () => call(value))()).rejects.toThrow(`${path}: expected `)
  })
})
