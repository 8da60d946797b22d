import { describeThrown, ReloadError } from '../../errors.js'
import type { PluginHandle } from './plugin.js'

/** What a handle names, each member read once. The generation may be anything: it is only compared. */
export type ReadHandle = { readonly id: string; readonly generation: unknown }

/** @throws ReloadError `PLUGIN_NOT_FOUND` where what was given names no plugin, or cannot be read. */
export function readHandle(given: PluginHandle): ReadHandle {
  let read: { readonly id?: unknown; readonly generation?: unknown } = {}
  try {
    if (typeof given === 'object' && given !== null) {
      const { id, generation } = given
      read = { id, generation }
    }
  } catch (error) {
    throw noHandle(`the handle cannot be read: ${describeThrown(error)}`, error)
  }
  const { id, generation } = read
  if (typeof id !== 'string') throw noHandle('what was given is no handle')
  return { id, generation }
}

function noHandle(reason: string, cause?: unknown): ReloadError {
  return new ReloadError('PLUGIN_NOT_FOUND', reason, {
    phase: 'validate',
    hint: 'Pass what add or reload gave, or host.plugin(id).',
    ...(cause !== undefined && { cause }),
  })
}
