import type { CompatVerdict } from './strategy.js'

/** Whether a compatibility check gave a verdict, and not something else. */
export function isVerdict(value: unknown): value is CompatVerdict {
  if (typeof value !== 'object' || value === null) return false
  const { level, reason } = value as { level?: unknown; reason?: unknown }
  return (
    level === 'compatible' ||
    ((level === 'migrate' || level === 'unjudged' || level === 'incompatible') && typeof reason === 'string')
  )
}
