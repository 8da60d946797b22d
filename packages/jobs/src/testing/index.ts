export { runJobBackendConformance } from './conformance.js'
export type { JobBackendConformance, OpenedBackend, Worker } from './options.js'
