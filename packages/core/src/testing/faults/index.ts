export { Fault, FAULT_NAMES, type FaultName, type FaultOptions, type FaultSort } from './fault.js'
export { withFault } from './with-fault.js'
export { runStrategyConformance, type MatrixSummary, type StrategyConformanceOptions } from './strategy-conformance.js'
export type { GivenKind, SceneGiven, StrategySubject, SubjectResources, SubjectScene, Tolerance } from './subject.js'
