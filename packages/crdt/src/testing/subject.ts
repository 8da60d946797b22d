import type { MaybePromise } from '@uni/reload-core'
import type { CrdtKindProvider, CrdtState } from '../contract.js'
import type { Random } from './random.js'

/** What is tested. Made anew for each test, and for each version in a test. */
export interface CrdtSubject {
  readonly provider: CrdtKindProvider
  /**
   * A replica elsewhere, of a document that begins as `provider.empty()`. `id` differs among the replicas of one
   * document, and has to make them the same each time: use it as the client or actor id.
   */
  replica(id: number): CrdtReplica
  /** Earlier versions that have to read what this one writes. For the capability `wayBack`. */
  readonly older?: readonly OlderVersion[] | undefined
  /** Documents that a host owns. For the capability `inPlace`. */
  readonly inPlace?: HostedDocuments | undefined
}

/** How versions work with documents that the host owns and that outlive them. */
export interface HostedDocuments {
  /** Opens a new empty document of the host with `provider`. Closing the state leaves the document open. */
  open(provider: CrdtKindProvider): MaybePromise<CrdtState>
  /** As `inPlace` of `crdtHandoff`. */
  view(serving: CrdtState, next: CrdtKindProvider): MaybePromise<CrdtState>
}

export interface CrdtReplica {
  /**
   * Makes one edit, chosen by `random`, and returns its operation. Some edits have to delete, and edits of several
   * replicas have to conflict.
   */
  edit(random: Random): Uint8Array
  /** Applies an operation of another replica. It comes after those that it builds on. */
  receive(op: Uint8Array): void
}

export interface OlderVersion {
  readonly version: string
  readonly provider: CrdtKindProvider
}

/** What a provider claims, and is tested for. */
export interface CrdtCapabilities {
  /** Operations may arrive before those that they build on. Default true. */
  readonly anyOrder?: boolean | undefined
  /** An operation that arrives again changes nothing. Default true. */
  readonly repeats?: boolean | undefined
  /** `samples()` shows conflicts and late operations. Default true. */
  readonly samples?: boolean | undefined
  /** Older versions read what this one writes. Default false. */
  readonly wayBack?: boolean | undefined
  /** Versions work with documents that the host owns. Default false. */
  readonly inPlace?: boolean | undefined
}

export type Capability = keyof CrdtCapabilities

export const DEFAULT_CAPABILITIES: Readonly<Record<Capability, boolean>> = {
  anyOrder: true,
  repeats: true,
  samples: true,
  wayBack: false,
  inPlace: false,
}

export type MakeSubject = () => MaybePromise<CrdtSubject>
