import { PluginHost } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { connections, memory, openHub, openTimers, PerKey, timers, timersHandoff } from '../src/index.js'
import { runConnectionsConformance, runMemoryConformance, runTimersConformance } from '../src/testing/index.js'

const reminders = timers<string>('reminders')
const chat = connections<object, string>('chat')
const documents = memory<string[], string>('documents')
const host = new PluginHost({ strategies: [] })

const perKey = (options: object) => new PerKey(host, documents, { key: 'text', open: () => null, ...options } as never)
const hub = (options: object) => openHub(host, chat, { name: 'a', key: 'b', onError: () => {}, ...options } as never)
const open = (options: object) =>
  openTimers(host, reminders, { name: 'a', key: 'b', onError: () => {}, ...options } as never)

async function opened() {
  const own = new PluginHost({ strategies: [timersHandoff(reminders)] })
  await own.add({
    manifest: { id: 'mail', version: '1.0.0' },
    register: (registrar) => void registrar.provide(reminders, { name: 'mail', fire: () => {} }),
  })
  return openTimers(own, reminders, { name: 'due', key: 'mail', onError: () => {} })
}
const set = async (id: string, options: object) => (await opened()).set(id, 'x', { afterMs: 1, ...options })

const kits: Record<string, (options: never) => void> = {
  runConnectionsConformance,
  runMemoryConformance,
  runTimersConformance,
}
const kit = (name: string, options: object) =>
  kits[name]?.({
    test: it,
    make: () => null,
    connect: () => null,
    writes: [],
    messages: [],
    payloads: [],
    ...options,
  } as never)

/** What is called, by the path that its message begins with, and what it must not take. */
const REFUSED: Record<string, [call: (value: unknown) => unknown, values: readonly unknown[]]> = {
  'PerKey options.key': [(key) => perKey({ key }), ['', 1, undefined]],
  'PerKey options.open': [(value) => perKey({ open: value }), [undefined, {}]],
  'PerKey options.save': [(save) => perKey({ save }), [true]],
  'open name': [(name) => perKey({}).open(name as string), ['', 1, undefined]],
  'openHub options.name': [(name) => hub({ name }), ['', undefined]],
  'openHub options.key': [(key) => hub({ key }), ['', undefined]],
  'openHub options.onError': [(onError) => hub({ onError }), [undefined, 'log']],
  'openTimers options.name': [(name) => open({ name }), ['', undefined]],
  'openTimers options.key': [(key) => open({ key }), ['', undefined]],
  'openTimers options.onError': [(onError) => open({ onError }), [undefined, 'log']],
  'openTimers options.clock': [(clock) => open({ clock }), [{}, 1]],
  'openTimers options': [(name) => open({ [String(name)]: 1 }), ['timeout']],
  'set id': [(id) => set(id as string, {}), ['', 1, undefined]],
  'set options.afterMs': [(afterMs) => set('a', { afterMs }), [-1, Number.NaN, '1', undefined]],
  'set options.everyMs': [(everyMs) => set('a', { everyMs }), [0, -1, Number.NaN, '1']],
  'runMemoryConformance options.writes': [(writes) => kit('runMemoryConformance', { writes }), [undefined, 'a']],
  'runTimersConformance options.payloads': [(payloads) => kit('runTimersConformance', { payloads }), [undefined]],
  'runConnectionsConformance options.connect': [
    (connect) => kit('runConnectionsConformance', { connect }),
    [undefined, {}],
  ],
}

describe('options', () => {
  it.each(Object.entries(REFUSED))('%s is refused by name', async (path, [call, values]) => {
    for (const value of values) await expect((async () => call(value))()).rejects.toThrow(`${path}: expected `)
  })
})
