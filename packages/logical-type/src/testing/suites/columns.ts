import type { ConformanceCase, Expectation } from '@uni/reload-core/testing'
import { attempt } from '../../attempt.js'
import { readColumn, sameBytes } from '../../column.js'
import { displayColumn, displayValue } from '../../display.js'
import { canonicalValueProblem } from '../canonical-values.js'
import { expectSame } from '../expect-same.js'
import { resultOf } from '../result-of.js'
import type { Subject } from '../subject.js'
import { textOf } from '../text-of.js'

/** A value that was stored in an Arrow column means the same, and does not change. */
export function columnSuite(subject: Subject): ConformanceCase[] {
  return [
    {
      key: 'column/stored',
      rule: 'L6',
      title: 'every sample goes into a column of the storage type',
      needs: ['samples/display', 'contract/stable'],
      run(expect: Expectation) {
        const provider = subject.make()
        for (const literal of subject.literals) {
          const column = attempt(() => subject.store(provider, literal))
          if ('throws' in column)
            expect.fail(`the value of ${textOf(literal)} cannot be put into a column of arrowType: ${column.throws}`)
        }
      },
    },
    {
      key: 'column/display',
      rule: 'L6',
      title: 'a value displays the same when it is read back',
      needs: ['column/stored', 'samples/stateless'],
      run(expect: Expectation) {
        const provider = subject.make()
        for (const [literal, shown] of subject.displays) {
          const again = displayColumn(provider, subject.store(provider, literal))
          expectSame(
            expect,
            `the display of ${textOf(literal)}, read back from a column`,
            resultOf(shown),
            resultOf(again),
          )
        }
      },
    },
    {
      key: 'column/rows',
      rule: 'L6',
      title: 'each value of a column of many displays the same',
      needs: ['column/display'],
      run: (expect) => manyRows(subject, expect),
    },
    {
      key: 'column/same-bytes',
      rule: 'L6',
      title: 'a literal is stored as the same bytes each time',
      needs: ['column/stored', 'samples/stateless'],
      run(expect: Expectation) {
        const [provider, other] = [subject.make(), subject.make()]
        for (const literal of subject.literals) {
          const first = subject.store(provider, literal)
          for (const [who, from] of [
            ['the same provider', provider],
            ['another provider of the same version', other],
          ] as const) {
            const again = subject.store(from, literal)
            const [before, after] = [first, again].map((bytes) => textOf(readColumn(bytes).get(0)))
            expect.that(
              sameBytes(first, again),
              `${who} stores ${textOf(literal)} in other bytes the next time: ${before}, then ${after}`,
            )
          }
        }
      },
    },
    {
      key: 'column/untouched',
      rule: 'L6',
      title: 'toDisplay leaves the value as it is',
      needs: ['column/display'],
      run(expect: Expectation) {
        const provider = subject.make()
        for (const literal of subject.literals) {
          const column = readColumn(subject.store(provider, literal))
          const shown = [1, 2].map(() => displayValue(provider, () => column.get(0)))
          expectSame(
            expect,
            `the display of ${textOf(literal)} after its column was displayed once already`,
            JSON.stringify(shown[0]),
            JSON.stringify(shown[1]),
          )
        }
      },
    },
    {
      key: 'column/canonical-values',
      rule: 'L11',
      title: 'the values of a canonical Arrow type are such as it has',
      needs: ['column/display', 'contract/canonical'],
      run(expect: Expectation) {
        const provider = subject.make()
        const { contract } = subject
        for (const [literal, shown] of subject.displays) {
          const value: unknown = readColumn(subject.store(provider, literal)).get(0)
          const problem = canonicalValueProblem(contract, value, 'value' in shown ? shown.value : '')
          expect.that(problem === undefined, `the value of ${textOf(literal)}: ${problem}`)
        }
      },
    },
  ]
}

function manyRows(subject: Subject, expect: Expectation): void {
  const { displays } = subject
  const literals = [...displays.keys()]
  const column = subject.column(literals)
  const provider = subject.make()
  expectSame(expect, 'the number of rows', literals.length * 2, column.length)
  for (const [index, literal] of literals.entries()) {
    const shown = displays.get(literal)
    const again = displayValue(provider, () => column.get(index * 2))
    expectSame(
      expect,
      `the display of ${textOf(literal)} in row ${index * 2}`,
      shown && resultOf(shown),
      resultOf(again),
    )
    expect.that(
      column.get(index * 2 + 1) === null,
      `row ${index * 2 + 1} is null, and was read as ${textOf(column.get(index * 2 + 1))}`,
    )
  }
}
