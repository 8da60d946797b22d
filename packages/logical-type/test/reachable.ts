/** Every object and function that can be reached from `root`: properties, prototypes, elements of maps and sets. */
export function reachable(root: unknown): Set<unknown> {
  const seen = new Set<unknown>()
  const waiting = [root]
  for (let value = waiting.pop(); value !== undefined || waiting.length > 0; value = waiting.pop()) {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value)) continue
    seen.add(value)
    if (ArrayBuffer.isView(value)) continue
    waiting.push(Object.getPrototypeOf(value))
    if (value instanceof Map) for (const entry of value) waiting.push(...entry)
    if (value instanceof Set) waiting.push(...value)
    for (const { value: held, get, set } of Object.values(Object.getOwnPropertyDescriptors(value)))
      waiting.push(held, get, set)
  }
  return seen
}
