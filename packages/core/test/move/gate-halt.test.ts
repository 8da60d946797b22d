import { describe, expect, it } from 'vitest'
import { failureOf, turn } from '../fixtures/deferred.js'
import { gateOf } from '../fixtures/store-gate.js'
import { StoreProvider, type Store } from '../fixtures/store.js'

async function halted(restart: () => Promise<Store>) {
  const replaced: unknown[] = []
  const made = gateOf({
    onReplaced: (outcome) => {
      replaced.push(outcome)
    },
  })
  await made.gate.hold()
  made.gate.halt({
    checkpoint: 'here',
    cause: new Error('no port'),
    restart,
    stop: () => {},
    discard: () => Promise.resolve(),
  })
  made.gate.release()
  return { ...made, replaced }
}

describe('a halted gate', () => {
  it('G7 I4 tries the restart with each write, refuses those it fails for, and applies the one that succeeds', async () => {
    let attempts = 0
    const provider = new StoreProvider('only', '1')
    const { gate, replaced } = await halted(async () => {
      attempts += 1
      if (attempts < 3) throw new Error(`attempt ${attempts}`)
      return provider.make([])
    })
    expect(() => gate.resource).toThrow(expect.objectContaining({ code: 'RESOURCE_HALTED', retryable: true }))
    for (const attempt of [1, 2]) {
      expect(await failureOf(gate.write(attempt))).toMatchObject({
        code: 'RESOURCE_HALTED',
        retryable: true,
        cause: new Error(`attempt ${attempt}`),
      })
    }
    await gate.write(3)
    await gate.write(4)
    expect(attempts).toBe(3)
    expect(gate.halted).toBeUndefined()
    expect(gate.resource.entries).toEqual([3, 4])
    expect(replaced).toEqual([{ halted: new Error('no port') }, { resource: gate.resource }])
  })

  it('restarts once for writes that come together', async () => {
    let attempts = 0
    const provider = new StoreProvider('only', '1')
    const { gate } = await halted(async () => {
      attempts += 1
      await turn()
      return provider.make([])
    })
    await Promise.all([gate.write(1), gate.use((store) => store.entries.length), gate.write(2)])
    expect(attempts).toBe(1)
    expect(gate.resource.entries).toEqual([1, 2])
  })

  it('restarts where nobody asked to be told', async () => {
    const { gate, copy } = gateOf()
    await gate.hold()
    const started = copy()
    gate.halt({
      checkpoint: 'here',
      cause: new Error('no port'),
      restart: () => Promise.resolve(started),
      stop: () => {},
      discard: () => Promise.resolve(),
    })
    gate.release()
    await gate.write(1)
    expect(gate.resource).toBe(started)
    expect(started.entries).toEqual([1])
  })
})
