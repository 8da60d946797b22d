import { OldProviders, ReloadDispatcher } from '@uni/reload-core'
import { stepOutsideReloads } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { crdtHandoff, crdtKind, type CrdtHandoffOptions, type CrdtKindProvider, type CrdtState } from '../src/index.js'
import { counterKind, GCounter } from './fixtures/g-counter.js'
import { Ledger } from './fixtures/ledger.js'
import { registerKind } from './fixtures/lww-register.js'
import { pairsCounterKind } from './fixtures/pairs-counter.js'
import { readNotes, yjsKind } from './fixtures/yjs-kind.js'

async function remembered(provider: CrdtKindProvider, options: CrdtHandoffOptions = {}): Promise<CrdtKindProvider> {
  return (await crdtHandoff(options).remember?.(provider, stepOutsideReloads())) as CrdtKindProvider
}

async function verdictOn({
  old,
  next,
  ...options
}: { old: CrdtKindProvider; next: CrdtKindProvider } & CrdtHandoffOptions): Promise<
  { level: string; reason?: string } | undefined
> {
  const { entries } = await new ReloadDispatcher([crdtHandoff(options)]).checkCompat(
    new OldProviders().add(crdtKind, old),
    new OldProviders().add(crdtKind, next),
  )
  return entries[0]?.verdict
}

describe('X12 a removed kind is remembered by what it meant', () => {
  it.each([
    ['notes', yjsKind()],
    ['counter', counterKind()],
    ['register', registerKind()],
  ])('takes back the kind %s as it was', async (_, kind) => {
    for (const direction of ['backward', 'full'] as const) {
      expect(await verdictOn({ old: await remembered(kind), next: kind, direction })).toEqual({ level: 'compatible' })
    }
  })

  it('I8 keeps no more samples than the host says', async () => {
    const kind = counterKind({ samples: () => [1, 2, 3].map((a) => new GCounter({ a })) })
    for (const sampleLimit of [1, 3])
      expect([...((await remembered(kind, { sampleLimit })).samples?.() ?? [])]).toHaveLength(sampleLimit)
  })

  it('I6 refuses the key with another meaning', async () => {
    const next = yjsKind({ read: (doc) => ({ ...readNotes(doc), title: readNotes(doc).title.toUpperCase() }) })
    expect(await verdictOn({ old: await remembered(yjsKind()), next })).toMatchObject({
      level: 'incompatible',
      reason: expect.stringContaining(
        'sample 1 reads differently with the new version: value.title: "Minutes" → "MINUTES"',
      ) as string,
    })
  })

  it('I6 refuses another kind of CRDT under the key', async () => {
    const next = { ...registerKind(), kind: 'counter' }
    expect((await verdictOn({ old: await remembered(counterKind()), next }))?.level).toBe('incompatible')
  })

  it('I6 refuses values that agree but merge differently', async () => {
    const next = registerKind((theirs, mine) => theirs.at > mine.at)
    expect((await verdictOn({ old: await remembered(registerKind()), next }))?.reason).toContain(
      'sample 1 and sample 2 merge differently with the new version: value: "b" → "a"',
    )
  })

  it('remembers merges of samples whose bytes are the same', async () => {
    const old = await remembered(
      counterKind({ samples: () => [new GCounter(), new GCounter({ a: 1 }), new GCounter({ a: 1 })] }),
    )
    const [, first, second] = [...(old.samples?.() ?? [])] as [CrdtState, CrdtState, CrdtState]
    first.merge(second)
    expect(first.value()).toBe(1)
    expect(await verdictOn({ old, next: counterKind() })).toEqual({ level: 'compatible' })
  })

  it('I6 knows the merges of a sample that repeats an earlier one far before it', async () => {
    const samples = ['a', ...'12345', 'a', 'b'].map((text, i) => ({
      text,
      at: text === 'a' || text === 'b' ? 10 : 20 + i,
    }))
    const old = await remembered(registerKind(undefined, samples))
    expect(await verdictOn({ old, next: registerKind(undefined, samples) })).toEqual({ level: 'compatible' })
    expect(
      (await verdictOn({ old, next: registerKind((theirs, mine) => theirs.at > mine.at, samples) }))?.reason,
    ).toContain('sample 7 and sample 8 merge differently with the new version: value: "b" → "a"')
  })

  it('asks no removed kind to read what a new version writes: there is no way back to it', async () => {
    const next = pairsCounterKind()
    expect(await verdictOn({ old: await remembered(counterKind()), next, direction: 'full' })).toEqual({
      level: 'compatible',
    })
    expect((await verdictOn({ old: counterKind(), next, direction: 'full' }))?.level).toBe('incompatible')
  })

  it('can be remembered once more', async () => {
    const twice = await remembered(await remembered(registerKind()))
    expect(await verdictOn({ old: twice, next: registerKind() })).toEqual({ level: 'compatible' })
    expect((await verdictOn({ old: twice, next: registerKind((theirs, mine) => theirs.at < mine.at) }))?.level).toBe(
      'incompatible',
    )
  })

  it('I12 calls nothing of the plugin once it is made, and has closed all it opened', async () => {
    const ledger = new Ledger()
    let gone = false
    const guarded = <T>(value: T): T => {
      if (gone) throw new Error('the plugin is gone')
      return value
    }
    const kind = counterKind()
    const old = await remembered(
      ledger.track({
        kind: 'counter',
        empty: () => guarded(kind.empty()),
        fromPersisted: (bytes) => guarded(kind.fromPersisted(bytes)),
        samples: () => guarded(kind.samples?.() ?? []),
      }),
    )
    gone = true
    expect(ledger.states.map(({ closes }) => closes)).toEqual(ledger.states.map(() => 1))
    expect(await verdictOn({ old, next: counterKind() })).toEqual({ level: 'compatible' })
  })

  it('says what it cannot answer', async () => {
    const old = await remembered(counterKind())
    const empty = old.empty()
    expect(() => old.fromPersisted(Uint8Array.of(9))).toThrow(
      'kind "counter" was removed: of its documents, only the empty one and the samples are remembered',
    )
    expect(() => empty.apply(Uint8Array.of(9))).toThrow('takes no operations')
    expect(() => empty.merge(new GCounter())).toThrow('this merge is not remembered')
    empty.merge([...(old.samples?.() ?? [])][0] as CrdtState)
    expect(empty.value()).toBe(3)
    expect(() => empty.persist()).toThrow('not remembered')
  })

  it('fails, naming the sample, where the provider cannot say what its own states are', async () => {
    const old = counterKind({ samples: () => [Object.assign(new GCounter(), { value: () => () => 1 })] })
    await expect(remembered(old)).rejects.toThrow('recording sample 1 failed: value is a function')
  })
})

describe('X13 options', () => {
  it.each([
    [{ direction: 'sideways' }, "crdtHandoff options.direction: expected 'backward' or 'full', and got \"sideways\""],
    [{ sampleLimit: -1 }, 'crdtHandoff options.sampleLimit: expected a whole number, 0 or more, and got -1'],
    [{ sampleLimit: 1.5 }, 'expected a whole number, 0 or more, and got 1.5'],
  ])('refuses %o', (options, message) => {
    expect(() => crdtHandoff(options as object)).toThrow(message)
  })

  it('a dispatcher takes the strategy, and judges nothing where the key is new', async () => {
    const report = await new ReloadDispatcher([crdtHandoff()]).checkCompat(
      new OldProviders(),
      new OldProviders().add(crdtKind, counterKind()),
    )
    expect(report).toEqual({ compatible: true, entries: [] })
  })
})
