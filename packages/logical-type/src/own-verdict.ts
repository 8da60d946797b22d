import { describeThrown, type CompatVerdict } from '@uni/reload-core'
import type { LogicalTypeProvider } from './contract.js'
import type { ProviderCalls } from './provider-calls.js'

/** The new version's own verdict; `undefined` where it has none. If its check fails, the version is incompatible. */
export async function ownVerdict(
  old: LogicalTypeProvider,
  next: LogicalTypeProvider,
  calls: ProviderCalls,
): Promise<CompatVerdict | undefined> {
  if (next.compatCheck === undefined) return undefined
  return calls.call('compatCheck', async () => {
    try {
      return (
        readVerdict(await next.compatCheck?.(old)) ?? {
          level: 'incompatible',
          reason: 'compatCheck returned something that is not a verdict',
        }
      )
    } catch (error) {
      return { level: 'incompatible', reason: `compatCheck failed: ${describeThrown(error)}` }
    }
  })
}

/** Copied, so that no report keeps an object of the plugin. */
function readVerdict(given: unknown): CompatVerdict | undefined {
  if (typeof given !== 'object' || given === null) return undefined
  const { level, reason, details } = given as { level?: unknown; reason?: unknown; details?: unknown }
  if (level === 'compatible') return { level }
  if (typeof reason !== 'string') return undefined
  if (level === 'migrate' || level === 'unjudged') return { level, reason }
  return level === 'incompatible' ? { level, reason, details } : undefined
}
