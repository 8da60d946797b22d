import { readCrdtGolden, runCrdtConformance } from '@uni/reload-crdt/testing'
import { describe, test } from 'vitest'
import { boards, subjectOf } from './support/crdt-subjects.js'
import { goldenFiles } from './support/golden-files.js'

const { entry } = boards
const golden = (await goldenFiles('boards')).map(({ bytes }) => readCrdtGolden(bytes))

describe('boards 1.0.0 keeps the rules of a CRDT kind', () => {
  runCrdtConformance({
    test,
    make: () => subjectOf(boards, entry.v1(), entry.v2()),
    capabilities: { wayBack: true },
    golden,
  })
})

describe('boards 2.0.0 keeps the rules of a CRDT kind', () => {
  runCrdtConformance({
    test,
    make: () => subjectOf(boards, entry.v2(), entry.v1()),
    capabilities: { wayBack: true },
    golden,
  })
})
