/** A place where something has just become durable, or is about to. */
export const BOUNDARIES = [
  ...['intent', 'prepared', 'committed', 'permanent', 'rolled-back', 'finalized'].flatMap((type) => [
    `before ${type}`,
    `after ${type}`,
  ]),
  'before a checkpoint',
  'after a checkpoint',
  'before a commit',
  'after a commit',
  'before an edit',
  'after an edit',
  'before saving',
  'after saving',
] as const

export interface Order {
  readonly directory: string
  readonly connectionString: string
  /** Numbers the lives of the host, from 0. */
  readonly run: number
  readonly seed: number
  /** Where the process kills itself, and which time. Absent: somebody else does it. */
  readonly die?: { readonly at: string; readonly time: number }
}

/** What a life begins with, once every stream has caught up. */
export interface Inventory {
  readonly versions: readonly (readonly [id: string, version: string])[]
  readonly documents: Readonly<Record<string, number>>
  readonly indexes: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** What was edited together, as text. */
  readonly shared: Readonly<Record<string, string>>
}

/** What a life says, a line each. `trying` comes before what may be lost, the rest after what may not. */
export type Line =
  | { readonly type: 'inventory'; readonly inventory: Inventory }
  | { readonly type: 'ready'; readonly reloaded: string }
  | { readonly type: 'trying-commit' | 'committed'; readonly id: string; readonly revision: number }
  | { readonly type: 'trying-edit' | 'edited'; readonly name: string; readonly token: string }
  | { readonly type: 'trying-permanent' | 'permanent'; readonly id: string; readonly version: string }
  | { readonly type: 'reload'; readonly id: string; readonly outcome: string }
