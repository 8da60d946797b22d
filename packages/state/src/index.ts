export type { MemoryCodec, MemoryProvider } from './memory/contract.js'
export type { Memory } from './memory/memory.js'
export { openMemory, type StoredMemory } from './memory/open-memory.js'
export { memoryHandoff } from './memory/strategy.js'
export { memory, type MemorySurface } from './memory/surface.js'

export { PerKey, type AttachingHost, type PerKeyOptions } from './per-key/per-key.js'
export type { InUse } from './per-key/shared-resource.js'

export type { Connected, ConnectionsProvider } from './connections/contract.js'
export { openHub, type Hub, type HubOptions } from './connections/hub.js'
export { connectionsHandoff } from './connections/strategy.js'
export { connections, type ConnectionsSurface } from './connections/surface.js'

export { timers, type FiredTimer, type TimersProvider, type TimersSurface } from './timers/contract.js'
export type { PendingTimer } from './timers/schedule.js'
export { timersHandoff } from './timers/strategy.js'
export { openTimers, type TimerOptions, type Timers, type TimersOptions } from './timers/timers.js'

export { SchemaError } from './schema/conform.js'
