import { option, type MaybePromise, type OptionChecks } from '@uni/reload-core'
import type { KitOptions } from '@uni/reload-core/testing'
import type { RecordBatch } from 'apache-arrow'
import type { CdcLsn, CdcOutputProvider } from '../contract.js'

/** One sink, empty at first, as the suite sees it from outside. */
export interface CdcFixture {
  /** The version under test, writing to this sink. Each call is a new instance, as after a restart of the program. */
  provider(): CdcOutputProvider
  /**
   * The ids of all rows that are in the sink for `stream`, in the order of the sink, as somebody else reads them.
   * Rows that are not the suite's may be left out.
   */
  stored(stream: string): MaybePromise<readonly number[]>
  /** Rows with these ids, as the sink takes them. Default: one column `id`, Int32. */
  mutations?(ids: readonly number[]): RecordBatch
  /** The version before, writing to the same sink. For the capability `older`. */
  older?(): CdcOutputProvider
  /** Ends everything open as `kill -9` would: nothing is flushed or shut down. For the capability `crash`. */
  crash?(): MaybePromise<void>
  /** Takes away what the sink needs, such as its disk or its connection. Returns what brings it back. For `outage`. */
  outage?(): MaybePromise<() => MaybePromise<void>>
  /** Leaves the sink as a crash in the middle of the next delivery would, while no stream is open. For `torn`. */
  tear?(stream: string): MaybePromise<void>
  /** Everything durable in the sink, as files. For `golden`. */
  save?(): MaybePromise<Readonly<Record<string, Uint8Array>>>
  /** Makes the sink what it was when the files were saved, by this version or an earlier one. For `golden`. */
  restore?(files: Readonly<Record<string, Uint8Array>>): MaybePromise<void>
  dispose?(): MaybePromise<void>
}

/** What a provider claims, and so is held to. */
export interface CdcCapabilities {
  /**
   * `exactly-once`: a batch that comes again is left out, however it came to that. `at-least-once`: rows may be there
   * again, after a restart from a checkpoint behind them.
   */
  readonly guarantee: 'exactly-once' | 'at-least-once'
  /** How many streams of one provider may be open at a time. Default `many`. */
  readonly streams?: 'one' | 'many' | undefined
  /** A checkpoint asked at rest reaches the end of what was delivered. Default true. */
  readonly flushes?: boolean | undefined
  /** How many bits an LSN may have. Default 63, as a signed integer of 64 bits holds. */
  readonly lsnBits?: number | undefined
  /** Keeps its LSN with its data, and refuses to start above it. */
  readonly noticesLoss?: boolean | undefined
  /** The suite may crash the sink. */
  readonly crash?: boolean | undefined
  /** The suite may take away what the sink needs. */
  readonly outage?: boolean | undefined
  /** The suite may leave the sink half written. */
  readonly torn?: boolean | undefined
  /** There is a version before. */
  readonly older?: boolean | undefined
  /** The version before takes up what this one leaves: a safe way back. */
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

/** What an earlier version left in its sink: a file made by `writeCdcGolden`. */
export interface CdcGoldenFile {
  readonly name: string
  readonly bytes: Uint8Array
}

export interface CdcConformanceOptions extends KitOptions {
  /** A sink that is empty and nobody else's; once for each test. */
  make(): MaybePromise<CdcFixture>
  readonly capabilities: CdcCapabilities
  /** What earlier versions left. This version has to take all of it up. */
  readonly golden?: readonly CdcGoldenFile[] | undefined
}

/** Where the suite starts its streams. Not 0, as real logs have been there before. */
export const ORIGIN: CdcLsn = 1_000n
