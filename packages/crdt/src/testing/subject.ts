import type { MaybePromise } from '@uni/reload-core'
import type { CrdtKindProvider, CrdtState } from '../contract.js'
import type { Random } from './random.js'

/** What is tested. Made anew for each test, and for each version in it. */
export interface CrdtSubject {
  readonly provider: CrdtKindProvider
  /**
   * A replica elsewhere, of a document that begins as `provider.empty()`: what a person edits. `id` tells replicas of
   * one document apart, and is to make them the same each time: use it as the client or actor id.
   */
  replica(id: number): CrdtReplica
  /** Earlier versions that go on reading what this one writes. Needed for the capability `wayBack`. */
  readonly older?: readonly OlderVersion[] | undefined
  /** Documents that a host holds itself. Needed for the capability `inPlace`. */
  readonly inPlace?: HostedDocuments | undefined
}

/** How a host has versions work with documents of its own, which outlive them. */
export interface HostedDocuments {
  /** A document without content that the host holds, as `provider` works with it. Closing it leaves the document. */
  open(provider: CrdtKindProvider): MaybePromise<CrdtState>
  /** As `inPlace` of `crdtHandoff`. */
  view(serving: CrdtState, next: CrdtKindProvider): MaybePromise<CrdtState>
}

export interface CrdtReplica {
  /**
   * Makes one edit, chosen by `random` (numbers in [0, 1)), and gives the operation that makes it elsewhere. Let some
   * edits delete, and let edits of several replicas conflict.
   */
  edit(random: Random): Uint8Array
  /** Applies an operation of another replica. Operations come after those they build on. */
  receive(op: Uint8Array): void
}

export interface OlderVersion {
  readonly version: string
  readonly provider: CrdtKindProvider
}

/** What a provider claims. Each chooses tests. */
export interface CrdtCapabilities {
  /** Operations may arrive before those they build on. Default true. */
  readonly anyOrder?: boolean | undefined
  /** An operation that arrives again changes nothing. Default true. */
  readonly repeats?: boolean | undefined
  /** `samples()` shows conflicts and late operations. Default true. */
  readonly samples?: boolean | undefined
  /** Older versions read what this one writes. Default false. */
  readonly wayBack?: boolean | undefined
  /** Versions work with documents that the host holds. Default false. */
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
