/** What the layers are given: where they write down that they came by, on the way in and on the way out. */
export interface Traced {
  readonly trace: string[]
}

/** The layers of each version, by their keys, with their priorities. */
export const LAYERS: Readonly<Record<string, number>> = { 'tracing/outer': 10, 'tracing/inner': 0 }
