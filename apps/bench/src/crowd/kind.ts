import type { HandoffStrategy, MaybePromise, Plugin, Surface } from '@uni/reload-core'

/** What a crowd of documents is made of. */
export interface CrowdKind<P, R, W> {
  readonly surface: Surface<P, R, W>
  /** The key that its plugin provides. */
  readonly key: string
  strategy(): HandoffStrategy<P, R, W>
  plugin(version: number): Plugin
  /** Opens a document that nobody has written to yet. */
  open(provider: P, name: string): MaybePromise<R>
  /** The write to a document that has had `count` others. */
  write(count: number): W
  /** How many writes a document has taken. */
  writesIn(document: R): number
}

/** How its documents outlive a process. */
export interface StoredKind<R> {
  create(name: string): MaybePromise<R>
  save(document: R): unknown
  load(saved: unknown): MaybePromise<R>
}
