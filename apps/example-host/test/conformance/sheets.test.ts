import { readCrdtGolden, runCrdtConformance } from '@uni/reload-crdt/testing'
import { describe, test } from 'vitest'
import { sheets, subjectOf } from './support/crdt-subjects.js'
import { goldenFiles } from './support/golden-files.js'

const { entry } = sheets
const golden = (await goldenFiles('sheets')).map(({ bytes }) => readCrdtGolden(bytes))

describe('sheets 1.0.0 keeps the rules of a CRDT kind', () => {
  runCrdtConformance({
    test,
    make: () => subjectOf(sheets, entry.v1(), entry.v2()),
    capabilities: { wayBack: true },
    golden,
  })
})

describe('sheets 2.0.0 keeps the rules of a CRDT kind', () => {
  runCrdtConformance({
    test,
    make: () => subjectOf(sheets, entry.v2(), entry.v1()),
    capabilities: { wayBack: true },
    golden,
  })
})
