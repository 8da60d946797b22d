import { describe, expect, it, vi } from 'vitest'
import type { CrdtKindProvider, CrdtState } from '../src/index.js'
import { laterTurn } from '../src/later-turn.js'
import { counterKind, decode, encode, GCounter, increment } from './fixtures/g-counter.js'
import { Served } from './fixtures/served.js'
import { EMPTY_COUNTER, EMPTY_NOTES, waiting } from './fixtures/waiting.js'
import { notes, openYjs, readNotes, Replica, yjsKind } from './fixtures/yjs-kind.js'

/** A version that does with a document that has content what `open` does. */
function openingWith(open: (bytes: Uint8Array) => unknown): CrdtKindProvider {
  return counterKind({
    fromPersisted: (bytes) => (bytes.length === EMPTY_COUNTER.length ? new GCounter() : open(bytes)) as CrdtState,
  })
}

/** Dispatches, writes meanwhile (once `during` says so) and afterwards, and gives what the caller was told and what serves. */
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

describe('X8 a live document keeps every acknowledged operation', () => {
  it('I4 has the edits of several replicas made during the copy, once each, after the commit', async () => {
    const doc = notes((it) => {
      it.getText('title').insert(0, 'Plan')
      it.getArray('rows').push(['first'])
    })
    const [ann, ben, model] = [new Replica(2, doc), new Replica(3, doc), new Replica(4, doc)] as const
    const { next, opening, goOn } = waiting(yjsKind(), EMPTY_NOTES)
    const served = new Served({ old: yjsKind(), next, docs: { doc }, sampleLimit: 0 })
    const write = (op: Uint8Array): Promise<void> => {
      model.receive(op)
      return served.gate().write(op)
    }

    const dispatched = served.dispatch()
    await opening
    await write(
      ann.edit((it) => {
        it.getArray('rows').push(['ann'])
        it.getText('title').insert(4, ' A')
      }),
    )
    await write(
      ben.edit((it) => {
        it.getArray('rows').insert(0, ['ben'])
        it.getMap('meta').set('by', 'ben')
      }),
    )
    goOn()
    const outcome = await dispatched
    let settled = false
    const held = write(
      ann.edit((it) => {
        it.getArray('rows').push(['held'])
      }),
    ).then(() => {
      settled = true
    })
    expect(settled).toBe(false)
    outcome.commit()
    await held

    expect(served.value()).toEqual(readNotes(model.doc))
    expect((served.value() as { rows: string[] }).rows.toSorted()).toEqual(['ann', 'ben', 'first', 'held'])
    expect(outcome.report).toMatchObject([{ resource: 'doc', discipline: 'pre-copy', replayedWrites: 2 }])
    expect(outcome.report[0]?.bytes).toBeGreaterThan(0)
    await outcome.finalize()
    expect(served.leaked).toBe(0)
    expect(served.closedOnce).toBe(true)
  })

  it('I3 I4 has them all on the old document after a rollback', async () => {
    const doc = notes((it) => {
      it.getArray('rows').push(['first'])
    })
    const [ann, ben, model] = [new Replica(2, doc), new Replica(3, doc), new Replica(4, doc)] as const
    const { next, opening, goOn } = waiting(yjsKind(), EMPTY_NOTES)
    const served = new Served({ old: yjsKind(), next, docs: { doc }, sampleLimit: 0 })
    const write = (op: Uint8Array): Promise<void> => {
      model.receive(op)
      return served.gate().write(op)
    }
    const before = served.gate().resource

    const dispatched = served.dispatch()
    await opening
    await write(
      ann.edit((it) => {
        it.getArray('rows').push(['ann'])
      }),
    )
    goOn()
    const outcome = await dispatched
    const held = write(
      ben.edit((it) => {
        it.getArray('rows').push(['ben'])
      }),
    )
    await outcome.rollback()
    await held

    expect(served.gate().resource).toBe(before)
    expect(served.value()).toEqual(readNotes(model.doc))
    expect(served.leaked).toBe(0)
    expect(served.closedOnce).toBe(true)
  })

  it('I4 applies once what would count twice if applied twice', async () => {
    const { next, opening, goOn } = waiting(counterKind(), EMPTY_COUNTER)
    const served = new Served({ old: counterKind(), next, docs: { doc: new GCounter({ a: 5 }) }, sampleLimit: 0 })
    const dispatched = served.dispatch()
    await opening
    await Promise.all(Array.from({ length: 100 }, (_, i) => served.gate().write(increment(`r${i % 3}`))))
    goOn()
    const outcome = await dispatched
    const held = served.gate().write(increment('a', 2))
    outcome.commit()
    await held
    expect(served.value()).toBe(107)
  })

  it('I4 neither acknowledges nor replays an operation that the old document refuses', async () => {
    const { next, opening, goOn } = waiting(counterKind(), EMPTY_COUNTER)
    const served = new Served({ old: counterKind(), next, docs: { doc: new GCounter({ a: 1 }) }, sampleLimit: 0 })
    const dispatched = served.dispatch()
    await opening
    await expect(served.gate().write(Uint8Array.of(0xff))).rejects.toThrow(SyntaxError)
    await served.gate().write(increment('a'))
    goOn()
    const outcome = await dispatched
    outcome.commit()
    expect(served.value()).toBe(2)
    expect(outcome.report[0]?.replayedWrites).toBe(1)
  })

  it('X9 hands over bytes that the old document does not write to again', async () => {
    const pool = new Uint8Array(64)
    let waitingWrite: Promise<void> | undefined
    /** Persists into a buffer that the next operation overwrites; one is waiting when it does. */
    class Pooled extends GCounter {
      override apply(op: Uint8Array): void {
        pool.fill(0)
        super.apply(op)
      }

      override persist(): Uint8Array {
        waitingWrite ??= served.gate().write(increment('b', 3))
        const bytes = super.persist()
        pool.set(bytes)
        return pool.subarray(0, bytes.length)
      }
    }
    const served: Served = new Served({
      old: counterKind(),
      next: counterKind(),
      docs: { doc: new Pooled({ a: 1 }) },
      sampleLimit: 0,
    })
    const outcome = await served.dispatch()
    outcome.commit()
    await waitingWrite
    expect(served.value()).toBe(4)
  })

  it('I3 changes nothing in a dry run', async () => {
    const served = new Served({
      old: yjsKind(),
      next: yjsKind(),
      docs: {
        doc: notes((it) => {
          it.getText('title').insert(0, 'x')
        }),
      },
    })
    const before = served.gate().resource
    await served.dispatch({ dryRun: true })
    expect(served.gate().resource).toBe(before)
    expect(served.gate().state).toBe('open')
    expect(served.leaked).toBe(0)
    expect(served.closedOnce).toBe(true)
  })

  it('I7 closes the old document once, and only when it is finalized', async () => {
    const served = new Served({ old: yjsKind(), next: yjsKind(), docs: { a: notes(), b: notes() } })
    const outcome = await served.dispatch()
    outcome.commit()
    expect(served.leaked).toBe(2)
    await outcome.finalize()
    expect(served.leaked).toBe(0)
    expect(served.closedOnce).toBe(true)
  })
})

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

describe('X9 what a document meant at the snapshot', () => {
  it.each([
    [undefined, 'after the operations made meanwhile'],
    ['isolated', 'at the snapshot'],
  ] as const)('is copied there and then, unless its values are said to be isolated: %s', async (values, told) => {
    // A document that goes on changing what it gave.
    const given = { count: 0 }
    const state: CrdtState = {
      ...(values && { values }),
      value: () => given,
      persist: () => Uint8Array.of(1),
      merge() {},
      apply() {},
    }
    const kind: CrdtKindProvider = {
      kind: 'given',
      empty: () => ({ ...state, persist: () => Uint8Array.of(0), value: () => ({}) }),
      fromPersisted([content]) {
        if (content === 0) return this.empty()
        given.count = 1
        return { ...state, value: () => ({ count: 0 }) }
      },
    }
    await expect(
      new Served({ old: kind, next: kind, docs: { doc: state }, sampleLimit: 0 }).dispatch(),
    ).rejects.toThrow(new RegExp(`${told}.*: value\\.count: 1 → 0`))
  })
})

describe('X11 an exclusive cutover moves a document by stop-and-copy', () => {
  it('I4 keeps its content', async () => {
    const served = new Served({ old: counterKind(), next: counterKind(), docs: { doc: new GCounter({ a: 1 }) } })
    const outcome = await served.dispatch({ cutover: 'exclusive' })
    const held = served.gate().write(increment('b'))
    outcome.commit()
    await held
    await outcome.finalize()
    expect(served.value()).toBe(2)
    expect(served.leaked).toBe(0)
  })

  it('I3 starts the old version again from bytes that the new one cannot have spoilt', async () => {
    const next = openingWith((bytes) => {
      bytes.fill(0)
      throw new Error('cannot')
    })
    const served = new Served({ old: counterKind(), next, docs: { doc: new GCounter({ a: 1 }) }, sampleLimit: 0 })
    await expect(served.dispatch({ cutover: 'exclusive' })).rejects.toMatchObject({
      code: 'HANDOFF',
      rollbackErrors: [],
    })
    await served.gate().write(increment('b'))
    expect(served.value()).toBe(2)
    expect(served.leaked).toBe(0)
    expect(served.closedOnce).toBe(true)
  })
})

it('the fixture tells an empty document by its bytes', () => {
  const bytes = [notes().persist(), encode({})].map((it) => new TextDecoder('latin1').decode(it))
  expect(bytes).toEqual([EMPTY_NOTES, EMPTY_COUNTER])
})
