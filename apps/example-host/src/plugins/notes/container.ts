import * as Y from 'yjs'

/** The first byte of a persisted note says how Yjs encoded the rest. Every version reads both. */
export const TAG = { updateV1: 1, updateV2: 2 } as const

export function tagged(tag: number, update: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(update.length + 1)
  bytes[0] = tag
  bytes.set(update, 1)
  return bytes
}

/** @throws Error where the bytes are no note, or a torn one. */
export function documentOf(bytes: Uint8Array): Y.Doc {
  const [tag] = bytes
  const update = bytes.subarray(1)
  const doc = new Y.Doc()
  if (tag === TAG.updateV1) Y.applyUpdate(doc, update)
  else if (tag === TAG.updateV2) Y.applyUpdateV2(doc, update)
  else
    throw new Error(
      `the bytes are no note: expected the tag ${TAG.updateV1} or ${TAG.updateV2}, found ` +
        `${tag === undefined ? 'no byte' : tag}`,
    )
  return doc
}
