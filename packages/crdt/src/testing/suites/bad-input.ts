import { describeThrown } from '@uni/reload-core'
import { attempt, type Expectation } from '@uni/reload-core/testing'
import type { CrdtState } from '../../contract.js'
import type { CrdtCase } from '../case.js'
import { makeEdits } from '../edits.js'
import { below, seeded, type Random } from '../random.js'
import { sameValue } from '../same-value.js'
import { apply, LARGE, SMALL, valueNow, type Stand } from '../stand.js'

const OVERSIZED = 2 ** 20

/** Bytes that are no document, or no operation. */
export const badInputSuite: readonly CrdtCase[] = [
  {
    key: 'bad-input/empty',
    rule: 'X19',
    title: 'no bytes at all are no document',
    async run(stand, expect: Expectation) {
      await expect.refused('opening a document from no bytes', () => stand.open(new Uint8Array()))
    },
  },
  {
    key: 'bad-input/truncated',
    rule: 'X19',
    title: 'a truncated document is refused',
    async run(stand, expect: Expectation) {
      const bytes = document(stand).persist()
      const random = seeded(stand.seed)
      const lengths = [
        1,
        bytes.length >> 1,
        bytes.length - 2,
        bytes.length - 1,
        ...Array.from({ length: 20 }, () => 1 + below(bytes.length - 1, random)),
      ]
      for (const length of lengths) {
        await expect.refused(`opening the first ${length} of the ${bytes.length} bytes of a document`, () =>
          stand.open(bytes.slice(0, length)),
        )
      }
    },
  },
  {
    key: 'bad-input/random',
    rule: 'X19',
    title: 'random bytes are refused, or open as a document that works',
    async run(stand, expect: Expectation) {
      const random = seeded(stand.seed)
      for (const length of [1, 2, 3, 8, 64, 1024, 64, 64, 64])
        await refusedOrUsable(stand, expect, randomBytes(length, random), `${length} random bytes`)
    },
  },
  {
    key: 'bad-input/oversized',
    rule: 'X19',
    title: 'a document with something after it is refused, or is that document',
    async run(stand, expect: Expectation) {
      const state = document(stand)
      const value = valueNow(state)
      const bytes = state.persist()
      for (const tail of [Uint8Array.of(0), randomBytes(64, seeded(stand.seed)), new Uint8Array(OVERSIZED)]) {
        const opened = await attempt(() => stand.open(joined(bytes, tail)))
        if ('value' in opened)
          sameValue(expect, valueNow(opened.value), value, `a document opened from its bytes and ${tail.length} more`)
      }
      await refusedOrUsable(stand, expect, new Uint8Array(OVERSIZED), `${OVERSIZED} zeros`)
    },
  },
  {
    key: 'bad-input/says-why',
    rule: 'X19',
    title: 'what is thrown is an Error with a message',
    async run(stand, expect: Expectation) {
      const bytes = document(stand).persist()
      const [op] = makeEdits(stand.subject, { count: 1, seed: stand.seed }) as [Uint8Array]
      const outcomes = [
        await attempt<unknown>(() => stand.open(bytes.slice(0, bytes.length >> 1))),
        await attempt<unknown>(() => stand.empty().apply(op.slice(0, op.length >> 1))),
      ]
      for (const outcome of outcomes) {
        if ('value' in outcome) continue
        const says = outcome.error instanceof Error && outcome.error.message !== ''
        expect.that(says, `what was thrown for bad bytes is no Error with a message: ${describeThrown(outcome.error)}`)
      }
    },
  },
  {
    key: 'bad-input/operation',
    rule: 'X19',
    title: 'a bad operation is refused or does nothing, and a refused one leaves the document as it was',
    async run(stand, expect: Expectation) {
      const ops = makeEdits(stand.subject, { count: LARGE, seed: stand.seed })
      const [before, after] = [ops.slice(0, -SMALL), ops.slice(-SMALL)]
      const state = stand.withOps(before)
      const value = valueNow(state)
      const random = seeded(stand.seed)
      for (const op of after) {
        for (const bad of [new Uint8Array(), op.slice(0, below(op.length, random)), op.slice(0, op.length - 1)]) {
          await attempt(() => state.apply(bad))
          sameValue(
            expect,
            valueNow(state),
            value,
            `a document, after ${bad.length} of the ${op.length} bytes of an operation,`,
          )
        }
      }
      for (const length of [1, 16, 256]) {
        const outcome = await attempt(() => state.apply(randomBytes(length, random)))
        if ('error' in outcome)
          sameValue(
            expect,
            valueNow(state),
            value,
            `a document, after it refused an operation of ${length} random bytes,`,
          )
      }
      await expect.works('applying operations after bad ones', () => apply(state, after))
      sameValue(
        expect,
        valueNow(state),
        valueNow(stand.withOps(ops)),
        'a document that got bad operations among its good ones',
      )
    },
  },
]

function document(stand: Stand): CrdtState {
  return stand.withOps(makeEdits(stand.subject, { count: LARGE, seed: stand.seed }))
}

function joined(head: Uint8Array, tail: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(head.length + tail.length)
  bytes.set(head)
  bytes.set(tail, head.length)
  return bytes
}

function randomBytes(length: number, random: Random): Uint8Array {
  return Uint8Array.from({ length }, () => below(256, random))
}

async function refusedOrUsable(stand: Stand, expect: Expectation, bytes: Uint8Array, what: string): Promise<void> {
  const opened = await attempt(() => stand.open(bytes))
  if ('error' in opened) return
  await expect.works(`using a document that was opened from ${what}`, () => {
    apply(opened.value, makeEdits(stand.subject, { count: 1, seed: stand.seed }))
    opened.value.persist()
    return valueNow(opened.value)
  })
}
