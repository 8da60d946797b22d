import type { LiveState } from '../../host/live-state.js'
import { pageVisits, type PageVisits, type Visit } from '../../plugins/visits/contract.js'
import type { DraftLines } from './drafters.js'
import { SOME_DAY, TICK, type RemindersLog } from './reminded.js'
import type { Talker } from './talkers.js'

/** What became of one part of the host's state, held against what those who used it have written down. */
export interface StateAudit {
  readonly name: string
  /** Visits counted, lines written, messages heard, reminders fired. */
  readonly seenTo: number
  readonly missing: number
  readonly doubled: number
  readonly outOfOrder: number
  /** Sockets that were closed, or drafts that were left open. */
  readonly cutOff: number
}

/** Each acknowledged visit is counted once. */
export async function auditVisits(
  { visits }: Pick<LiveState, 'visits'>,
  acknowledged: readonly Visit[],
): Promise<StateAudit> {
  const expected = new Map<string, PageVisits>()
  for (const { page, ms } of acknowledged) {
    const before = pageVisits(expected.get(page))
    expected.set(page, { visits: before.visits + 1, ms: before.ms + ms })
  }
  const found = await visits.use(({ value }) => new Map(value))
  let [seenTo, missing, doubled] = [0, 0, 0]
  for (const page of new Set([...expected.keys(), ...found.keys()])) {
    const [was, is] = [pageVisits(expected.get(page)), pageVisits(found.get(page))]
    seenTo += is.visits
    missing += Math.max(0, was.visits - is.visits)
    doubled += Math.max(0, is.visits - was.visits)
    // As many visits, and others than those that were made.
    if (was.visits === is.visits && was.ms !== is.ms) [missing, doubled] = [missing + 1, doubled + 1]
  }
  return { name: 'visits', seenTo, missing, doubled, outOfOrder: 0, cutOff: 0 }
}

/**
 * Each acknowledged line is in its draft once, after those that the same person has written before; each draft is
 * saved.
 */
export function auditDrafts(
  { drafts, savedDrafts }: Pick<LiveState, 'drafts' | 'savedDrafts'>,
  acknowledged: DraftLines,
): StateAudit {
  const sum = { seenTo: 0, missing: 0, doubled: 0, outOfOrder: 0 }
  for (const name of new Set([...acknowledged.keys(), ...savedDrafts.keys()])) {
    const [expected, found] = [acknowledged.get(name) ?? [], (savedDrafts.get(name) ?? []) as string[]]
    add(sum, compare(expected, found))
  }
  return { name: 'drafts', ...sum, cutOff: drafts.names().length }
}

/** Everybody hears each message once, all in the same order, in which each talker's messages are as they were said. */
export function auditChat(talkers: readonly Pick<Talker, 'said' | 'heard' | 'cutOff'>[]): StateAudit {
  const said = talkers.flatMap((talker) => talker.said)
  const heard = talkers.map((talker) => talker.heard.map(({ text }) => text))
  const sum = { seenTo: 0, missing: 0, doubled: 0, outOfOrder: 0 }
  for (const one of heard) add(sum, compare(said, one))
  sum.outOfOrder += heard.filter((one) => one.join() !== heard[0]?.join()).length
  return { name: 'chat', ...sum, cutOff: talkers.filter(({ cutOff }) => cutOff).length }
}

/**
 * Each reminder that was set fires once, none that was cleared does; one that repeats fires once each time it is due.
 */
export function auditReminders(
  { reminders }: Pick<LiveState, 'reminders'>,
  { set, cleared, fired }: RemindersLog,
): StateAudit {
  const once = fired.filter(({ id }) => id !== TICK).map(({ id }) => id)
  const ticks = fired.filter(({ id }) => id === TICK).map(({ dueAt }) => dueAt)
  const { missing, doubled } = compare(set, once)
  const pending = reminders.pending().map(({ id }) => id)
  return {
    name: 'reminders',
    seenTo: fired.length,
    missing: missing + (pending.join() === SOME_DAY && ticks.length > 0 ? 0 : 1),
    doubled: doubled + ticks.length - new Set(ticks).size + cleared.filter((id) => once.includes(id)).length,
    outOfOrder: ticks.filter((dueAt, at) => at > 0 && dueAt < (ticks[at - 1] as number)).length,
    cutOff: 0,
  }
}

interface Compared {
  seenTo: number
  missing: number
  doubled: number
  outOfOrder: number
}

/** Lines of the form `who:number` or names, each of which is to be found once; those of one person in their order. */
function compare(expected: readonly string[], found: readonly string[]): Compared {
  const once = new Set(found)
  const last = new Map<string, number>()
  let outOfOrder = 0
  for (const line of found) {
    const [who, number] = line.split(':') as [string, string?]
    if (number === undefined) continue
    if (Number(number) < (last.get(who) ?? -1)) outOfOrder += 1
    last.set(who, Number(number))
  }
  const wanted = new Set(expected)
  return {
    seenTo: found.length,
    missing: expected.filter((line) => !once.has(line)).length,
    doubled: found.length - once.size + found.filter((line) => !wanted.has(line)).length,
    outOfOrder,
  }
}

function add(sum: Compared, more: Compared): void {
  sum.seenTo += more.seenTo
  sum.missing += more.missing
  sum.doubled += more.doubled
  sum.outOfOrder += more.outOfOrder
}
