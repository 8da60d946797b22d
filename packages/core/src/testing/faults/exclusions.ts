import type { FaultName } from './fault.js'
import { sortOf } from './fault.js'
import { isEarly, type CallSite } from './call-site.js'
import { isPair, type Circumstances } from './circumstances.js'
import type { SeenCall, Trace } from './trace.js'

/** The rules by which a call cannot have a fault. */
const RULES: readonly { readonly because: string; applies(seen: SeenCall, fault: FaultName): boolean }[] = [
  {
    because: 'a call that gives nothing cannot give the wrong thing',
    applies: ({ gave }, fault) => sortOf(fault) === 'misshapes' && gave === 'nothing',
  },
  {
    because: 'a call that gives no resource cannot give one that serves elsewhere',
    applies: ({ gave }, fault) => sortOf(fault) === 'shares' && gave !== 'a resource',
  },
  {
    because: 'a step of a synchronous generator can throw, and cannot promise',
    applies: ({ site, later }, fault) =>
      site.call.endsWith('().next') && !later && (sortOf(fault) === 'hangs' || fault.includes('rejects')),
  },
  {
    because: "a user's write that never settles keeps its resource busy until it is detached (G6)",
    applies: ({ site }, fault) => site.byUser && fault === 'never settles',
  },
  {
    because: 'where a call answers at once, one that answers late is one that never does',
    applies: ({ later }, fault) => !later && fault === 'resolves late',
  },
  {
    because: 'what is thrown that is no error is caught by the same code in each position: the middle one has it',
    applies: ({ site }, fault) => isOuter(site) && ODD_THROWN.has(fault),
  },
]

const ODD_THROWN: ReadonlySet<FaultName> = new Set(['throws undefined', 'rejects with what has no text'])

function isOuter({ position }: Pick<CallSite, 'position'>): boolean {
  return position === 'first' || position === 'last'
}

/** The rule by which a call cannot have a fault; `undefined` where it can. */
export function exclusionOf(seen: SeenCall, fault: FaultName): string | undefined {
  return RULES.find(({ applies }) => applies(seen, fault))?.because
}

/** The rule by which other cells strike the same call; `undefined` where none do. */
export function repetitionOf({ site }: SeenCall, circumstances: Circumstances, trace: Trace): string | undefined {
  const { course } = circumstances
  const { nth, byUser } = site
  if (course === 'is aborted at the commit' && site.phase !== 'rollback')
    return 'up to its commit a reload that is aborted there is any other'
  if (course === 'is a dry run' && !isPair(circumstances))
    return 'a dry run is struck under each cutover with one arrangement'
  if (course === 'is a dry run' && isOuter(site))
    return 'a dry run prepares and undoes as any other reload does, and has the middle position'
  if (!isPair(circumstances) && isOuter(site))
    return 'under each cutover, one arrangement has every position, and the other the middle one'
  if (byUser && (site.phase === 'validate' || site.phase === 'stage'))
    return "users' writes find every gate in the preflight as it was before"
  if (byUser && (nth > 1 || course !== 'commits' || !isPair(circumstances)))
    return "of users' writes, the first in each phase stands for the others, under each cutover with one arrangement"
  if (nth > 1 && (isEarly(site) || trace.countOf(site) > nth))
    return 'of calls alike, the first and the last (up to preflight, the first) stand for the others'
  return undefined
}
