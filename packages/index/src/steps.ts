import type { Opening, StepContext } from '@uni/reload-core'
import type { IndexContext, IndexHandle, IndexImage, IndexKindProvider } from './contract.js'
import type { OwnedImage } from './image/owned-image.js'
import { keepImage } from './image/keep.js'
import { assertHandle, assertMethods } from './shape.js'
import { indexContext } from './index-context.js'
import type { ImageSpool } from './spool.js'

/** The index a step works on. */
export interface StepTarget {
  readonly key: string
  readonly name: string
}

export interface PersistOptions {
  readonly spool: ImageSpool | undefined
  /** Whether the image may be opened more than once. */
  readonly repeatable: boolean
}

export async function persistIndex(
  handle: IndexHandle,
  target: StepTarget,
  ctx: StepContext,
  options: PersistOptions,
): Promise<OwnedImage> {
  // Read before the call: after the deadline of the step, `ctx.signal` is another one.
  const context = contextOf(target, ctx)
  return keepImage(await handle.persist(context), {
    ...options,
    signal: context.signal,
    slices: ctx.slices(),
    isolated: isIsolated(handle),
    transferred: (bytes) => ctx.transferred(bytes),
  })
}

/**
 * @param opening claims the index before anything is done to it.
 * @throws what `open` threw; ReloadError `DUPLICATE` where it resolved with an index that serves, which is not closed;
 * TypeError where it resolved with something that is no handle, which is closed if it can be.
 */
export async function openIndex(
  provider: IndexKindProvider,
  image: IndexImage,
  target: StepTarget,
  ctx: StepContext,
  opening: Opening = ctx,
): Promise<IndexHandle> {
  assertMethods(provider, 'the index kind', ['open'])
  const opened: unknown = await provider.open(image, contextOf(target, ctx))
  opening.claim(opened)
  try {
    assertHandle(opened, 'what open() resolved with')
  } catch (error) {
    await closeMalformed(opened)
    opening.letGo(opened)
    throw error
  }
  return opened
}

export function isIsolated(handle: IndexHandle): boolean {
  return handle.snapshot === 'isolated'
}

function contextOf({ key, name }: StepTarget, ctx: StepContext): IndexContext {
  return indexContext({
    key,
    name,
    signal: ctx.signal,
    progress: (done, total) => ctx.progress(done, total),
    slices: () => ctx.slices(),
  })
}

/** What is no handle may hold something open all the same. */
async function closeMalformed(opened: unknown): Promise<void> {
  try {
    await (opened as { close?(): unknown } | undefined)?.close?.()
  } catch {
    // Not reported: that it is no handle is reported already.
  }
}
