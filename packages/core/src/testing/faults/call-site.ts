import type { ReloadPhase } from '../../errors.js'

/** Identifies a call that a reload makes into a plugin, from run to run. */
export interface CallSite {
  readonly phase: ReloadPhase
  /** `old` is the version that served when the reload began. */
  readonly side: 'old' | 'new'
  /** The position of the plugin or resource. */
  readonly position: string
  /** The object and its method, such as `handle.persist`. */
  readonly call: string
  /** The number of the call among those that are otherwise the same, from 1. */
  readonly nth: number
  /** Whether it belongs to a user's write, and not to one that is replayed. */
  readonly byUser: boolean
}

/** The phases up to the commit. */
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
  // In the turn of the commit, users already call the new version, and strategies are told of the commit.
  return isOpen(phase) && !(phase === 'commit' && (side === 'new' || !byUser))
}

export function isOpen(phase: ReloadPhase): boolean {
  return OPEN_PHASES.has(phase)
}

/** Names a call without its position and number, as tolerances and tests do. */
export function stepOf({ phase, side, call, byUser }: Omit<CallSite, 'nth'>): string {
  return `${phase}: ${side} ${call}${byUser ? ' by a user' : ''}`
}

/** Names a call without its number. */
export function nameOfAlike(site: Omit<CallSite, 'nth'>): string {
  return `${stepOf(site)}, ${site.position}`
}

export function nameOf(site: CallSite): string {
  return `${nameOfAlike(site)}, call ${site.nth}`
}

/**
 * Whether the call comes before anything is fenced, moved or stopped, so that the cutover makes no difference to it.
 */
export function isEarly({ phase }: Pick<CallSite, 'phase'>): boolean {
  return phase === 'validate' || phase === 'stage' || phase === 'preflight'
}
