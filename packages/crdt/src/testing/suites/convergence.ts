import type { Expectation } from '@uni/reload-core/testing'
import type { CrdtCase } from '../case.js'
import { delivered } from '../delivery.js'
import { Editors, opsOf, type MadeEdit } from '../edits.js'
import { seeded, shuffled } from '../random.js'
import { sameValue } from '../same-value.js'
import { LARGE, SMALL, valueNow, type Stand } from '../stand.js'

/** The same operations give the same document (Shapiro et al., "Conflict-free Replicated Data Types", 2011). */
export const convergenceSuite: readonly CrdtCase[] = [
  {
    key: 'convergence/order',
    rule: 'X16',
    title: 'the same operations give the same document, in whatever order they arrive',
    run(stand, expect: Expectation) {
      const edits = editsOf(stand, LARGE)
      const value = valueNow(stand.withOps(opsOf(edits)))
      const random = seeded(stand.seed)
      for (let i = 1; i <= 4; i += 1) {
        const order = opsOf(delivered(edits, stand.settings.capabilities.anyOrder, random))
        sameValue(
          expect,
          valueNow(stand.withOps(order)),
          value,
          `a document that got ${LARGE} edits in another order (${i}, seed ${stand.seed})`,
        )
      }
    },
  },
  {
    key: 'convergence/repeats',
    rule: 'X16',
    title: 'an operation that arrives again changes nothing',
    claim: 'repeats',
    run(stand, expect: Expectation) {
      const ops = opsOf(editsOf(stand, LARGE))
      const state = stand.withOps(ops)
      const value = valueNow(state)
      for (const op of shuffled(ops, seeded(stand.seed))) state.apply(new Uint8Array(op))
      sameValue(expect, valueNow(state), value, 'a document that got every operation twice')
    },
  },
  {
    key: 'merge/converges',
    rule: 'X16',
    title: 'replicas agree, whoever merges whom first',
    run(stand, expect: Expectation) {
      const parts = partsOf(stand)
      const merged = [
        [0, 1, 2],
        [2, 1, 0],
        [1, 2, 0],
      ].map((order) => {
        const [first, ...others] = order.map((i) => stand.withOps(parts[i] as Uint8Array[]))
        for (const other of others) first?.merge(other)
        return valueNow(first as NonNullable<typeof first>)
      })
      // Associativity: a replica that has merged is merged itself.
      const [a, b, c] = parts.map((part) => stand.withOps(part)) as [Opened, Opened, Opened]
      b.merge(c)
      a.merge(b)
      for (const value of [...merged.slice(1), valueNow(a)])
        sameValue(expect, value, merged[0], 'three replicas merged in another order')
    },
  },
  {
    key: 'merge/repeats',
    rule: 'X16',
    title: 'merging what a document has changes nothing',
    run(stand, expect: Expectation) {
      const [a = [], b = []] = partsOf(stand)
      const [left, right] = [stand.withOps(a), stand.withOps(b)]
      left.merge(right)
      const value = valueNow(left)
      left.merge(right)
      sameValue(expect, valueNow(left), value, 'a document that merged another one twice')
      left.merge(stand.withOps(a))
      sameValue(expect, valueNow(left), value, 'a document that merged an earlier state of itself')
    },
  },
  {
    key: 'merge/operations',
    rule: 'X16',
    title: 'merging gives what applying the operations gives',
    run(stand, expect: Expectation) {
      const edits = editsOf(stand, SMALL)
      const ops = opsOf(edits)
      const merged = stand.empty()
      for (let count = 1; count <= ops.length; count += 1) merged.merge(stand.withOps(ops.slice(0, count)))
      sameValue(
        expect,
        valueNow(merged),
        valueNow(stand.withOps(ops)),
        'a document that merged a replica after each of its edits',
      )
    },
  },
  {
    key: 'merge/other',
    rule: 'X16',
    title: 'what is merged stays as it is',
    run(stand, expect: Expectation) {
      const [a = [], b = []] = partsOf(stand)
      const other = stand.withOps(b)
      const value = valueNow(other)
      stand.withOps(a).merge(other)
      sameValue(expect, valueNow(other), value, 'a document, after another one merged it,')
    },
  },
]

type Opened = ReturnType<Stand['empty']>

function editsOf(stand: Stand, count: number): MadeEdit[] {
  return new Editors(stand.subject, { seed: stand.seed }).edit(count)
}

/** The edits of three replicas that share a beginning and have not caught up since. */
function partsOf(stand: Stand): Uint8Array[][] {
  const editors = new Editors(stand.subject, { seed: stand.seed })
  const shared = opsOf(editors.edit(SMALL))
  editors.catchUpAll()
  return [0, 1, 2].map((who) => [...shared, ...opsOf(editors.editApart(LARGE / 3, who))])
}
