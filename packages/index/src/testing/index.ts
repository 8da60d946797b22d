export { runIndexConformance } from './conformance.js'
export {
  readIndexGolden,
  writeIndexGolden,
  type GoldenFile,
  type IndexGolden,
  type WriteIndexGoldenOptions,
} from './golden.js'
export type { FilterCase, IndexCapabilities, IndexFixture } from './fixture.js'
export type { IndexConformanceOptions } from './options.js'
