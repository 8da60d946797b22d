import { describe, expect, it } from 'vitest'
import { indexHandoff, type IndexHandoffOptions } from '../src/index.js'
import { fileImage, fileSpool } from '../src/node/index.js'
import {
  runIndexConformance,
  writeIndexGolden,
  type IndexConformanceOptions,
  type IndexFixture,
} from '../src/testing/index.js'

const handoff = (options: object) => indexHandoff(options as IndexHandoffOptions)
const kit = (options: object) =>
  runIndexConformance({
    test: it,
    make: () => {
      throw new Error('not made')
    },
    ...options,
  } as IndexConformanceOptions)

/** What is called, by the path that its message begins with, and what it must not take. */
const REFUSED: Record<string, [call: (value: unknown) => unknown, values: readonly unknown[]]> = {
  'indexHandoff options.canary.queries': [(queries) => handoff({ canary: { queries } }), [undefined, 'all', {}]],
  'indexHandoff options.canary.k': [
    (k) => handoff({ canary: { queries: [], k } }),
    [0, 1.5, Number.NaN, Infinity, '10', null],
  ],
  'indexHandoff options.canary.compare': [(compare) => handoff({ canary: { queries: [], compare } }), [true]],
  'indexHandoff options.canary': [(canary) => handoff({ canary }), [null, [], 'queries']],
  'indexHandoff options.checkSchema': [(checkSchema) => handoff({ checkSchema }), ['no', 0, null]],
  'indexHandoff options.spool': [(spool) => handoff({ spool }), ['/tmp', {}]],
  'indexHandoff options': [(name) => handoff({ [String(name)]: 1 }), ['canaries', 'checkschema']],
  'fileImage path': [(path) => fileImage(path as string), ['', undefined, 7]],
  'writeIndexGolden options.version': [
    (version) => writeIndexGolden({} as IndexFixture, { version } as { version: string }),
    ['', undefined, 2],
  ],
  'writeIndexGolden options': [
    (name) => writeIndexGolden({} as IndexFixture, { version: '1', [String(name)]: 1 } as { version: string }),
    ['seed'],
  ],
  'runIndexConformance options.deadlineMs': [(deadlineMs) => kit({ deadlineMs }), [0, -1, Infinity, Number.NaN, '30']],
  'fileSpool directory': [(directory) => fileSpool(directory as string), ['', undefined, 7]],
  'runIndexConformance options.capabilities': [(name) => kit({ capabilities: { [String(name)]: true } }), ['write']],
  'runIndexConformance options.capabilities.writes': [(writes) => kit({ capabilities: { writes } }), ['yes']],
  'runIndexConformance options.seed': [(seed) => kit({ seed }), [Number.NaN, '1', 0.5]],
  'runIndexConformance options.knownGaps': [(knownGaps) => kit({ knownGaps }), ['contract/close']],
  'runIndexConformance options.test': [(test) => kit({ test }), [undefined, 'vitest']],
}

describe('options', () => {
  it.each(Object.entries(REFUSED))('%s is refused by name', async (path, [call, values]) => {
    for (const value of values) await expect((async () => call(value))()).rejects.toThrow(`${path}: expected `)
  })
})
