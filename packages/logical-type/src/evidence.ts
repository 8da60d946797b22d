import type { TypeContract } from './type-contract.js'

/** Everything that later versions are judged by, as plain data that refers to nothing of the plugin. */
export interface TypeEvidence {
  readonly contract: TypeContract
  readonly samples: readonly SampleEvidence[]
  readonly unjudged: readonly Unjudged[]
}

/** How a version displays and stores one literal. */
export interface SampleEvidence {
  readonly literal: string
  readonly display: string
  /** An Arrow IPC stream with one column that has the value. Absent where Arrow cannot make such a column. */
  readonly column?: Uint8Array
}

/** Something by which the new version was not judged, for a reason that lies with the old one. */
export interface Unjudged {
  /** Such as `samples["12.50"].column`. */
  readonly path: string
  readonly reason: string
}

/** The longest literal that is named as a whole. */
const MAX_LITERAL_LENGTH = 120

export function samplePath(literal: string): string {
  return `samples[${shownShort(literal)}]`
}

/** A text in a message, shortened to what a person needs to recognise it. */
export function shownShort(text: string): string {
  if (text.length <= MAX_LITERAL_LENGTH) return JSON.stringify(text)
  return `${JSON.stringify(text.slice(0, MAX_LITERAL_LENGTH))}… of ${text.length} characters`
}
