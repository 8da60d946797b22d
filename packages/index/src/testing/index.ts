export { runIndexConformance } from './conformance.js'
export { readIndexGolden, writeIndexGolden, type GoldenFile, type IndexGolden } from './golden.js'
export type { FilterCase, IndexCapabilities, IndexFixture } from './fixture.js'
export type { IndexConformanceOptions } from './options.js'
