/** The checks that a new version has to pass. */
export type CrdtCheck =
  /** Bytes that the old version wrote. */
  | 'read'
  /** Bytes that the new version wrote, read by the new version. */
  | 'rewrite'
  /** Merging a document with itself. */
  | 'idempotence'
  /** Merging two documents. */
  | 'merge'
  /** Merging two documents, one written by the old version and one by the new. */
  | 'mixed-merge'
  /** Operations that arrive late, see `CrdtSample.late`. */
  | 'late'
  /** The document without content. */
  | 'empty'
  /** Bytes that the new version wrote, read by the old version. */
  | 'way-back'

const ADVICE: Readonly<Record<CrdtCheck, string>> = {
  read: 'open what the old version wrote as it did, or provide the new meaning as another kind',
  rewrite: 'what it persists would lose this for good: persist all that was read',
  idempotence: 'a replica that gets the same changes again would count them again: keep their identifiers',
  merge:
    'replicas that meet would agree on another value: settle conflicts as the old version does, or provide ' +
    'another kind',
  'mixed-merge':
    'replicas on the two versions would drift apart: persist the identifiers, deletions and history that were read',
  late:
    'an operation that arrives late would do something else: persist the identifiers, deletions and history ' +
    'that it may refer to',
  empty: 'start documents as the old version does, or provide another kind',
  'way-back':
    'going back would not be safe: persist what the old version reads, or take this version with direction "backward"',
}

/** What the author of a version can do about a difference; the second half of a sentence. */
export function adviceOn(check: CrdtCheck): string {
  return ADVICE[check]
}
