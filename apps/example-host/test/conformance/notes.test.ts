import { readCrdtGolden, runCrdtConformance } from '@uni/reload-crdt/testing'
import { describe, test } from 'vitest'
import { notes, subjectOf } from './support/crdt-subjects.js'
import { goldenFiles } from './support/golden-files.js'

const { entry } = notes
const golden = (await goldenFiles('notes')).map(({ bytes }) => readCrdtGolden(bytes))

describe('notes 1.0.0 keeps the rules of a CRDT kind', () => {
  runCrdtConformance({
    test,
    make: () => subjectOf(notes, entry.v1(), entry.v2()),
    capabilities: { wayBack: true },
    golden,
  })
})

describe('notes 2.0.0 keeps the rules of a CRDT kind', () => {
  runCrdtConformance({
    test,
    make: () => subjectOf(notes, entry.v2(), entry.v1()),
    capabilities: { wayBack: true },
    golden,
  })
})
