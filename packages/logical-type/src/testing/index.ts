export { ConformanceError, type DeclareTest } from '@uni/reload-core/testing'
export { runLogicalTypeConformance } from './conformance.js'
export { writeLogicalTypeGolden, type GoldenFile, type WriteLogicalTypeGoldenOptions } from './golden-file.js'
export type { EarlierVersion, LogicalTypeCapabilities, LogicalTypeConformance } from './options.js'
