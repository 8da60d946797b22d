import { describe, expect, it, vi } from 'vitest'
import type { CrdtState } from '../src/index.js'
import { laterTurn } from '../src/later-turn.js'
import { counterKind, decode, GCounter, increment } from './fixtures/g-counter.js'
import { Served } from './fixtures/served.js'
import { EMPTY_COUNTER, waiting } from './fixtures/waiting.js'
import { notes, openYjs, readNotes, yjsKind } from './fixtures/yjs-kind.js'
import { openingWith } from './fixtures/opening-with.js'

/**
 * Dispatches, writes meanwhile (once `during` says so) and afterwards, and gives what the caller was told and what
 * serves.
 */
async function failing(served: Served, during?: Promise<void>): Promise<{ error: unknown; serves: object }> {
  const before = served.gate().resource
  const failed = served.dispatch().then(
    () => undefined,
    (error: unknown) => error,
  )
  await during
  await served.gate().write(increment('during', 10))
  const error = await failed
  await served.gate().write(increment('after', 100))
  const { resource, state } = served.gate()
  return {
    error,
    serves: {
      old: resource === before,
      state,
      value: served.value(),
      leaked: served.leaked,
      closedOnce: served.closedOnce,
    },
  }
}

const OLD_SERVES_ALL = { old: true, state: 'open', value: 111, leaked: 0, closedOnce: true }

const PLACE = { surface: 'crdt-kind', key: 'counter', resource: 'doc', rollbackErrors: [] }

function titled(title: string): CrdtState {
  return notes((it) => {
    it.getText('title').insert(0, title)
  })
}

describe('X10 a handoff that fails leaves the old document serving, with everything acknowledged', () => {
  it.each<[string, (bytes: Uint8Array) => unknown, object]>([
    [
      'throws',
      () => {
        throw new Error('no memory')
      },
      { code: 'HANDOFF', phase: 'prepare', step: 'open', message: expect.stringContaining('no memory') },
    ],
    [
      'throws what is no Error',
      () => {
        throw 'x'
      },
      { code: 'HANDOFF', step: 'open' },
    ],
    [
      'rejects',
      () => Promise.reject(new Error('no disk')),
      { code: 'HANDOFF', step: 'open', message: expect.stringContaining('no disk') },
    ],
    [
      'gives nothing',
      () => null,
      { code: 'HANDOFF', step: 'open', message: expect.stringContaining('expected a live resource, and got null') },
    ],
    [
      'gives a state without methods',
      () => ({ value: () => 1 }),
      { code: 'HANDOFF', step: 'open', message: expect.stringContaining('without apply, merge, persist') },
    ],
    [
      'loses content',
      () => new GCounter(),
      {
        code: 'HANDOFF',
        step: 'verify',
        message: expect.stringMatching(
          /the restored document differs from the old one at the snapshot: value: 1?1 → 0/,
        ),
      },
    ],
    [
      'answers its value with a promise',
      (bytes) => Object.assign(new GCounter(decode(bytes) as Record<string, number>), { value: async () => 1 }),
      { code: 'HANDOFF', step: 'verify' },
    ],
  ])('I3 where fromPersisted %s', async (_, open, failure) => {
    const { error, serves } = await failing(
      new Served({
        old: counterKind(),
        next: openingWith(open),
        docs: { doc: new GCounter({ a: 1 }) },
        sampleLimit: 0,
      }),
    )
    expect(error).toMatchObject({ ...PLACE, ...failure })
    expect(serves).toEqual(OLD_SERVES_ALL)
  })

  it.each<[string, () => unknown, string]>([
    [
      'throws',
      () => {
        throw new Error('busy')
      },
      'busy',
    ],
    ['gives text', () => 'text', 'persist() returned a string; expected a Uint8Array'],
    ['gives a promise', () => Promise.reject(new Error('later')), 'persist() returned a promise'],
  ])('I3 where persist of the old document %s', async (_, persist, message) => {
    const doc = Object.assign(new GCounter({ a: 1 }), { persist }) as CrdtState
    const failure = { code: 'HANDOFF', step: 'persist', message: expect.stringContaining(message) }
    const { error, serves } = await failing(
      new Served({ old: counterKind(), next: counterKind(), docs: { doc }, sampleLimit: 0 }),
    )
    expect(error).toMatchObject({ ...PLACE, ...failure })
    expect(serves).toEqual(OLD_SERVES_ALL)
  })

  it.each<[string, Partial<Parameters<typeof counterKind>[0]>, object]>([
    [
      'refuses an operation that the old one took',
      {
        rules: {
          amount: () => {
            throw new Error('not my op')
          },
        },
      },
      { step: 'replay', message: expect.stringContaining('not my op') },
    ],
    [
      'drops an operation in silence',
      { rules: { amount: () => 0 } },
      {
        phase: 'prepare',
        step: 'verify',
        message: expect.stringContaining('after the operations made meanwhile were replayed: value: 11 → 1'),
      },
    ],
  ])('I3 I4 where the new document %s', async (_, changes, failure) => {
    const { next, opening, goOn } = waiting(counterKind(changes), EMPTY_COUNTER)
    const served = new Served({ old: counterKind(), next, docs: { doc: new GCounter({ a: 1 }) }, sampleLimit: 0 })
    const during = opening.then(() => {
      queueMicrotask(() => queueMicrotask(goOn))
    })
    const { error, serves } = await failing(served, during)
    expect(error).toMatchObject({ ...PLACE, code: 'HANDOFF', ...failure })
    expect(serves).toEqual(OLD_SERVES_ALL)
  })

  it('I3 I8 where fromPersisted hangs past the deadline; what it opens after all is closed once', async () => {
    const { next, opening, goOn } = waiting(counterKind(), EMPTY_COUNTER)
    const served = new Served({ old: counterKind(), next, docs: { doc: new GCounter({ a: 1 }) }, sampleLimit: 0 })
    const during = opening.then(() => served.clock.advance(300_000))
    const { error, serves } = await failing(served, during)
    expect(error).toMatchObject({ ...PLACE, code: 'STEP_TIMEOUT', phase: 'prepare', step: 'open' })
    expect(serves).toEqual(OLD_SERVES_ALL)
    const opened = served.nextStates.states.length
    goOn()
    await expect.poll(() => served.nextStates.states.length).toBe(opened + 1)
    await expect.poll(() => served.leaked).toBe(0)
    expect(served.closedOnce).toBe(true)
  })

  it('I3 where the caller aborts before it is held to its value, for which it is not asked any more', async () => {
    const controller = new AbortController()
    const asked = vi.fn<() => unknown>()
    const next = openingWith((bytes) => {
      setTimeout(() => {
        for (const state of served.nextStates.states) vi.spyOn(state, 'value').mockImplementation(asked)
        controller.abort()
      }, 0)
      return new GCounter(decode(bytes) as Record<string, number>)
    })
    const served = new Served({ old: counterKind(), next, docs: { doc: new GCounter({ a: 1 }) }, sampleLimit: 0 })
    await expect(served.dispatch({ signal: controller.signal })).rejects.toMatchObject({ code: 'ABORTED' })
    await laterTurn()
    await laterTurn()
    expect(asked).not.toHaveBeenCalled()
    expect(served.leaked).toBe(0)
  })

  it('I3 where the caller aborts while the document is being opened', async () => {
    const controller = new AbortController()
    const { next, opening } = waiting(counterKind(), EMPTY_COUNTER)
    const served = new Served({ old: counterKind(), next, docs: { doc: new GCounter({ a: 1 }) }, sampleLimit: 0 })
    const dispatched = served.dispatch({ signal: controller.signal })
    await opening
    controller.abort()
    await expect(dispatched).rejects.toMatchObject({ code: 'ABORTED', resource: 'doc' })
    await served.gate().write(increment('b'))
    expect(served.value()).toBe(2)
    expect(served.leaked).toBe(0)
  })

  it('I3 gives every document back where one of several fails', async () => {
    const next = yjsKind({
      fromPersisted: (bytes) => {
        const state = openYjs(bytes)
        if (readNotes(state.doc).title === 'bad') throw new Error('cannot')
        return state
      },
    })
    const served = new Served({
      old: yjsKind(),
      next,
      docs: { a: titled('good'), b: titled('bad'), c: titled('good') },
      sampleLimit: 0,
    })
    const before = ['a', 'b', 'c'].map((name) => served.gate(name).resource)
    await expect(served.dispatch()).rejects.toMatchObject({ code: 'HANDOFF', resource: 'b' })
    expect(['a', 'b', 'c'].map((name) => served.gate(name).resource)).toEqual(before)
    expect(served.leaked).toBe(0)
    expect(served.closedOnce).toBe(true)
  })
})
