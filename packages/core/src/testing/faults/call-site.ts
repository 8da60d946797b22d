import type { ReloadPhase } from '../../errors.js'

/** One call that a reload makes into a plugin, as it is found again from run to run. */
export interface CallSite {
  readonly phase: ReloadPhase
  /** `old` is the version that served when the reload began. */
  readonly side: 'old' | 'new'
  /** Which of the plugins or resources. */
  readonly position: string
  /** The object and its method, such as `handle.persist`. */
  readonly call: string
  /** Which of such calls, counted from 1. */
  readonly nth: number
  /** A write that a user made, in contrast to one that is replayed. */
  readonly byUser: boolean
}

/** Phases that come before what decides a reload. */
const OPEN_PHASES: ReadonlySet<ReloadPhase> = new Set<ReloadPhase>([
  'validate',
  'stage',
  'preflight',
  'fence',
  'prepare',
  'converge',
  'commit',
])

export function isBeforeCommit({ phase, side, byUser }: CallSite): boolean {
  // In the turn of the commit users call the new version already, and strategies are told of it.
  return isOpen(phase) && !(phase === 'commit' && (side === 'new' || !byUser))
}

export function isOpen(phase: ReloadPhase): boolean {
  return OPEN_PHASES.has(phase)
}

/** The call without its position and number: what tolerances and groups of cells go by. */
export function stepOf({ phase, side, call, byUser }: Omit<CallSite, 'nth'>): string {
  return `${phase}: ${side} ${call}${byUser ? ' by a user' : ''}`
}

/** The name that calls have in common which differ only in their number. */
export function nameOfAlike(site: Omit<CallSite, 'nth'>): string {
  return `${stepOf(site)}, ${site.position}`
}

export function nameOf(site: CallSite): string {
  return `${nameOfAlike(site)}, call ${site.nth}`
}

/** Whether the call comes before anything is moved, fenced or stopped: until then all reloads are alike. */
export function isEarly({ phase }: Pick<CallSite, 'phase'>): boolean {
  return phase === 'validate' || phase === 'stage' || phase === 'preflight'
}
