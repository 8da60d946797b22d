import { describe, expect, it } from 'vitest'
import type { CrdtKindProvider, CrdtState } from '../src/index.js'
import { counterKind } from './fixtures/g-counter.js'
import { Served, type ServedOptions } from './fixtures/served.js'
import { verdictOn } from './fixtures/verdict.js'
import { notes, openYjs, yjsKind } from './fixtures/yjs-kind.js'

/** Answers later, and then fails. */
class Later {
  toJSON(): Promise<never> {
    return Promise.reject(new Error('heard'))
  }
}

function failing(fromPersisted: CrdtKindProvider['fromPersisted']): ServedOptions {
  return { old: yjsKind(), next: yjsKind({ fromPersisted }) }
}

function withMethod(bytes: Uint8Array, name: keyof CrdtState, method: () => unknown): CrdtState {
  return Object.assign(openYjs(bytes), { [name]: method })
}

describe('X4 a version that fails to answer is refused, and says which state it failed on', () => {
  it.each<[string, ServedOptions, string]>([
    [
      'throws in fromPersisted',
      failing(() => {
        throw new Error('unknown version 7')
      }),
      'opening the empty state with the new version failed: unknown version 7',
    ],
    [
      'rejects',
      failing(() => Promise.reject(new Error('no'))),
      'opening the empty state with the new version failed: no',
    ],
    [
      'throws what is no Error',
      failing(() => {
        throw 'gone'
      }),
      'opening the empty state with the new version failed: gone',
    ],
    [
      'throws undefined',
      failing(() => {
        throw undefined
      }),
      'failed: a thrown undefined: undefined',
    ],
    [
      'gives nothing',
      failing(() => undefined as unknown as CrdtState),
      'fromPersisted() gave undefined; expected a state with the methods apply, merge, value, persist',
    ],
    [
      'gives a state that lacks methods',
      failing(() => ({ apply() {}, value() {} }) as unknown as CrdtState),
      'fromPersisted() gave an object without merge, persist; expected',
    ],
    [
      'persists text',
      failing((bytes) => withMethod(bytes, 'persist', () => 'text')),
      'persisting the empty state with the new version failed: persist() returned a string; expected a Uint8Array',
    ],
    [
      'persists later',
      failing((bytes) => withMethod(bytes, 'persist', () => Promise.reject(new Error('late')))),
      'persist() returned a promise; expected its value: a CRDT state answers synchronously',
    ],
    [
      'answers its value later',
      failing((bytes) => withMethod(bytes, 'value', () => Promise.reject(new Error('late')))),
      'value() returned a promise',
    ],
    [
      'merges later',
      failing((bytes) => withMethod(bytes, 'merge', () => Promise.reject(new Error('late')))),
      'merge() returned a promise',
    ],
    [
      'throws in merge',
      failing((bytes) =>
        withMethod(bytes, 'merge', () => {
          throw new Error('schema')
        }),
      ),
      'merging the empty state with a copy of itself with the new version failed: schema',
    ],
    [
      'throws in empty',
      {
        old: yjsKind(),
        next: yjsKind({
          empty: () => {
            throw new Error('no default')
          },
        }),
      },
      'recording the empty state of the new version failed: no default',
    ],
    [
      'throws in a sample of the old',
      {
        old: yjsKind({
          samples: () => ({
            [Symbol.iterator]: () => ({
              next() {
                throw new Error('fixture lost')
              },
            }),
          }),
        }),
        next: yjsKind(),
      },
      'making sample 1 failed: fixture lost',
    ],
    [
      'lists samples that are none',
      { old: yjsKind({ samples: () => 7 as unknown as CrdtState[] }), next: yjsKind() },
      'samples() gave a number; expected an iterable of states',
    ],
    [
      'lists promises',
      { old: yjsKind({ samples: () => [Promise.reject(new Error('heard'))] as never }), next: yjsKind() },
      'samples() returned a promise; expected its value: it lists what it has',
    ],
    [
      'gives a toJSON() that answers later',
      failing((bytes) => withMethod(bytes, 'value', () => ({ title: new Later() }))),
      'value.title is an instance of Later whose toJSON() gives a Promise, which cannot be compared',
    ],
    [
      'is unsure of its values',
      failing((bytes) => Object.assign(openYjs(bytes), { values: 'isolate' as never })),
      'fromPersisted() gave a state whose values are "isolate"; expected "isolated", or nothing',
    ],
    [
      'has a value nobody can compare',
      failing((bytes) => withMethod(bytes, 'value', () => ({ title: () => 'x' }))),
      'value.title is a function, which cannot be compared',
    ],
  ])('I8 refuses one that %s', async (_, options, reason) => {
    const verdict = await verdictOn(options)
    expect(verdict.level).toBe('incompatible')
    expect(verdict.reason).toContain(reason)
  })

  it.each<[string, Uint8Array]>([
    [
      'truncated',
      notes((doc) => {
        doc.getText('title').insert(0, 'Minutes')
      })
        .persist()
        .slice(0, -3),
    ],
    ['no', new Uint8Array()],
    ['random', Uint8Array.from({ length: 64 }, (_, i) => (i * 151 + 7) % 256)],
  ])('I6 refuses to read %s bytes as a document', async (_, bytes) => {
    const next = yjsKind({ fromPersisted: () => openYjs(bytes) })
    const { level, reason } = await verdictOn({ old: yjsKind(), next })
    expect(level).toBe('incompatible')
    expect(reason).toMatch(/the empty state with the new version failed|sample 1 reads differently/)
  })

  it('I8 a deadline that the old version passes while it merges is no verdict', async () => {
    let opened = 0
    let hangs: (() => void) | undefined
    const hanging = new Promise<void>((resolve) => {
      hangs = resolve
    })
    // Nothing but merges has the old version open what it wrote itself.
    const old = counterKind({
      fromPersisted: () => {
        opened += 1
        hangs?.()
        return new Promise(() => {})
      },
    })
    const served = new Served({ old, next: counterKind() })
    const verdict = served.verdict()
    await hanging
    served.clock.advance(60_000)
    await expect(verdict).rejects.toMatchObject({ code: 'STEP_TIMEOUT', step: 'fromPersisted' })
    expect(opened).toBe(1)
  })

  it("closes what has no state's shape but can be closed", async () => {
    let closes = 0
    const served = new Served({
      old: yjsKind(),
      next: yjsKind({
        fromPersisted: () =>
          ({
            close() {
              closes += 1
            },
          }) as unknown as CrdtState,
      }),
    })
    expect((await served.verdict()).level).toBe('incompatible')
    expect(closes).toBe(1)
  })
})
