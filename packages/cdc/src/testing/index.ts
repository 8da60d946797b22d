export { runCdcConformance } from './conformance.js'
export { writeCdcGolden, type WriteCdcGoldenOptions } from './golden.js'
export type { CdcCapabilities, CdcConformanceOptions, CdcFixture, CdcGoldenFile } from './options.js'
