import type { PluginHost } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { openHub, openMemory, openTimers } from '@uni/reload-state'
import { describe, expect, it } from 'vitest'
import { chat, type ChatSocket } from '../../src/plugins/chat/contract.js'
import { chatEntry } from '../../src/plugins/chat/entry.js'
import { drafts } from '../../src/plugins/drafts/contract.js'
import { draftsEntry } from '../../src/plugins/drafts/entry.js'
import { reminders, type Reminded } from '../../src/plugins/reminders/contract.js'
import { remindersEntry } from '../../src/plugins/reminders/entry.js'
import { visits } from '../../src/plugins/visits/contract.js'
import { visitsEntry } from '../../src/plugins/visits/entry.js'
import { hostWith, servingVersion } from './support/host.js'
import { expectTurnedAway, reload } from './support/turned-away.js'

const onError = (error: unknown): void => {
  throw error
}

it('M3, I4 visits are counted on from one version to the other and back, whichever way each keeps them', async () => {
  await using host = await hostWith(visitsEntry.v1())
  const live = await host.attach(visits, { name: 'visits', key: 'visits', open: openMemory() })
  const kept = (): Promise<unknown> => live.use(({ value }) => value.get('/'))
  await live.write({ page: '/', ms: 5 })
  expect(await kept()).toEqual([1, 5])
  await reload(host, visitsEntry, visitsEntry.v2())
  await live.write({ page: '/', ms: 6 })
  expect(await kept()).toEqual({ visits: 2, ms: 11 })
  await reload(host, visitsEntry, visitsEntry.v1())
  await live.write({ page: '/', ms: 7 })
  expect(await kept()).toEqual([3, 18])
})

it('M1, I4 a draft has its lines in order, whichever version has added them', async () => {
  await using host = await hostWith(draftsEntry.v1())
  const live = await host.attach(drafts, { name: 'minutes', key: 'draft', open: openMemory() })
  await live.write('one')
  await reload(host, draftsEntry, draftsEntry.v2())
  await live.write('two')
  await reload(host, draftsEntry, draftsEntry.v1())
  await live.write('three')
  expect(await live.use(({ value }) => value)).toEqual(['one', 'two', 'three'])
})

it('N1 the chat goes on from one version to the other and back', async () => {
  await using host = await hostWith(chatEntry.v1())
  const hub = await openHub(host, chat, { name: 'lobby', key: 'lobby', onError })
  const heard: unknown[] = []
  const socket: ChatSocket = { send: (text) => heard.push(JSON.parse(text)) }
  await hub.add(socket)
  await hub.receive(socket, 'a')
  await reload(host, chatEntry, chatEntry.v2())
  await hub.receive(socket, 'b')
  await reload(host, chatEntry, chatEntry.v1())
  await hub.receive(socket, 'c')
  expect(heard).toEqual([
    { version: '1.0.0', text: 'a' },
    { version: '2.0.0', text: 'b' },
    { version: '1.0.0', text: 'c' },
  ])
})

it('T3 reminders fire once, by the version that serves when they are due', async () => {
  const fired: Reminded[] = []
  const entry = remindersEntry((reminded) => fired.push(reminded))
  await using host = await hostWith(entry.v1())
  const clock = new ManualClock()
  const due = await openTimers(host, reminders, { name: 'due', key: 'reminders', clock, onError })
  const dueAt = [10, 20, 30].map((ms) => clock.now() + ms)
  for (const [at, id] of ['a', 'b', 'c'].entries()) due.set(id, { text: id }, { afterMs: 10 * (at + 1) })
  clock.advance(10)
  await expect.poll(() => fired.length).toBe(1)
  await reload(host, entry, entry.v2())
  clock.advance(10)
  await expect.poll(() => fired.length).toBe(2)
  await reload(host, entry, entry.v1())
  clock.advance(10)
  await expect.poll(() => fired.length).toBe(3)
  expect(fired).toEqual([
    { version: '1.0.0', id: 'a', dueAt: dueAt[0] },
    { version: '2.0.0', id: 'b', dueAt: dueAt[1] },
    { version: '1.0.0', id: 'c', dueAt: dueAt[2] },
  ])
  expect(due.pending()).toEqual([])
})

const remindersOf = remindersEntry(() => {})

/** Each plugin, and something of it that a bad version would have to take over. */
const IN_USE = [
  [
    visitsEntry,
    visits,
    async (host: PluginHost) => {
      const live = await host.attach(visits, { name: 'visits', key: 'visits', open: openMemory() })
      await live.write({ page: '/', ms: 5 })
    },
  ],
  [
    draftsEntry,
    drafts,
    async (host: PluginHost) => {
      const live = await host.attach(drafts, { name: 'minutes', key: 'draft', open: openMemory() })
      await live.write('Present: all')
    },
  ],
  [
    chatEntry,
    chat,
    async (host: PluginHost) => {
      const hub = await openHub(host, chat, { name: 'lobby', key: 'lobby', onError })
      await hub.add({ send: () => {} })
    },
  ],
  [
    remindersOf,
    reminders,
    async (host: PluginHost) => {
      const due = await openTimers(host, reminders, { name: 'due', key: 'reminders', onError })
      due.set('some day', { text: 'not today' }, { afterMs: 86_400_000 })
    },
  ],
] as const

describe.each(IN_USE.map(([entry, ...rest]) => [entry.id, entry, ...rest] as const))(
  '%s',
  (_id, entry, surface, use) => {
    it.each(entry.bad().map(({ fault }, at) => [fault, at] as const))(
      'I3 a version that %s is turned away',
      async (_fault, at) => {
        await using host = await hostWith(entry.v1())
        await use(host)
        await expectTurnedAway(host, entry, entry.bad()[at] as ReturnType<typeof entry.bad>[number])
        expect(servingVersion<unknown, never, never>(host, surface as never, entry.keys[0] as string)).toBe('1.0.0')
      },
    )
  },
)
