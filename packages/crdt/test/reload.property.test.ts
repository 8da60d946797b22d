import { fc } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import type { ReloadOutcome } from '@uni/reload-core'
import type { CrdtKindProvider } from '../src/index.js'
import { Entries, entriesKind, type EntryOp } from './fixtures/entries-kind.js'
import { counterKind, encode, GCounter, increment } from './fixtures/g-counter.js'
import { Served, type ServedOptions } from './fixtures/served.js'
import { EMPTY_COUNTER, EMPTY_ENTRIES, EMPTY_NOTES, waiting, type Waiting } from './fixtures/waiting.js'
import { notes, openYjs, readNotes, Replica, yjsKind } from './fixtures/yjs-kind.js'

/** How far a reload is taken; what comes next depends on how far it is. */
interface Step {
  readonly type: 'step'
  readonly commit: boolean
  readonly cutover: 'overlap' | 'exclusive'
}

/** Takes reloads of one document through their steps, one at a time, while a test writes to it. */
class Reloads {
  readonly #served: Served
  readonly #kind: CrdtKindProvider
  readonly #empty: string
  #opening: (Waiting & { dispatched: Promise<ReloadOutcome> }) | undefined
  #converged: ReloadOutcome | undefined

  constructor(served: Served, kind: CrdtKindProvider, empty: string) {
    this.#served = served
    this.#kind = kind
    this.#empty = empty
  }

  /** Begins a reload; or lets it open the document and converge; or commits it or rolls it back. */
  async step({ commit, cutover }: Step): Promise<void> {
    if (this.#converged) {
      const outcome = this.#converged
      this.#converged = undefined
      if (!commit) return outcome.rollback()
      outcome.commit()
      return outcome.finalize()
    }
    if (this.#opening) {
      this.#opening.goOn()
      this.#converged = await this.#opening.dispatched
      this.#opening = undefined
      return
    }
    const version = waiting(this.#kind, this.#empty)
    const dispatched = this.#served.dispatch({ cutover }, version.next)
    await version.opening
    this.#opening = { ...version, dispatched }
  }

  async end(): Promise<void> {
    while (this.#opening ?? this.#converged) await this.step({ type: 'step', commit: true, cutover: 'overlap' })
  }
}

const step: fc.Arbitrary<Step> = fc.record({
  type: fc.constant('step'),
  commit: fc.boolean(),
  // Both write to the document only through its gate; an exclusive one holds it while the document is being opened.
  cutover: fc.constantFrom('overlap', 'overlap', 'exclusive'),
})

interface Edit {
  readonly type: 'edit'
  readonly replica: number
  readonly what: 'row' | 'title' | 'meta' | 'delete'
  readonly at: number
}
interface Sync {
  readonly type: 'pull' | 'resend'
  readonly replica: number
}

const edits: fc.Arbitrary<Edit> = fc.record({
  type: fc.constant('edit'),
  replica: fc.nat(2),
  what: fc.constantFrom('row', 'title', 'meta', 'delete'),
  at: fc.nat(20),
})
const syncs: fc.Arbitrary<Sync> = fc.record({ type: fc.constantFrom('pull', 'resend'), replica: fc.nat(2) })
const actions: fc.Arbitrary<(Edit | Sync | Step)[]> = fc.array(
  fc.oneof({ weight: 4, arbitrary: edits }, { weight: 1, arbitrary: syncs }, { weight: 3, arbitrary: step }),
  { maxLength: 40 },
)

const addition = fc.record({
  type: fc.constant('add' as const),
  replica: fc.constantFrom('a', 'b'),
  amount: fc.integer({ min: 1, max: 9 }),
})

function edit(doc: Y.Doc, { what, at, replica }: Edit, serial: number): void {
  const rows = doc.getArray<string>('rows')
  const title = doc.getText('title')
  if (what === 'row') rows.insert(Math.min(at, rows.length), [`row ${serial}`])
  if (what === 'title') title.insert(Math.min(at, title.length), `${serial}`)
  if (what === 'meta') doc.getMap('meta').set(`k${at % 3}`, `${replica}:${serial}`)
  if (what === 'delete' && rows.length > 0) rows.delete(at % rows.length)
}

describe('I3 I4 every acknowledged operation is in the document that serves, whatever reloads did meanwhile', () => {
  it('Yjs documents edited by several replicas agree with a document that was never reloaded', async () => {
    await fc.assert(
      fc.asyncProperty(actions, async (script) => {
        const doc = notes((it) => {
          it.getArray('rows').push(['first'])
        })
        const replicas = [2, 3, 4].map((clientId) => new Replica(clientId, doc))
        const model = new Replica(5, doc)
        const served = new Served({ old: yjsKind(), next: yjsKind(), docs: { doc }, sampleLimit: 0 })
        const reloads = new Reloads(served, yjsKind(), EMPTY_NOTES)
        const acknowledged: Promise<void>[] = []
        const sent: Uint8Array[] = []
        const send = (op: Uint8Array): void => {
          acknowledged.push(
            served
              .gate()
              .write(op)
              .then(() => model.receive(op)),
          )
        }

        for (const [serial, action] of script.entries()) {
          if (action.type === 'step') {
            await reloads.step(action)
            continue
          }
          const replica = replicas[action.replica] as Replica
          if (action.type === 'edit') {
            const op = replica.edit((it) => edit(it, action, serial))
            sent.unshift(op)
            send(op)
          } else if (action.type === 'pull') {
            replica.receive(Y.encodeStateAsUpdate(model.doc))
          } else {
            send(sent[action.replica] ?? Y.encodeStateAsUpdate(replica.doc))
          }
        }
        await reloads.end()
        await Promise.all(acknowledged)
        expect(served.value()).toEqual(readNotes(model.doc))
        expect(served.gate().state).toBe('open')
        expect(served.leaked).toBe(0)
        expect(served.closedOnce).toBe(true)
      }),
      { numRuns: 100 },
    )
  })

  it('counters, where an operation applied twice would count twice, agree with the sum', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(addition, step), { maxLength: 40 }), async (script) => {
        const served = new Served({
          old: counterKind(),
          next: counterKind(),
          docs: { doc: new GCounter({ a: 1 }) },
          sampleLimit: 0,
        })
        const reloads = new Reloads(served, counterKind(), EMPTY_COUNTER)
        let sum = 1
        const acknowledged: Promise<void>[] = []
        for (const action of script) {
          if (action.type === 'step') await reloads.step(action)
          else
            acknowledged.push(
              served
                .gate()
                .write(increment(action.replica, action.amount))
                .then(() => {
                  sum += action.amount
                }),
            )
        }
        await reloads.end()
        await Promise.all(acknowledged)
        expect(served.value()).toBe(sum)
        expect(served.leaked).toBe(0)
        expect(served.closedOnce).toBe(true)
      }),
      { numRuns: 150 },
    )
  })
})

interface Entered {
  readonly type: 'enter'
  readonly key: string
  readonly text: string | null
  readonly at: number
  readonly by: number
}

const entered: fc.Arbitrary<Entered> = fc.record({
  type: fc.constant('enter' as const),
  key: fc.constantFrom('a', 'b', 'c'),
  text: fc.option(fc.constantFrom('x', 'y')),
  at: fc.nat(9),
  by: fc.nat(2),
})

describe('I4 entries, whichever order their operations arrive in', () => {
  it('hold at each key what was written last, or nothing where that was deleted', async () => {
    // One replica writes once at a time.
    const scripts = fc.uniqueArray(entered, { maxLength: 30, selector: ({ at, by }) => `${at}:${by}` })
    await fc.assert(
      fc.asyncProperty(scripts, fc.array(fc.tuple(fc.nat(), step), { maxLength: 12 }), async (entries, steps) => {
        const served = new Served({
          old: entriesKind(),
          next: entriesKind(),
          docs: { doc: new Entries() },
          sampleLimit: 0,
        })
        await served.gate().write(encode({ key: 'first', text: 'x', at: 0, by: 9, seq: 1 } satisfies EntryOp))
        const reloads = new Reloads(served, entriesKind(), EMPTY_ENTRIES)
        const script: (Entered | Step)[] = [...entries]
        for (const [at, taken] of steps) script.splice(at % (script.length + 1), 0, taken)
        const acknowledged: Promise<void>[] = []
        for (const [seq, action] of script.entries()) {
          if (action.type === 'step') await reloads.step(action)
          else
            acknowledged.push(
              served
                .gate()
                .write(
                  encode({ key: action.key, text: action.text, at: action.at, by: action.by, seq } satisfies EntryOp),
                ),
            )
        }
        await reloads.end()
        await Promise.all(acknowledged)
        const inOrder = entries.toSorted((one, other) => one.at - other.at || one.by - other.by)
        const last = new Map([
          ['first', 'x' as string | null],
          ...inOrder.map(({ key, text }): [string, string | null] => [key, text]),
        ])
        expect(served.value()).toEqual(Object.fromEntries([...last].filter(([, text]) => text !== null)))
        expect(served.leaked).toBe(0)
        expect(served.closedOnce).toBe(true)
      }),
      { numRuns: 100 },
    )
  })
})

interface Damage {
  readonly type: 'flip' | 'cut' | 'insert'
  readonly at: number
  readonly by: number
}

const damage: fc.Arbitrary<Damage> = fc.record({
  type: fc.constantFrom('flip', 'cut', 'insert'),
  at: fc.nat(),
  by: fc.integer({ min: 1, max: 255 }),
})

function damaged(bytes: Uint8Array, { type, at, by }: Damage): Uint8Array {
  const i = at % (bytes.length + 1)
  if (type === 'cut') return bytes.slice(0, i)
  if (type === 'insert') return Uint8Array.of(...bytes.slice(0, i), by, ...bytes.slice(i))
  return bytes.map((byte, index) => (index === i ? byte ^ by : byte))
}

/** The value by a document of its own, or what reading it threw. */
function valueOf(bytes: Uint8Array): unknown {
  try {
    return readNotes(openYjs(bytes).doc)
  } catch (error) {
    return error
  }
}

describe('I6 bytes that were damaged on the way', () => {
  it('are taken only where they still mean the same', async () => {
    await fc.assert(
      fc.asyncProperty(damage, async (how) => {
        const options: ServedOptions = {
          old: yjsKind(),
          next: yjsKind({ fromPersisted: (bytes) => openYjs(damaged(bytes, how)) }),
        }
        const served = new Served(options)
        const { level } = await served.verdict()
        expect(['compatible', 'incompatible']).toContain(level)
        expect(served.leaked).toBe(0)
        if (level === 'incompatible') return
        for (const sample of yjsKind().samples?.() ?? [])
          expect(valueOf(damaged(sample.persist(), how))).toEqual(sample.value())
      }),
      { numRuns: 150 },
    )
  })
})
