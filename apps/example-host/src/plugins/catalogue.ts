import type { Plugin, ReloadErrorCode } from '@uni/reload-core'

/** A version that must not get in, and how it is turned away. */
export interface BadVersion {
  readonly plugin: Plugin
  /** What is wrong with it, in a few words. */
  readonly fault: string
  readonly code: ReloadErrorCode
  /** `rejected` before anything was handed over, or `rolled-back` from a handoff under way. */
  readonly result: 'rejected' | 'rolled-back'
}

/** One plugin of the example host, in all its versions. Each factory call gives a new instance. */
export interface CatalogueEntry {
  readonly id: string
  /** The surface it is about. */
  readonly surface: string
  /** The keys it provides there. */
  readonly keys: readonly string[]
  v1(): Plugin
  v2(): Plugin
  bad(): readonly BadVersion[]
}
