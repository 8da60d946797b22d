import type { PluginHost } from '@uni/reload-core'
import { expect, it } from 'vitest'
import { auditChat, auditDrafts, auditReminders, auditVisits } from '../../src/demo/state/state-audit.js'
import { SOME_DAY, TICK } from '../../src/demo/state/reminded.js'
import { broadcastsHeard } from '../../src/demo/state/talkers.js'
import { VersionLog } from '../../src/demo/state/version-log.js'
import { LiveState } from '../../src/host/live-state.js'
import { chatEntry } from '../../src/plugins/chat/entry.js'
import { draftsEntry } from '../../src/plugins/drafts/entry.js'
import type { Reminded } from '../../src/plugins/reminders/contract.js'
import { remindersEntry } from '../../src/plugins/reminders/entry.js'
import { visitsEntry } from '../../src/plugins/visits/entry.js'
import { hostWith } from '../plugins/support/host.js'

async function stateOf(): Promise<{ readonly host: PluginHost; readonly state: LiveState }> {
  const host = await hostWith(visitsEntry.v1())
  for (const entry of [draftsEntry, chatEntry, remindersEntry(() => {})]) await host.add(entry.v1())
  const state = await LiveState.open(host, (error) => {
    throw error
  })
  return { host, state }
}

it('visits that were lost, counted twice, or taken for others are found', async () => {
  const { host, state } = await stateOf()
  await using _host = host
  const [one, other, long] = [
    { page: '/', ms: 1 },
    { page: '/film', ms: 2 },
    { page: '/film', ms: 4 },
  ]
  await state.visits.write(one)
  await state.visits.write(other)
  expect(await auditVisits(state, [one, other])).toMatchObject({ seenTo: 2, missing: 0, doubled: 0 })
  expect(await auditVisits(state, [one, other, long])).toMatchObject({ missing: 1, doubled: 0 })
  expect(await auditVisits(state, [one])).toMatchObject({ missing: 0, doubled: 1 })
  expect(await auditVisits(state, [one, long])).toMatchObject({ missing: 1, doubled: 1 })
})

it('lines that were lost, doubled or put elsewhere, and drafts left open, are found', async () => {
  const { host, state } = await stateOf()
  await using _host = host
  const audited = (saved: readonly string[]): unknown => {
    state.savedDrafts.set('minutes', saved)
    return auditDrafts(state, new Map([['minutes', ['a:0', 'b:0', 'a:1']]]))
  }
  const well = { name: 'drafts', seenTo: 3, missing: 0, doubled: 0, outOfOrder: 0, cutOff: 0 }
  expect(audited(['b:0', 'a:0', 'a:1'])).toEqual(well)
  expect(audited(['a:0', 'a:1'])).toEqual({ ...well, seenTo: 2, missing: 1 })
  expect(audited(['a:0', 'b:0', 'b:0', 'a:1'])).toEqual({ ...well, seenTo: 4, doubled: 1 })
  expect(audited(['a:0', 'b:0', 'a:1', 'c:0'])).toEqual({ ...well, seenTo: 4, doubled: 1 })
  expect(audited(['a:1', 'b:0', 'a:0'])).toEqual({ ...well, outOfOrder: 1 })
  await state.drafts.open('minutes')
  expect(audited(['a:0', 'b:0', 'a:1'])).toEqual({ ...well, cutOff: 1 })
})

it('messages that somebody did not hear, heard twice or heard in another order, and closed sockets, are found', () => {
  const hears = (said: readonly string[], heard: readonly string[], cutOff = false) => ({
    said: [...said],
    heard: heard.map((text) => ({ version: '1.0.0', text })),
    cutOff,
  })
  const audited = (heard: readonly string[], cutOff?: boolean): unknown =>
    auditChat([hears(['a:0', 'a:1'], ['a:0', 'b:0', 'a:1']), hears(['b:0'], heard, cutOff)])
  const well = { name: 'chat', seenTo: 6, missing: 0, doubled: 0, outOfOrder: 0, cutOff: 0 }
  expect(audited(['a:0', 'b:0', 'a:1'])).toEqual(well)
  expect(audited(['a:0', 'b:0', 'a:1'], true)).toEqual({ ...well, cutOff: 1 })
  expect(audited(['a:0', 'a:1'])).toEqual({ ...well, seenTo: 5, missing: 1, outOfOrder: 1 })
  expect(audited(['a:0', 'b:0', 'a:1', 'a:1'])).toEqual({ ...well, seenTo: 7, doubled: 1, outOfOrder: 1 })
  expect(audited(['b:0', 'a:0', 'a:1'])).toEqual({ ...well, outOfOrder: 1 })
  expect(audited(['a:1', 'b:0', 'a:0'])).toEqual({ ...well, outOfOrder: 2 })
})

it('reminders that did not fire, fired twice or though they were cleared, and one that is no longer pending, are found', async () => {
  const { host, state } = await stateOf()
  await using _host = host
  const fires = (id: string, dueAt = 1): Reminded => ({ version: '1.0.0', id, dueAt })
  const audited = (...fired: Reminded[]): unknown =>
    auditReminders(state, { set: ['a', 'b'], cleared: ['c'], fired: [fires(TICK, 1), fires(TICK, 2), ...fired] })
  const well = { name: 'reminders', seenTo: 4, missing: 0, doubled: 0, outOfOrder: 0, cutOff: 0 }
  expect(audited(fires('a'), fires('b'))).toEqual({ ...well, missing: 1 })
  state.reminders.set(SOME_DAY, { text: 'not today' }, { afterMs: 86_400_000 })
  expect(audited(fires('b'), fires('a'))).toEqual(well)
  expect(audited(fires('a'))).toEqual({ ...well, seenTo: 3, missing: 1 })
  expect(audited(fires('a'), fires('b'), fires('b'))).toEqual({ ...well, seenTo: 5, doubled: 1 })
  expect(audited(fires('a'), fires('b'), fires(TICK, 2))).toEqual({ ...well, seenTo: 5, doubled: 1 })
  expect(audited(fires('a'), fires('b'), fires(TICK, 0))).toEqual({ ...well, seenTo: 5, outOfOrder: 1 })
  const cleared = audited(fires('a'), fires('b'), fires('c')) as { doubled: number }
  expect(cleared.doubled).toBeGreaterThan(0)
})

it('calls that two versions had to do with are found', () => {
  const log = new VersionLog('hook')
  for (const versions of [['1.0.0', '1.0.0'], ['2.0.0'], ['1.0.0', '2.0.0'], ['1.0.0']]) log.answered(versions)
  expect(log.seen).toEqual({ surface: 'hook', calls: 4, versions: '2 by 1.0.0, 1 by 2.0.0', mixed: 1 })
})

it('a broadcast that two versions have sent is found', () => {
  const heard = (...versions: string[]) => ({ heard: versions.map((version, at) => ({ version, text: `a:${at}` })) })
  const seen = broadcastsHeard([heard('1.0.0', '2.0.0', '2.0.0'), heard('1.0.0', '1.0.0', '2.0.0')])
  expect(seen).toEqual({ surface: 'chat', calls: 3, versions: '1 by 1.0.0, 1 by 2.0.0', mixed: 1 })
})
