import type { Expectation } from '@uni/reload-core/testing'
import type { CrdtCase } from '../case.js'
import { Editors, makeEdits, makeLateEdits } from '../edits.js'
import { sameValue } from '../same-value.js'
import { apply, LARGE, valueNow } from '../stand.js'

/** What a persisted document keeps: its value, and what the value does not show. */
export const persistSuite: readonly CrdtCase[] = [
  {
    key: 'persist/value',
    rule: 'X15',
    title: 'a document opened from its bytes has its value, generation after generation',
    async run(stand, expect: Expectation) {
      let state = stand.withOps(makeEdits(stand.subject, { count: LARGE, seed: stand.seed }))
      const value = valueNow(state)
      for (let generation = 1; generation <= 3; generation += 1) {
        state = await stand.reopen(state)
        sameValue(expect, valueNow(state), value, `a document that was persisted and opened ${generation} times`)
      }
    },
  },
  {
    key: 'persist/empty',
    rule: 'X15',
    title: 'an empty document opens from its bytes, and takes the edits it would have taken',
    async run(stand, expect: Expectation) {
      const ops = makeEdits(stand.subject, { count: LARGE, seed: stand.seed })
      const reopened = await expect.works('opening an empty document from its bytes', () => stand.reopen(stand.empty()))
      sameValue(expect, valueNow(reopened), valueNow(stand.empty()), 'an empty document, opened from its bytes,')
      sameValue(
        expect,
        valueNow(apply(reopened, ops)),
        valueNow(stand.withOps(ops)),
        'an empty document, opened from its bytes and edited,',
      )
    },
  },
  {
    key: 'persist/waiting',
    rule: 'X15',
    title: 'operations that wait for others survive',
    claim: 'anyOrder',
    async run(stand, expect: Expectation) {
      // With one replica, every operation builds on the one before it.
      const ops = new Editors(stand.subject, { seed: stand.seed, replicas: 1 }).edit(LARGE / 3).map(({ op }) => op)
      const [early, late] = [ops.filter((_, i) => i % 3 === 0), ops.filter((_, i) => i % 3 !== 0)]
      const kept = apply(stand.withOps(early), late)
      const reopened = apply(await stand.reopen(stand.withOps(early)), late)
      sameValue(
        expect,
        valueNow(reopened),
        valueNow(kept),
        'a document that was persisted while operations waited for others, once those came,',
      )
    },
  },
  {
    key: 'persist/late',
    rule: 'X17',
    title: 'an operation that arrives late does what it would have done',
    async run(stand, expect: Expectation) {
      for (let i = 0; i < 4; i += 1) {
        const { shared, meanwhile, late } = makeLateEdits(stand.subject, { count: LARGE / 2, seed: stand.seed + i })
        const known = [...shared, ...meanwhile]
        const kept = apply(stand.withOps(known), late)
        const reopened = apply(await stand.reopen(stand.withOps(known)), late)
        sameValue(
          expect,
          valueNow(reopened),
          valueNow(kept),
          'a document that was persisted before operations made earlier reached it',
        )
      }
    },
  },
  {
    key: 'persist/sync',
    rule: 'X17',
    title: 'a replica that was away merges with a document that was persisted meanwhile',
    needs: ['persist/late'],
    async run(stand, expect: Expectation) {
      for (let i = 0; i < 4; i += 1) {
        const { shared, meanwhile, late } = makeLateEdits(stand.subject, { count: LARGE / 2, seed: stand.seed + i })
        const kept = stand.withOps([...shared, ...meanwhile])
        kept.merge(stand.withOps([...shared, ...late]))
        const reopened = await stand.reopen(stand.withOps([...shared, ...meanwhile]))
        reopened.merge(await stand.reopen(stand.withOps([...shared, ...late])))
        sameValue(expect, valueNow(reopened), valueNow(kept), 'two documents that were persisted apart, and merged')
      }
    },
  },
]
