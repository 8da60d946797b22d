import { rename, rm, stat } from 'node:fs/promises'
import { syncDirectory } from '@uni/reload-core/node'
import { digestOf, type Digest } from '../digest.js'
import { writeDurably } from './durable-file.js'
import { readIfThere } from './read-if-there.js'
import type { Session } from './session.js'
import { unlessMissing } from './store-error.js'
import type { ObjectExtension, StoreLayout } from './store-layout.js'

/** A file that is to be in the store under the digest of its content. */
export interface NewObject {
  readonly digest: Digest
  readonly extension: ObjectExtension
  readonly content: Uint8Array
  /** Where it is written already, beside the store. */
  readonly draft: string | undefined
}

/**
 * Writes each of these beside the store, unless it is in there: that takes long, and is done without the lock. Where
 * one cannot be written, none stays.
 */
export async function prepareObjects(
  layout: StoreLayout,
  session: Session,
  contents: readonly (readonly [content: Uint8Array, extension: ObjectExtension])[],
): Promise<readonly NewObject[]> {
  const objects: NewObject[] = []
  try {
    for (const [content, extension] of contents) objects.push(await prepareObject(layout, session, content, extension))
  } catch (error) {
    await discardDrafts(objects)
    throw error
  }
  return objects
}

async function prepareObject(
  layout: StoreLayout,
  session: Session,
  content: Uint8Array,
  extension: ObjectExtension,
): Promise<NewObject> {
  const digest = digestOf(content)
  const there = readObject(layout, digest, extension)
  return {
    digest,
    extension,
    content,
    draft: there === undefined ? await draftOf(session, content) : undefined,
  }
}

/** To be called with the lock: moves what was prepared into the store. */
export async function publishObjects(layout: StoreLayout, session: Session, objects: readonly NewObject[]) {
  let moved = false
  for (const { digest, extension, content, draft } of objects) {
    const file = layout.object(digest, extension)
    // A collection may have removed what was there.
    const from = draft ?? ((await isThere(file)) ? undefined : await draftOf(session, content))
    if (from === undefined) continue
    // What lies there is the same, or damaged.
    await rename(from, file)
    moved = true
  }
  if (moved) await syncDirectory(layout.objects)
}

/** Removes what was prepared and is not in the store, as the version was refused. */
export async function discardDrafts(objects: readonly NewObject[]): Promise<void> {
  for (const { draft } of objects) if (draft !== undefined) await rm(draft, { force: true })
}

/**
 * What is in the store under a digest, read into memory and compared with it; `undefined` where it is damaged or gone.
 */
export function readObject(layout: StoreLayout, digest: Digest, extension: ObjectExtension): Buffer | undefined {
  const content = readIfThere(layout.object(digest, extension))
  return content !== undefined && digestOf(content) === digest ? content : undefined
}

async function isThere(file: string): Promise<boolean> {
  return (await unlessMissing(stat(file))) !== undefined
}

async function draftOf(session: Session, content: Uint8Array): Promise<string> {
  const draft = session.draft()
  await writeDurably(draft, content)
  return draft
}
