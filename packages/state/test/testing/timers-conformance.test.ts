import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Recorder } from '../../../cdc/test/support/recorder.js'
import type { TimersProvider } from '../../src/index.js'
import { runTimersConformance } from '../../src/testing/index.js'

type Provider = TimersProvider<number>

const sound = (): Provider => ({ name: 'mail', schema: z.number().positive(), fire: async () => {} })

const BROKEN: [wrong: string, key: string, Partial<Provider>][] = [
  ['refuses what it is set with', 'payloads/taken', { schema: z.number().min(2) }],
  ['reads its own output otherwise', 'payloads/taken', { schema: z.number().transform((given) => given + 1) }],
  ['refuses nothing', 'payloads/refused', { schema: z.number() }],
  ['fails when it fires', 'fire/settles', { fire: () => Promise.reject(new Error('no mail')) }],
]

describe('a sound provider of timers', () => {
  runTimersConformance({ test: it, make: sound, payloads: [1, 2], refuses: [-1] })
})

describe('the kit of timers finds', () => {
  it.each(BROKEN)('a provider that %s: %s', async (_, key, provider) => {
    const recorder = new Recorder()
    runTimersConformance({
      test: recorder.test,
      make: () => ({ ...sound(), ...provider }),
      payloads: [1, 2],
      refuses: [-1],
    })
    expect([...(await recorder.failures()).keys()]).toContain(key)
  })
})
