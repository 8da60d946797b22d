import type { Expectation } from '@uni/reload-core/testing'
import { copyOf } from '../../copy.js'
import type { CrdtCase } from '../case.js'
import { makeEdits } from '../edits.js'
import { differ, sameValue } from '../same-value.js'
import { apply, LARGE, SMALL, valueNow, type Stand } from '../stand.js'

const METHODS = ['apply', 'merge', 'value', 'persist'] as const

/** What the methods of the contract return, and what they must not change. */
export const contractSuite: readonly CrdtCase[] = [
  {
    key: 'contract/kind',
    rule: 'X14',
    title: 'the kind is a name, and the same for every instance of the provider',
    async run(stand, expect: Expectation) {
      const { kind } = stand.provider
      expect.that(
        typeof kind === 'string' && kind !== '',
        `kind is ${JSON.stringify(kind)}; expected a non-empty string`,
      )
      const other = (await stand.settings.make()).provider
      for (const again of [other.kind, ...Array.from({ length: 5 }, () => stand.provider.kind)]) {
        expect.that(
          again === kind,
          `kind is "${kind}" and then "${again}"; expected the same each time, since it is the key documents are ` +
            'kept under',
        )
      }
    },
  },
  {
    key: 'contract/empty',
    rule: 'X14',
    title: 'every empty document is one of its own, and they are alike',
    run(stand, expect: Expectation) {
      const [first, second] = [stand.empty(), stand.empty()]
      const blank = valueNow(second)
      sameValue(expect, valueNow(first), blank, 'a second empty document')
      apply(first, someEdits(stand, SMALL))
      sameValue(expect, valueNow(second), blank, 'an empty document, after another one was edited,')
    },
  },
  {
    key: 'contract/synchronous',
    rule: 'X14',
    title: 'apply, merge, value and persist answer at once, and persist with bytes',
    async run(stand, expect: Expectation) {
      const state = stand.empty()
      for (const name of METHODS) expect.that(typeof state[name] === 'function', `a state has no ${name}()`)
      const answers: [string, unknown][] = someEdits(stand, LARGE).map((op) => ['apply', state.apply(op)])
      answers.push(['merge', state.merge(stand.empty())], ['value', state.value()], ['persist', state.persist()])
      for (const [name, answer] of answers) {
        const later = typeof (answer as { then?: unknown } | null | undefined)?.then === 'function'
        if (later) await Promise.allSettled([answer])
        expect.that(
          !later,
          `${name}() answered with a promise; expected the answer at once, so that what is read is a point in time`,
        )
      }
      const bytes = answers.at(-1)?.[1]
      expect.that(bytes instanceof Uint8Array, 'persist() gave something else than a Uint8Array')
    },
  },
  {
    key: 'contract/value',
    rule: 'X14',
    title: 'the value is plain data that can be compared, after each edit',
    async run(stand, expect: Expectation) {
      const state = stand.empty()
      for (const op of someEdits(stand, LARGE))
        await expect.works('reading the value of an edited document', () => copyOf(apply(state, [op]).value()))
    },
  },
  {
    key: 'contract/isolated',
    rule: 'X14',
    title: 'what value() gave does not change when the document does, where it says so',
    run(stand, expect: Expectation) {
      const state = stand.empty()
      if (state.values !== 'isolated') return
      for (const op of someEdits(stand, LARGE)) {
        const given = state.value()
        const meant = copyOf(given)
        apply(state, [op])
        sameValue(expect, given, meant, 'what value() gave, once the document was edited,')
      }
    },
  },
  {
    key: 'contract/edits',
    rule: 'X14',
    title: 'the operations of its replicas change a document',
    run(stand, expect: Expectation) {
      const blank = valueNow(stand.empty())
      const edited = valueNow(stand.withOps(someEdits(stand, SMALL)))
      expect.that(
        differ(blank, edited),
        `${SMALL} edits leave a document as empty as it was; expected them to show in its value`,
      )
    },
  },
  {
    key: 'contract/reading',
    rule: 'X14',
    title: 'reading and persisting a document change nothing',
    async run(stand, expect: Expectation) {
      const ops = someEdits(stand, LARGE)
      const [state, untouched] = [stand.withOps(ops), stand.withOps(ops)]
      const value = valueNow(untouched)
      for (let i = 0; i < 3; i += 1) {
        sameValue(expect, valueNow(state), value, `the value, read for the ${['first', 'second', 'third'][i]} time,`)
        state.persist()
      }
      sameValue(
        expect,
        valueNow(await stand.reopen(state)),
        value,
        'a document opened from the fourth bytes that another gave',
      )
    },
  },
  {
    key: 'contract/independent',
    rule: 'X14',
    title: 'documents opened from the same bytes are apart',
    async run(stand, expect: Expectation) {
      const ops = someEdits(stand, LARGE)
      const bytes = stand.withOps(ops.slice(0, -SMALL)).persist()
      const [edited, left, model] = [await stand.open(bytes), await stand.open(bytes), await stand.open(bytes)]
      apply(edited, ops.slice(-SMALL))
      sameValue(
        expect,
        valueNow(left),
        valueNow(model),
        'a document, after another one opened from the same bytes was edited,',
      )
      expect.that(differ(valueNow(edited), valueNow(left)), 'edits do not show in the document they were made to')
    },
  },
  {
    key: 'contract/close',
    rule: 'X14',
    title: 'a document can be closed, and no other one is affected',
    async run(stand, expect: Expectation) {
      const bytes = stand.withOps(someEdits(stand, LARGE)).persist()
      const [closed, open] = [await stand.provider.fromPersisted(new Uint8Array(bytes)), await stand.open(bytes)]
      const value = valueNow(open)
      await expect.works('closing a document', () => closed.close?.())
      sameValue(expect, valueNow(open), value, 'a document, after another one opened from the same bytes was closed,')
      sameValue(expect, valueNow(await stand.open(bytes)), value, 'a document opened after another one was closed')
    },
  },
]

function someEdits(stand: Stand, count: number): Uint8Array[] {
  return makeEdits(stand.subject, { count, seed: stand.seed })
}
