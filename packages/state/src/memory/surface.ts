import { defineSurface, type Surface } from '@uni/reload-core'
import type { MemoryProvider } from './contract.js'
import type { Memory } from './memory.js'

export type MemorySurface<T, W> = Surface<MemoryProvider<T, W>, Memory<T, W>, W>

/**
 * A surface of values in memory, which the host and the plugins share.
 *
 * @param id of the surface.
 */
export function memory<T, W>(id: string): MemorySurface<T, W> {
  return defineSurface<MemoryProvider<T, W>, Memory<T, W>, W>({
    id,
    keyOf: ({ name }) => name,
    methods: ['initial', 'apply'],
    apply: (live, write) => live.apply(write),
  })
}
