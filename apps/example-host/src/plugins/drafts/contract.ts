import { memory } from '@uni/reload-state'

/** The lines of a draft, to which a write adds one. */
export type Draft = readonly string[]

export const drafts = memory<Draft, string>('drafts')
