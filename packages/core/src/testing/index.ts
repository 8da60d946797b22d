export {
  declareConformance,
  KIT,
  type After,
  type ConformanceCase,
  type ConformanceOptions,
  type DeclareTest,
  type KitOptions,
} from './conformance.js'
export { attempt, type Attempt, ConformanceError, Expectation } from './expectation.js'
export {
  Fault,
  FAULT_NAMES,
  runStrategyConformance,
  withFault,
  type FaultName,
  type FaultOptions,
  type FaultSort,
  type GivenKind,
  type MatrixSummary,
  type SceneGiven,
  type StrategyConformanceOptions,
  type StrategySubject,
  type SubjectResources,
  type SubjectScene,
  type Tolerance,
} from './faults/index.js'
export type { NamedKinds } from './named-calls.js'
export { ManualClock } from './manual-clock.js'
export { stepOutsideReloads } from './step-outside-reloads.js'
