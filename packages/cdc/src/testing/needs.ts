import type { CdcCapabilities } from './options.js'

/** Without these no stream can be opened over and over, and so nothing else can be judged. */
export const OPENS = ['contract/stream', 'shutdown/lets-go', 'contract/new-stream']

/** Without these it is not known how far a stream has come. */
export const HONEST = [
  ...OPENS,
  'checkpoint/where-it-started',
  'checkpoint/not-ahead',
  'checkpoint/never-falls',
  'checkpoint/on-boundaries',
  'checkpoint/own-deliveries-only',
  'checkpoint/stored-below',
]

/** Without these rows are missing, whatever else is done. */
export const STORES = [...HONEST, 'delivery/in-order']

/** Without these rows are missing or repeated wherever a stream is opened again. */
export const RESUMES = [
  ...STORES,
  'resumption/at-the-lsn',
  'resumption/stores-nothing-by-itself',
  'redelivery/after-a-restart',
]

/** Without these a delivery that fails loses or repeats rows. */
export function repeats({ guarantee }: CdcCapabilities): string[] {
  return guarantee === 'exactly-once' ? [...RESUMES, 'redelivery/to-the-same-stream'] : RESUMES
}

/** Without these a crash loses or repeats rows. */
export function survives(capabilities: CdcCapabilities): string[] {
  return capabilities.crash ? [...RESUMES, 'checkpoint/survives-a-crash', 'redelivery/after-a-crash'] : RESUMES
}

/** Without these a reload loses or repeats rows, whatever else goes wrong in it. */
export const RELOADS = [...RESUMES, 'handoff/commits']

/** Without these one that fails is not as it was. */
export const ROLLS_BACK = [...RELOADS, 'failed-handoff/start-fails']
