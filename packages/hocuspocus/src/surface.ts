import { defineSurface, type Surface } from '@uni/reload-core'
import type { DocumentView } from './document-view.js'
import type { ExtensionSet } from './extension-set.js'

/** What plugins provide: one set of extensions each. Its live resources are the open documents. */
export const extensionSets: Surface<ExtensionSet, DocumentView> = defineSurface<ExtensionSet, DocumentView>({
  id: 'hocuspocus-extensions',
  keyOf: ({ name }) => name,
})
