import { describe, expect, it } from 'vitest'
import type { CrdtKindProvider, CrdtState } from '../src/index.js'
import { Entries, entriesKind, opOf } from './fixtures/entries-kind.js'
import { encode } from './fixtures/g-counter.js'
import { Served } from './fixtures/served.js'
import { EMPTY_ENTRIES, waiting } from './fixtures/waiting.js'
import { verdictOn } from './fixtures/verdict.js'

const [NAME, TEXT] = ['Ann Smith', 'has the flu']
const IN_A_MAP = /value\.get\(a string of 9 characters\): a string of 11 characters → a string of 3 characters/

/** Its value has names as keys of a `Map`, which redacted paths go through too. */
class Patients extends Entries {
  override value(): unknown {
    return new Map(Object.entries(super.value() as object))
  }
}

const withEach = (value: unknown, text: unknown): unknown =>
  new Map(Array.from(value as Map<string, unknown>, ([name]) => [name, text]))

/** Reads every text as another. */
class Misreading extends Patients {
  override value(): unknown {
    return withEach(super.value(), 'was')
  }
}

/** Takes every operation for another. */
class Misapplying extends Patients {
  override apply(op: Uint8Array): void {
    super.take({ ...opOf(op), text: 'was' })
  }
}

/** Says what nobody can compare. */
class Opaque extends Patients {
  override value(): unknown {
    return withEach(super.value(), Symbol('flu'))
  }
}

const op = encode({ key: NAME, text: TEXT, at: 1, by: 1, seq: 1 })
const document = (): CrdtState => {
  const state = new Patients()
  state.apply(op)
  return state
}
const kind = (State: typeof Entries, samples: () => CrdtState[] = () => []): CrdtKindProvider =>
  entriesKind(State, { samples })

/** All that is said by a verdict or an error. */
const textOf = (said: unknown): string => `${said instanceof Error ? said.message : ''}${JSON.stringify(said)}`
const secretsIn = (text: string): string[] => [NAME, TEXT, 'flu'].filter((secret) => text.includes(secret))

describe('X28 with `redact`, kinds and sizes stand for values, and no names are told', () => {
  it.each<[string, typeof Entries, RegExp]>([
    ['reads otherwise', Misreading, IN_A_MAP],
    ['cannot be compared', Opaque, /value\.get\(a string of 9 characters\) is a symbol, which cannot be compared/],
  ])('where a sample %s', async (_, State, message) => {
    const old = kind(Patients, () => [document()])
    const text = textOf(await verdictOn({ old, next: kind(State), redact: true }))
    expect(text).toMatch(message)
    expect(secretsIn(text)).toEqual([])
  })

  it('where a document reads otherwise as it is handed over', async () => {
    const old = kind(Patients)
    const served = new Served({ old, next: kind(Misreading), docs: { doc: document() }, sampleLimit: 0, redact: true })
    const text = textOf(await served.dispatch().catch((error: unknown) => error))
    expect(text).toMatch(IN_A_MAP)
    expect(secretsIn(text)).toEqual([])
  })

  it('where an operation that was made meanwhile means something else', async () => {
    const doc = new Patients()
    doc.apply(encode({ key: 'b', text: 'b', at: 1, by: 2, seq: 1 }))
    const { next, opening, goOn } = waiting(kind(Misapplying), EMPTY_ENTRIES)
    const served = new Served({ old: kind(Patients), next, docs: { doc }, sampleLimit: 0, redact: true })
    const failed = served.dispatch().catch((error: unknown) => error)
    await opening
    await served.gate().write(op)
    goOn()
    const text = textOf(await failed)
    expect(text).toMatch(IN_A_MAP)
    expect(secretsIn(text)).toEqual([])
  })
})
