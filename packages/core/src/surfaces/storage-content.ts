import type { Slices } from '../slices.js'
import type { StepContext } from '../strategy.js'
import { synchronous } from '../synchronous.js'
import type { Storage } from './storage-backend.js'

/** Values by key. */
export type StorageContent = ReadonlyMap<string, Uint8Array>

/** @throws TypeError where `keys` gives something else than strings, or `get` something else than bytes. */
export async function contentOf(storage: Storage, ctx: StepContext): Promise<StorageContent> {
  const content = new Map<string, Uint8Array>()
  const slices = ctx.slices()
  for await (const key of keysOf(storage)) {
    ctx.signal.throwIfAborted()
    const value = await valueOf(storage, key)
    if (value !== undefined) {
      // The bytes may be in the storage's own buffer, which a later write changes.
      content.set(key, new Uint8Array(value))
      ctx.transferred(value.byteLength)
    }
    if (slices.due()) await slices.pause()
  }
  return content
}

/**
 * Puts `content` into a new storage, and reads it back. If that fails or hangs, closes the storage.
 *
 * @throws Error where the storage gives back something else, or had other values before: none of these is changed, as
 * they may be somebody else's.
 */
export async function fill(storage: Storage, content: StorageContent, ctx: StepContext): Promise<void> {
  try {
    await ctx.call('copy', async (signal) => {
      const slices = ctx.slices()
      const there = await listed(
        storage,
        content,
        { signal, slices },
        (key) =>
          `the new storage already has the key ${key}, with ` +
          'a value that the old one does not have: its location is in use for something else. ' +
          'Empty it, or choose another',
      )
      for (const [key, value] of content) {
        signal.throwIfAborted()
        if (!there.has(key)) await storage.put(key, value)
        if (slices.due()) await slices.pause()
      }
      const put = await listed(
        storage,
        content,
        { signal, slices },
        (key) => `the new storage does not give back the value that was put for the key ${key}`,
      )
      for (const key of content.keys()) {
        if (!put.has(key)) {
          throw new Error(`the new storage does not list the key ${JSON.stringify(key)}, which was put`)
        }
      }
    })
  } catch (error) {
    try {
      await storage.close()
    } catch {
      // The error that made it close is the one to report.
    }
    throw error
  }
}

/**
 * The keys of a storage.
 *
 * @throws Error with the text `otherwise(key)` for the first key whose value differs from that in `content`.
 */
async function listed(
  storage: Storage,
  content: StorageContent,
  { signal, slices }: { readonly signal: AbortSignal; readonly slices: Slices },
  otherwise: (key: string) => string,
): Promise<ReadonlySet<string>> {
  const keys = new Set<string>()
  // After an abort, the storage may be closed.
  signal.throwIfAborted()
  for await (const key of keysOf(storage)) {
    signal.throwIfAborted()
    if (!isSame(await storage.get(key), content.get(key))) throw new Error(otherwise(JSON.stringify(key)))
    keys.add(key)
    if (slices.due()) await slices.pause()
  }
  return keys
}

/** `undefined` where the key was deleted since it was listed. */
async function valueOf(storage: Storage, key: unknown): Promise<Uint8Array | undefined> {
  if (typeof key !== 'string') {
    throw new TypeError(`keys() of the storage gave a value of type ${typeof key}; a key is a string`)
  }
  const value: unknown = await storage.get(key)
  if (value instanceof Uint8Array) return value
  if (value !== undefined) {
    throw new TypeError(`get() of the storage gave no Uint8Array for the key ${JSON.stringify(key)}`)
  }
  for await (const listed of keysOf(storage, key)) {
    if (listed === key) throw new TypeError(`the storage lists the key ${JSON.stringify(key)}, and has no value for it`)
  }
  return undefined
}

function keysOf(storage: Storage, prefix?: string): ReturnType<Storage['keys']> {
  return synchronous(storage.keys(prefix), 'keys() of the storage', 'what it gives is gone through key by key')
}

function isSame(value: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  return (
    value instanceof Uint8Array &&
    other !== undefined &&
    value.length === other.length &&
    value.every((byte, at) => byte === other[at])
  )
}
