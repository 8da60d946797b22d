import { describe, test } from 'vitest'
import { runCrdtConformance } from '../src/testing/index.js'
import { entriesSubject } from './fixtures/entries-kind.js'
import { counterSubject } from './fixtures/g-counter.js'
import { goldenFiles } from './fixtures/golden-files.js'
import { automerge, loro, subjectOf, yjs } from './fixtures/libraries/index.js'

const capabilities = { wayBack: true }

describe('boards in Yjs', () => {
  runCrdtConformance({ test, make: () => subjectOf(yjs), capabilities, golden: goldenFiles('yjs') })
})

describe('boards in Automerge', () => {
  runCrdtConformance({ test, make: () => subjectOf(automerge), capabilities, golden: goldenFiles('automerge') })
})

describe('boards in Loro', () => {
  // Loro throws strings.
  runCrdtConformance({
    test,
    make: () => subjectOf(loro),
    capabilities,
    golden: goldenFiles('loro'),
    knownGaps: ['bad-input/says-why'],
  })
})

describe('entries', () => {
  runCrdtConformance({
    test,
    make: () => entriesSubject(),
    capabilities: { inPlace: true },
    golden: goldenFiles('entries'),
  })
})

describe('a counter, whose operations count each time they arrive', () => {
  runCrdtConformance({ test, make: counterSubject, capabilities: { repeats: false, samples: false } })
})
