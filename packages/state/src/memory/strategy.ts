import {
  preCopy,
  type CompatVerdict,
  type HandoffStrategy,
  type ProviderPair,
  type StepContext,
} from '@uni/reload-core'
import { dequal } from 'dequal'
import type { MemoryProvider } from './contract.js'
import { valueIn } from './image.js'
import { Memory } from './memory.js'
import { readValue } from './read-value.js'
import type { MemorySurface } from './surface.js'

/**
 * The discipline of values in memory: each live value is checked as the new version would read it, then moved by
 * pre-copy; the new version also applies the writes made meanwhile.
 */
export function memoryHandoff<T, W>(
  surface: MemorySurface<T, W>,
): HandoffStrategy<MemoryProvider<T, W>, Memory<T, W>, W> {
  return {
    surface,
    discipline: 'pre-copy',
    checkCompat: judgeLive,
    handoff: (job, ctx) =>
      preCopy(job, ctx, {
        snapshot: (live: Memory<T, W>) => live.image(),
        // The image is taken in one turn.
        isolated: () => true,
        restore: async (provider, image) => new Memory(provider, await readValue(provider, image, job.transition.from)),
      }),
  }
}

/**
 * The worst verdict on any live value: one that is refused refuses the reload, one that changes when it is read is
 * reported.
 */
async function judgeLive<T, W>(
  { live, next, transition }: ProviderPair<MemoryProvider<T, W>, Memory<T, W>>,
  ctx: StepContext,
): Promise<CompatVerdict> {
  const judges = next.schema !== undefined || next.migrate !== undefined
  if (live.length > 0 && !judges) {
    return { level: 'unjudged', reason: 'the new version has neither a schema nor a migrate to hold the value to' }
  }
  const slices = ctx.slices()
  const changed: string[] = []
  for (const { name, use } of live) {
    const image = await use((memory) => memory.image())
    ctx.signal.throwIfAborted()
    try {
      if (!dequal(await readValue(next, image, transition.from), valueIn(next, image))) changed.push(name)
    } catch (error) {
      const reason = `the value of "${name}": ${error instanceof Error ? error.message : String(error)}`
      return { level: 'incompatible', reason, details: error }
    }
    if (slices.due()) await slices.pause()
  }
  if (changed.length === 0) return { level: 'compatible' }
  return {
    level: 'migrate',
    reason: `reading it changes the value of ${changed.map((name) => `"${name}"`).join(', ')}`,
  }
}
