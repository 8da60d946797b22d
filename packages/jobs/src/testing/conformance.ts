import { checkOptions } from '@uni/reload-core'
import { declareConformance } from '@uni/reload-core/testing'
import { attemptCases } from './attempt-cases.js'
import { OPTIONS, type JobBackendConformance } from './options.js'
import { scheduleCases } from './schedule-cases.js'
import { waitingCases } from './waiting-cases.js'

/** Proves that a backend keeps the rules of jobs: declares a test for each rule. */
export function runJobBackendConformance(given: JobBackendConformance): void {
  const options = checkOptions(given, 'runJobBackendConformance options', OPTIONS)
  const { test, knownGaps, deadlineMs } = options
  declareConformance(test, [...attemptCases(options), ...waitingCases(options), ...scheduleCases(options)], {
    kit: 'runJobBackendConformance',
    knownGaps,
    deadlineMs,
  })
}
