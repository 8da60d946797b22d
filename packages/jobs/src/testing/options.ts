import { option, type MaybePromise, type OptionChecks } from '@uni/reload-core'
import { KIT, type KitOptions } from '@uni/reload-core/testing'
import type { JobBackend } from '../backend.js'
import type { JobHost } from '../run-attempt.js'

/** A queue, or a scheduler, that a test has for itself, and that is empty. */
export interface OpenedBackend {
  readonly backend: JobBackend
  /** Queues a job that is due. Resolves with its id. Absent: nothing is queued in it. */
  add?(name: string, payload: unknown): MaybePromise<string>
  /** Starts a worker, which has jobs run by what `host` serves. */
  work(host: JobHost): MaybePromise<Worker>
  /**
   * The schedule of a job that is in force, once what was committed has been applied; `undefined` where it has none.
   * Absent: nobody can tell.
   */
  inForce?(name: string): MaybePromise<string | undefined>
  close?(): MaybePromise<void>
}

export interface Worker {
  /** Waits for the attempts that have begun, and begins no other. */
  stop(): MaybePromise<void>
}

export interface JobBackendConformance extends KitOptions {
  /** A new one each time. */
  open(): MaybePromise<OpenedBackend>
  /** Two schedules, neither of which is due while a test runs. */
  readonly schedules: readonly [string, string]
  /** What is no schedule to the backend. */
  readonly noSchedules: readonly string[]
}

export const OPTIONS: OptionChecks<JobBackendConformance> = {
  ...KIT,
  open: option.required(option.function),
  schedules: option.required(option.list(option.text) as never),
  noSchedules: option.required(option.list(option.text)),
}
