import { describe, expect, it } from 'vitest'
import { Deferred, failureOf, standing, turn } from '../fixtures/deferred.js'
import { gateOf, missedWrites } from '../fixtures/store-gate.js'
import { StoreProvider, type Store } from '../fixtures/store.js'

const { signal } = new AbortController()

/** A gate that is held, whose write 1 hangs and was abandoned, and whose write 2 waits. */
async function abandoned() {
  const made = gateOf({ writeTimeoutMs: 50 })
  const slow = made.slowWrite()
  const told = failureOf(made.gate.write(1))
  const held = made.gate.hold()
  const behind = made.gate.write(2)
  made.gate.abandon()
  await held
  return { ...made, slow, told, behind }
}

describe('a write that is abandoned under a hold', () => {
  it('I8 has an unknown outcome, and the hold is complete, before its deadline and after it', async () => {
    const early = await abandoned()
    expect(await early.told).toMatchObject({ code: 'STEP_TIMEOUT', retryable: false })
    expect(early.clock.pending).toBe(0)

    const { gate, clock, slowWrite } = gateOf({ writeTimeoutMs: 50 })
    slowWrite()
    const told = failureOf(gate.write(1))
    clock.advance(50)
    expect(await told).toMatchObject({ code: 'STEP_TIMEOUT' })
    const held = gate.hold()
    expect({ held: await standing(held), stuck: gate.stuck }).toEqual({ held: 'pending', stuck: true })
    gate.abandon()
    expect({ held: await standing(held), stuck: gate.stuck }).toEqual({ held: 'fulfilled', stuck: false })
  })

  it('G5 I4 I8 is inert once a successor serves: what waited goes on there, and the late one is neither recorded nor missed', async () => {
    const { gate, slow, behind, copy, store } = await abandoned()
    const next = copy()
    const missed = missedWrites()
    gate.switchTo(next, missed)
    await behind
    slow.resolve()
    await turn()
    await gate.write(3)
    expect({ store: store.entries, next: next.entries }).toEqual({ store: [1], next: [2, 3] })
    await gate.hold()
    gate.recall(missed.take())
    const target = copy()
    expect(await gate.replay(target, signal)).toBe(2)
    expect(target.entries).toEqual([2, 3])
  })

  it('I8 is inert where the stopped resource was replaced, and where it is halted', async () => {
    for (const ends of ['replaced', 'halted'] as const) {
      const { gate, slow, behind, copy } = await abandoned()
      const again = copy()
      if (ends === 'replaced') gate.replace(again)
      else
        gate.halt({
          checkpoint: 'here',
          cause: new Error('no port'),
          restart: () => Promise.resolve(again),
          stop: () => {},
          discard: () => Promise.resolve(),
        })
      gate.release()
      await behind
      slow.resolve()
      await gate.write(3)
      expect(again.entries).toEqual([2, 3])
    }
  })

  it.each(['release', 'record'] as const)(
    'I4 G6 nothing runs beside it on the same resource: after a %s the gate is stuck until it settles',
    async (leave) => {
      const { gate, slow, behind, store } = await abandoned()
      gate[leave]()
      expect(await failureOf(behind)).toMatchObject({ code: 'RESOURCE_STUCK', retryable: true })
      expect(gate.stuck).toBe(true)
      expect(await failureOf(gate.write(3))).toMatchObject({ code: 'RESOURCE_STUCK' })
      const held = gate.hold()
      expect(await standing(held)).toBe('pending')
      slow.resolve()
      await held
      gate.release()
      await gate.write(4)
      expect(store.entries).toEqual([1, 4])
    },
  )

  it('I4 is recorded where it is accepted before another resource serves: the one that goes on has it', async () => {
    const { gate, slowWrite, copy, store } = gateOf()
    await gate.hold()
    gate.record()
    const slow = slowWrite()
    void failureOf(gate.write(1))
    const held = gate.hold()
    gate.abandon()
    await held
    slow.resolve()
    await turn()
    const target = copy()
    expect(await gate.replay(target, signal)).toBe(1)
    expect({ store: store.entries, target: target.entries }).toEqual({ store: [1], target: [1] })
  })

  it('is none where nothing is in flight, as after a synchronous one: later writes go on', async () => {
    const { gate, store } = gateOf()
    await gate.write(1)
    await gate.hold()
    gate.abandon()
    gate.release()
    await gate.write(2)
    expect(store.entries).toEqual([1, 2])
  })
})

describe('a restart that is abandoned', () => {
  /** A halted gate whose restart is under way, for a write that was abandoned. */
  async function restarting(leave: 'switch' | 'close') {
    const { gate, copy } = gateOf()
    const stopped: Store[] = []
    const started = new Deferred<Store>()
    await gate.hold()
    gate.halt({
      checkpoint: 'here',
      cause: new Error('no port'),
      restart: () => started.promise,
      discard: () => Promise.resolve(),
      stop: (late) => {
        stopped.push(late)
      },
    })
    gate.release()
    const told = failureOf(gate.write(1))
    void (leave === 'close' ? gate.close() : gate.hold())
    gate.abandon()
    expect(await told).toMatchObject({ code: 'STEP_TIMEOUT' })
    const next = copy()
    if (leave === 'switch') gate.switchTo(next)
    const late = new StoreProvider('only', '1').make([])
    started.resolve(late)
    await turn()
    return { gate, next, late, stopped }
  }

  it('I7 I8 is stopped where it succeeds after all, and what serves by then goes on', async () => {
    const { gate, next, late, stopped } = await restarting('switch')
    expect(stopped).toEqual([late])
    await gate.write(2)
    expect({ resource: gate.resource, nextEntries: next.entries, lateEntries: late.entries }).toEqual({
      resource: next,
      nextEntries: [2],
      lateEntries: [],
    })
  })

  it('I7 I12 is stopped where the resource has left', async () => {
    const { gate, late, stopped } = await restarting('close')
    expect(stopped).toEqual([late])
    expect(gate.halted).toBeDefined()
  })
})

describe('a hold that abandons what is past its deadline', () => {
  it.each(['before', 'while'])('G8 is complete where a write came to be so %s it is held', async (when) => {
    const { gate, clock, slowWrite } = gateOf({ writeTimeoutMs: 100 })
    slowWrite()
    const hung = gate.write(1).catch((error: unknown) => error)
    if (when === 'before') clock.advance(100)
    const held = gate.hold({ abandonOverdue: true })
    if (when === 'while') {
      expect({ held: await standing(held), abandoned: gate.abandoned }).toEqual({ held: 'pending', abandoned: false })
      clock.advance(100)
    }
    await held
    expect({ abandoned: gate.abandoned, stuck: gate.stuck }).toEqual({ abandoned: true, stuck: false })
    expect(await hung).toMatchObject({ code: 'STEP_TIMEOUT' })
    gate.release()
    expect({ abandoned: gate.abandoned, stuck: gate.stuck }).toEqual({ abandoned: false, stuck: true })
  })

  it('G6 abandons nothing once it was released, nor under another hold', async () => {
    const { gate, clock, slowWrite } = gateOf({ writeTimeoutMs: 100 })
    await gate.hold({ abandonOverdue: true })
    gate.release()
    slowWrite()
    const hung = gate.write(1).catch((error: unknown) => error)
    void gate.hold({ abandonOverdue: true })
    gate.release()
    const held = gate.hold()
    clock.advance(100)
    await hung
    expect({ held: await standing(held), abandoned: gate.abandoned, stuck: gate.stuck }).toEqual({
      held: 'pending',
      abandoned: false,
      stuck: true,
    })
  })

  it('G6 leaves one alone that comes to be so after it was released', async () => {
    const { gate, clock, slowWrite } = gateOf({ writeTimeoutMs: 100 })
    const slow = slowWrite()
    const hung = failureOf(gate.write(1))
    void gate.hold({ abandonOverdue: true })
    gate.release()
    clock.advance(100)
    expect({ hung: await hung, abandoned: gate.abandoned, stuck: gate.stuck }).toMatchObject({
      hung: { code: 'STEP_TIMEOUT' },
      abandoned: false,
      stuck: true,
    })
    slow.resolve()
    await turn()
    await gate.write(2)
  })
})
