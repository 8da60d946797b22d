import type { ErrorPlace } from '../errors.js'

export type HandoffStep = 'open' | 'prepare' | 'converge' | 'activate' | 'rollback' | 'finalize'

/** One step of one resource's handoff, as the host's observer sees it. */
export interface HandoffEvent {
  readonly place: ErrorPlace
  readonly step: HandoffStep
  readonly ms: number
  readonly error?: unknown
}
