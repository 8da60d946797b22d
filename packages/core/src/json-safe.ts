import { bounded } from './plain-text.js'

const MAX_DEPTH = 6
const MAX_TEXT = 500

/**
 * Anything at all as plain JSON. Calls nothing of it but getters, whatever these do; past `nodes` values it says that
 * there are more.
 */
export function jsonSafe(value: unknown, nodes = 500): unknown {
  let left = nodes
  const above = new Set<object>()
  return convert(value)

  function convert(it: unknown): unknown {
    left -= 1
    if (left < 0) return '…'
    if (typeof it === 'string') return bounded(it, MAX_TEXT)
    if (it === null || typeof it === 'boolean') return it
    if (typeof it === 'number') return Number.isFinite(it) ? it : String(it)
    if (typeof it !== 'object') return typeof it === 'function' ? '[function]' : String(it)
    if (above.has(it) || above.size >= MAX_DEPTH) return '…'
    above.add(it)
    const converted = read(() => convertObject(it))
    above.delete(it)
    return converted
  }

  function convertObject(it: object): unknown {
    if (it instanceof Error) return bounded(`${it.name}: ${it.message}`, MAX_TEXT)
    if (it instanceof Date) return Date.prototype.toISOString.call(it)
    if (ArrayBuffer.isView(it)) return `[${it.byteLength} bytes]`
    if (it instanceof Map || it instanceof Set) return convertList(it)
    if (Array.isArray(it)) return convertList(it)
    const members: [string, unknown][] = []
    for (const name of Object.keys(it)) {
      members.push([bounded(name, MAX_TEXT), read(() => convert(it[name as keyof typeof it]))])
      if (left < 0) break
    }
    return Object.fromEntries(members)
  }

  function convertList(items: Iterable<unknown>): unknown[] {
    const converted: unknown[] = []
    for (const item of items) {
      converted.push(convert(item))
      if (left < 0) break
    }
    return converted
  }
}

function read(get: () => unknown): unknown {
  try {
    return get()
  } catch {
    return '[unreadable]'
  }
}
