import type { onConfigurePayload } from '@hocuspocus/server'
import {
  inPlaceHandoff,
  type CompatVerdict,
  type HandoffStrategy,
  type ProviderChange,
  type StepContext,
} from '@uni/reload-core'
import { isDeepStrictEqual } from 'node:util'
import { applyUpdate, Doc, encodeStateAsUpdate } from 'yjs'
import type { DocumentView } from './document-view.js'
import type { ExtensionSet } from './extension-set.js'
import { extensionSets } from './surface.js'

/** What the strategy is told by, and tells. */
export interface Bridge {
  /** What `onConfigure` is called with. */
  configuration(): onConfigurePayload
  /** A document begins to be served by a version, which may have to be told of it. */
  serves(view: DocumentView): void
  committed(change: ProviderChange<ExtensionSet>): void
}

/** The discipline of extensions: documents stay where they are, and each is read by the next version before that serves. */
export function extensionsHandoff(bridge: Bridge): HandoffStrategy<ExtensionSet, DocumentView> {
  const inPlace = inPlaceHandoff<ExtensionSet, DocumentView, never, DocumentView>(extensionSets, {
    // The document changes in one turn each time, and is read in one.
    observe: (view) => view,
    judge: judgeDocument,
    view: (view, next) => view.servedBy(next),
    activate: (view) => bridge.serves(view),
  })
  const configure = (set: ExtensionSet, ctx: StepContext): Promise<void> =>
    ctx.call('onConfigure', () => set.configure(bridge.configuration()))
  return {
    ...inPlace,
    async checkCompat(pair, ctx) {
      await configure(pair.next, ctx)
      return (await inPlace.checkCompat?.(pair, ctx)) as CompatVerdict
    },
    async checkAddition({ provider }, ctx) {
      await configure(provider, ctx)
      return { level: 'compatible' }
    },
    committed: (change) => bridge.committed(change),
  }
}

async function judgeDocument(
  { open, set }: DocumentView,
  next: ExtensionSet,
  ctx: StepContext,
): Promise<CompatVerdict> {
  const { name, document } = open
  if (next.read === undefined)
    return { level: 'unjudged', reason: `plugin "${next.name}" has no read() to judge it by` }
  const update = encodeStateAsUpdate(document)
  const readBy = async ({ read }: ExtensionSet): Promise<unknown> => {
    const copy = new Doc({ guid: document.guid })
    try {
      applyUpdate(copy, update)
      return await read?.(copy, name)
    } finally {
      copy.destroy()
    }
  }
  let value: unknown
  try {
    value = await readBy(next)
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    return { level: 'incompatible', reason: `document "${name}" cannot be read: ${said}`, details: error }
  }
  ctx.signal.throwIfAborted()
  if (set.read === undefined) return { level: 'compatible' }
  let served: unknown
  try {
    served = await readBy(set)
  } catch (error) {
    // A version that cannot read what it serves is what the next one is to mend.
    ctx.unclean('read', error)
    return { level: 'compatible' }
  }
  if (isDeepStrictEqual(value, served)) return { level: 'compatible' }
  const reason = `document "${name}" reads as something else than with the version that serves`
  return { level: 'incompatible', reason, details: { served, next: value } }
}
