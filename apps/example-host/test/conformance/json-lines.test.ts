import { runCdcConformance } from '@uni/reload-cdc/testing'
import { describe, test } from 'vitest'
import { goldenFiles } from './support/golden-files.js'
import { JSON_LINES, jsonLinesSink } from './support/json-lines-sink.js'

const golden = await goldenFiles('json-lines')

describe.each([
  ['json-lines-all', 'v1'],
  ['json-lines-all', 'v2'],
  ['json-lines-titles', 'v2'],
] as const)('%s %s keeps the rules of a CDC output', (sink, version) => {
  runCdcConformance({
    test,
    make: () => jsonLinesSink(sink, (entry) => entry[version]()),
    capabilities: JSON_LINES,
    golden,
  })
})
