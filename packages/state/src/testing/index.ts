export { runMemoryConformance, type MemoryConformance } from './memory-conformance.js'
export { runTimersConformance, type TimersConformance } from './timers-conformance.js'
export {
  runConnectionsConformance,
  type ConnectionFixture,
  type ConnectionsConformance,
} from './connections-conformance.js'
