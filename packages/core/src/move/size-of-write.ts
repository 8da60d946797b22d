import type { Surface } from '../surface.js'
import { synchronous } from '../synchronous.js'
import { estimatedBytes } from './estimated-bytes.js'

/** How many bytes a write occupies. Never throws, as the resource has accepted the write: else it is estimated. */
export function sizeOfWrite<W>(surface: Surface<unknown, never, W>, write: W): number {
  try {
    const told = synchronous(surface.sizeOf?.(write), 'sizeOf', 'it is called with each write that is recorded')
    if (told !== undefined && Number.isFinite(told) && told >= 0) return told
  } catch {}
  return estimatedBytes(write)
}
