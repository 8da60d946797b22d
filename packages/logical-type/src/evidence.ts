import type { TypeContract } from './type-contract.js'

/** All that later versions are judged by, as plain data that refers to nothing of the plugin. */
export interface TypeEvidence {
  readonly contract: TypeContract
  readonly samples: readonly SampleEvidence[]
  readonly unjudged: readonly Unjudged[]
}

/** What a version says of one literal. */
export interface SampleEvidence {
  readonly literal: string
  readonly display: string
  /** The literal's value as an Arrow IPC stream of one column. Absent where such a column could not be made. */
  readonly column?: Uint8Array
}

/** Something the new version could not be held to, for a reason that lies with the old one. */
export interface Unjudged {
  /** Such as `samples["12.50"].column`. */
  readonly path: string
  readonly reason: string
}

/** A literal longer than this is named by its beginning. */
const MAX_LITERAL_LENGTH = 120

export function samplePath(literal: string): string {
  return `samples[${shownShort(literal)}]`
}

/** A text as a person knows it again. */
export function shownShort(text: string): string {
  if (text.length <= MAX_LITERAL_LENGTH) return JSON.stringify(text)
  return `${JSON.stringify(text.slice(0, MAX_LITERAL_LENGTH))}… of ${text.length} characters`
}
