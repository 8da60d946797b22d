export { declareConformance, type ConformanceCase, type DeclareTest } from './conformance.js'
export { attempt, type Attempt, ConformanceError, Expectation } from './expectation.js'
export { ManualClock } from './manual-clock.js'
