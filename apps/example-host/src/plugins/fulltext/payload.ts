import type { IndexedDocument } from './rows.js'

/**
 * How the documents of a frame are encoded, in JSON: 1 as a list of objects, 2 as one list a field, which is shorter.
 */
export type Format = 1 | 2

interface Columns {
  readonly id: readonly string[]
  readonly revision: readonly number[]
  readonly title: readonly string[]
  readonly details: readonly string[]
}

export function framePayload(format: Format, documents: readonly IndexedDocument[]): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(format === 1 ? documents : columnsOf(documents)))
}

export function payloadDocuments(format: Format, payload: Uint8Array): readonly IndexedDocument[] {
  const content: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
  return format === 1 ? (content as readonly IndexedDocument[]) : documentsOf(content as Columns)
}

function columnsOf(documents: readonly IndexedDocument[]): Columns {
  return {
    id: documents.map(({ id }) => id),
    revision: documents.map(({ revision }) => revision),
    title: documents.map(({ title }) => title),
    details: documents.map(({ details }) => details),
  }
}

function documentsOf({ id, revision, title, details }: Columns): readonly IndexedDocument[] {
  return id.map((key, at) => ({
    id: key,
    revision: revision[at] as number,
    title: title[at] as string,
    details: details[at] as string,
  }))
}
