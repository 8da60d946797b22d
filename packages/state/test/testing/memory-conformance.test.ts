import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Recorder } from '../../../cdc/test/support/recorder.js'
import type { MemoryProvider } from '../../src/index.js'
import { runMemoryConformance, type MemoryConformance } from '../../src/testing/index.js'

type Counts = Record<string, number>
type Provider = MemoryProvider<Counts, string>

const sound = (): Provider => ({
  name: 'visits',
  schema: z.record(z.string(), z.number()),
  migrate: (value) => value,
  initial: () => ({}),
  apply: (counts, page) => {
    if (!page.startsWith('/')) throw new Error('no path')
    counts[page] = (counts[page] ?? 0) + 1
  },
})
const WRITES = ['/', '/about', '/']

const shared: Counts = {}
let calls = 0

const RESTORED = Symbol('restored')

/** One for each rule: what is wrong, the key of what finds it, and the provider. */
const BROKEN: [wrong: string, key: string, Partial<Provider>, Partial<MemoryConformance<Counts, string>>?][] = [
  ['gives the same initial value each time', 'initial/own', { initial: () => shared }],
  ['counts by chance', 'writes/same', { apply: (counts) => void (counts['x'] = calls++) }],
  ['does nothing', 'writes/taken', { apply: () => {} }],
  [
    'copies half of the value',
    'copy/same',
    { codec: { encode: (counts) => ({ '/': counts['/'] }), decode: (image) => structuredClone(image) as Counts } },
  ],
  [
    'gives out the value as its image',
    'copy/apart',
    { codec: { encode: (value) => value, decode: (image) => image as Counts } },
  ],
  ['refuses what it makes', 'schema/own', { schema: z.record(z.string(), z.number().max(1)) }],
  ['migrates its own values once more', 'schema/own', { migrate: (value) => ({ ...(value as Counts), migrated: 1 }) }],
  ['cannot read what was stored', 'stored/read', {}, { stored: [{ '/': 'one' }] }],
  [
    'changes the value before it refuses',
    'refused/unchanged',
    {
      apply: (counts, page) => {
        counts[page] = 1
        if (!page.startsWith('/')) throw new Error('no path')
      },
    },
  ],
  [
    'takes no writes once its value was copied',
    'reload/kept',
    {
      codec: {
        encode: (counts) => structuredClone(counts),
        decode: (image) => Object.assign(structuredClone(image) as Counts, { [RESTORED]: true }),
      },
      schema: z.custom<Counts>(),
      apply: (counts, page) => (RESTORED in counts ? undefined : sound().apply(counts, page)),
    },
  ],
  ['takes what is to be refused', 'refused/unchanged', { apply: (counts, page) => void (counts[page] = 1) }],
]

describe('a sound provider of a value in memory', () => {
  runMemoryConformance({ test: it, make: sound, writes: WRITES, refuses: ['x'], stored: [{ '/old': 3 }] })
})

describe('the kit of values in memory finds', () => {
  it.each(BROKEN)('a provider that %s: %s', async (_, key, provider, options) => {
    const recorder = new Recorder()
    runMemoryConformance({
      test: recorder.test,
      make: () => ({ ...sound(), ...provider }),
      writes: WRITES,
      refuses: ['x'],
      ...options,
    })
    expect([...(await recorder.failures()).keys()]).toContain(key)
  })
})
