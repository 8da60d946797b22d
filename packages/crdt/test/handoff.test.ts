import { describe, expect, it } from 'vitest'
import type { CrdtKindProvider, CrdtState } from '../src/index.js'
import { counterKind, encode, GCounter, increment } from './fixtures/g-counter.js'
import { Served } from './fixtures/served.js'
import { EMPTY_COUNTER, EMPTY_NOTES, waiting } from './fixtures/waiting.js'
import { notes, readNotes, Replica, yjsKind } from './fixtures/yjs-kind.js'
import { openingWith } from './fixtures/opening-with.js'

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
