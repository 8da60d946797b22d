export { runCrdtConformance, type CrdtConformanceOptions } from './conformance.js'
export type {
  CrdtCapabilities,
  CrdtReplica,
  CrdtSubject,
  HostedDocuments,
  MakeSubject,
  OlderVersion,
} from './subject.js'
export type { Random } from './random.js'
export { readCrdtGolden, writeCrdtGolden, type CrdtGolden, type GoldenFile, type WriteGoldenOptions } from './golden.js'
