import type { afterLoadDocumentPayload, Document } from '@hocuspocus/server'
import type { ExtensionSet } from './extension-set.js'

/** A document of Hocuspocus that is open, or about to be. */
export interface OpenDocument {
  readonly name: string
  readonly document: Document
  /** What `afterLoadDocument` is called with. */
  readonly payload: afterLoadDocumentPayload
}

/** An open document as one version has it: the document is Hocuspocus', and the same to all of them. */
export class DocumentView {
  readonly open: OpenDocument
  readonly set: ExtensionSet

  constructor(open: OpenDocument, set: ExtensionSet) {
    this.open = open
    this.set = set
  }

  servedBy(set: ExtensionSet): DocumentView {
    return new DocumentView(this.open, set)
  }
}
