import { option, type MaybePromise, type OptionChecks } from '@uni/reload-core'
import type { KitOptions } from '@uni/reload-core/testing'
import type { RecordBatch } from 'apache-arrow'
import type { CdcLsn, CdcOutputProvider } from '../contract.js'

/** One sink, empty at first, as the suite sees it from outside. */
export interface CdcFixture {
  /** The version under test, writing to this sink. Each call is a new instance, as after a restart of the program. */
  provider(): CdcOutputProvider
  /**
   * The ids of all rows of `stream` in the sink, in the order of the sink, as another reader sees them. Rows that are
   * not the suite's may be left out.
   */
  stored(stream: string): MaybePromise<readonly number[]>
  /** Rows with these ids, in the schema of the sink. Default: one column `id`, Int32. */
  mutations?(ids: readonly number[]): RecordBatch
  /** The version before, writing to the same sink. For the capability `older`. */
  older?(): CdcOutputProvider
  /** Ends everything that is open as `kill -9` would, without flush or shutdown. For the capability `crash`. */
  crash?(): MaybePromise<void>
  /**
   * Takes away what the sink needs, such as its disk or its connection. Returns a function that restores it. For
   * `outage`.
   */
  outage?(): MaybePromise<() => MaybePromise<void>>
  /** Leaves the sink as a crash in the middle of the next delivery would. No stream is open. For `torn`. */
  tear?(stream: string): MaybePromise<void>
  /** Everything durable in the sink, as files. For `golden`. */
  save?(): MaybePromise<Readonly<Record<string, Uint8Array>>>
  /** Restores the sink from files that this version or an earlier one saved. For `golden`. */
  restore?(files: Readonly<Record<string, Uint8Array>>): MaybePromise<void>
  dispose?(): MaybePromise<void>
}

/** What a provider claims, and is tested for. */
export interface CdcCapabilities {
  /**
   * `exactly-once`: a batch that is delivered again is left out, whatever the reason. `at-least-once`: after a restart,
   * rows beyond the checkpoint may be stored again.
   */
  readonly guarantee: 'exactly-once' | 'at-least-once'
  /** How many streams of one provider may be open at once. Default `many`. */
  readonly streams?: 'one' | 'many' | undefined
  /** A checkpoint between deliveries reaches the end of what was delivered. Default true. */
  readonly flushes?: boolean | undefined
  /** How many bits an LSN may have. Default 63, as in a signed 64-bit integer. */
  readonly lsnBits?: number | undefined
  /** Keeps its LSN with its data, and refuses to start beyond it. */
  readonly noticesLoss?: boolean | undefined
  /** The suite may crash the sink. */
  readonly crash?: boolean | undefined
  /** The suite may take away what the sink needs. */
  readonly outage?: boolean | undefined
  /** The suite may leave the sink half written. */
  readonly torn?: boolean | undefined
  /** There is a version before. */
  readonly older?: boolean | undefined
  /** The version before goes on with what this one leaves, so that there is a safe way back. */
  readonly downgrade?: boolean | undefined
}

export const CAPABILITIES: OptionChecks<CdcCapabilities> = {
  guarantee: option.required(option.oneOf('exactly-once', 'at-least-once')),
  streams: option.oneOf('one', 'many'),
  flushes: option.flag,
  noticesLoss: option.flag,
  crash: option.flag,
  outage: option.flag,
  torn: option.flag,
  older: option.flag,
  downgrade: option.flag,
  lsnBits: option.integer(1),
}

/** A sink as an earlier version left it: a file made by `writeCdcGolden`. */
export interface CdcGoldenFile {
  readonly name: string
  readonly bytes: Uint8Array
}

export interface CdcConformanceOptions extends KitOptions {
  /** Makes a sink that is empty and used by nobody else. Called once for each test. */
  make(): MaybePromise<CdcFixture>
  readonly capabilities: CdcCapabilities
  /** Sinks as earlier versions left them. This version has to go on with each. */
  readonly golden?: readonly CdcGoldenFile[] | undefined
}

/** Where the suite starts its streams. Not 0, as real logs begin anywhere. */
export const ORIGIN: CdcLsn = 1_000n
