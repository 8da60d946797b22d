import type { CdcCapabilities } from './options.js'

/** The tests without which no other can be judged: a stream can be opened again and again. */
export const OPENS = ['contract/stream', 'shutdown/lets-go', 'contract/new-stream']

/** Those without which it is not known how far a stream has come. */
export const HONEST = [
  ...OPENS,
  'checkpoint/where-it-started',
  'checkpoint/not-ahead',
  'checkpoint/never-falls',
  'checkpoint/on-boundaries',
  'checkpoint/own-deliveries-only',
  'checkpoint/stored-below',
]

/** Those without which rows are missing, whatever else is done. */
export const STORES = [...HONEST, 'delivery/in-order']

/** Those without which rows are missing or repeated wherever a stream is opened again. */
export const RESUMES = [
  ...STORES,
  'resumption/at-the-lsn',
  'resumption/stores-nothing-by-itself',
  'redelivery/after-a-restart',
]

/** Those without which a failed delivery loses or repeats rows. */
export function repeats({ guarantee }: CdcCapabilities): string[] {
  return guarantee === 'exactly-once' ? [...RESUMES, 'redelivery/to-the-same-stream'] : RESUMES
}

/** Those without which a crash loses or repeats rows. */
export function survives(capabilities: CdcCapabilities): string[] {
  return capabilities.crash ? [...RESUMES, 'checkpoint/survives-a-crash', 'redelivery/after-a-crash'] : RESUMES
}

/** Those without which a reload loses or repeats rows. */
export const RELOADS = [...RESUMES, 'handoff/commits']

/** Those without which a failed reload does not restore what was. */
export const ROLLS_BACK = [...RELOADS, 'failed-handoff/start-fails']
