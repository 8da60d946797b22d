import type { Expectation } from '@uni/reload-core/testing'
import type { CrdtCase } from '../case.js'
import { differ, sameValue } from '../same-value.js'
import { apply, valueNow } from '../stand.js'

/** The samples by which later versions are judged. */
export const samplesSuite: readonly CrdtCase[] = [
  {
    key: 'samples/fresh',
    rule: 'X18',
    title: 'samples are made anew for each listing, and are the same each time',
    claim: 'samples',
    async run(stand, expect: Expectation) {
      const first = stand.samples()
      const values = first.map(valueNow)
      for (const sample of first) await expect.works('closing a sample', () => sample.close?.())
      const second = stand.samples()
      expect.that(
        second.length === first.length,
        `samples() gave ${first.length} states and then ${second.length}; expected the same ones each time`,
      )
      for (const [i, sample] of second.entries()) {
        expect.that(
          !first.includes(sample),
          `sample ${i + 1} is the state that was given out before and may be closed; expected a fresh one`,
        )
        sameValue(expect, valueNow(sample), values[i], `sample ${i + 1}, listed again,`)
      }
    },
  },
  {
    key: 'samples/conflict',
    rule: 'X18',
    title: 'two samples were edited concurrently',
    claim: 'samples',
    run(stand, expect: Expectation) {
      const values = stand.samples().map(valueNow)
      const conflict = values.some((left, i) =>
        values.some((right, j) => {
          if (i === j) return false
          const merged = stand.samples()[i]
          merged?.merge(stand.samples()[j] as NonNullable<typeof merged>)
          const value = merged && valueNow(merged)
          return differ(value, left) && differ(value, right)
        }),
      )
      expect.that(
        conflict,
        'no two samples merge into something that neither was; expected replicas that were edited concurrently, ' +
          'since how a kind settles conflicts shows only there',
      )
    },
  },
  {
    key: 'samples/late',
    rule: 'X18',
    title: 'a sample has late operations, and they show',
    claim: 'samples',
    async run(stand, expect: Expectation) {
      const late = stand.samples().filter((sample) => sample.late !== undefined && sample.late.length > 0)
      expect.that(
        late.length > 0,
        'no sample has `late` operations; expected one, since whether deletions and history are kept shows only there',
      )
      for (const sample of late) {
        const before = valueNow(sample)
        await expect.works('applying the late operations of a sample', () => apply(sample, sample.late ?? []))
        expect.that(
          differ(before, valueNow(sample)),
          'the late operations of a sample change nothing; expected operations that have not reached it',
        )
      }
    },
  },
]
