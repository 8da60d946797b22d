import type { ConformanceCase, Expectation } from '@uni/reload-core/testing'
import { attempt } from '../../attempt.js'
import type { LogicalTypeProvider } from '../../contract.js'
import { displayLiteral } from '../../display.js'
import { settled } from '../../settled.js'
import { displaysAsBefore } from '../displays-as-before.js'
import { damagedValue, unencodable, oddLiterals, oddValues, oversizedLiterals } from '../odd-input.js'
import { randomIntegers } from '../random.js'
import type { Subject } from '../subject.js'
import { textOf } from '../text-of.js'

/** A provider keeps what it is given, or throws an error. */
export function badInputSuite(subject: Subject, refuses: readonly string[] | undefined): ConformanceCase[] {
  const needs = ['column/display']
  const seeded = `seed ${subject.seed}`
  return [
    ...(refuses === undefined ? [] : [refusedCase(subject, refuses)]),
    {
      key: 'bad-input/errors',
      rule: 'L12',
      title: 'what is thrown at a literal that does not parse is an error',
      needs,
      run(expect: Expectation) {
        const provider = subject.make()
        for (const literal of oddLiterals(subject.literals, subject.seed)) {
          const problem = wrongAnswer(
            () => settled(provider.fromLiteral(literal), 'fromLiteral'),
            () => true,
          )
          expect.that(problem === undefined, `fromLiteral(${textOf(literal)}) ${problem} (${seeded})`)
        }
      },
    },
    {
      key: 'bad-input/kept',
      rule: 'L12',
      title: 'a literal that is accepted displays the same once it was stored',
      needs,
      run: (expect) => kept(subject, oddLiterals(subject.literals, subject.seed), expect, seeded),
    },
    {
      key: 'bad-input/oversized',
      rule: 'L12',
      title: 'so does one of a megabyte, if it is accepted',
      needs,
      run: (expect) => kept(subject, oversizedLiterals(subject.literals), expect),
    },
    {
      key: 'bad-input/encoding',
      rule: 'L12',
      title: 'so does one that UTF-8 does not keep, if it is accepted',
      needs,
      run: (expect) => kept(subject, unencodable(subject.literals), expect),
    },
    {
      key: 'bad-input/values',
      rule: 'L12',
      title: 'toDisplay makes a text of any value, or throws an error',
      needs,
      run(expect: Expectation) {
        const provider = subject.make()
        for (const value of oddValues()) {
          const problem = wrongAnswer(() => settled(provider.toDisplay(value), 'toDisplay'), isText)
          expect.that(problem === undefined, `toDisplay(${textOf(value)}) ${problem}`)
        }
      },
    },
    {
      key: 'bad-input/columns',
      rule: 'L12',
      title: 'so it does of what a damaged column holds',
      needs,
      run(expect: Expectation) {
        const provider = subject.make()
        for (const value of damagedValues(subject)) {
          const problem = wrongAnswer(() => settled(provider.toDisplay(value), 'toDisplay'), isText)
          expect.that(
            problem === undefined,
            `toDisplay of a value of a damaged column, ${textOf(value)}, ${problem} (${seeded})`,
          )
        }
      },
    },
    {
      key: 'bad-input/after',
      rule: 'L12, I3',
      title: 'after all that, the provider means what it meant',
      needs,
      run(expect: Expectation) {
        const provider = subject.make()
        const literals = [
          ...oddLiterals(subject.literals, subject.seed),
          ...unencodable(subject.literals),
          ...(refuses ?? []),
        ]
        for (const literal of literals) displayLiteral(provider, literal)
        for (const value of [...oddValues(), ...damagedValues(subject)])
          attempt(() => settled(provider.toDisplay(value), 'toDisplay'))
        displaysAsBefore(subject, provider, `after bad input (${seeded})`, expect)
      },
    },
  ]
}

function refusedCase(subject: Subject, refuses: readonly string[]): ConformanceCase {
  return {
    key: 'bad-input/refused',
    rule: 'L12',
    title: 'literals that are none are refused',
    needs: ['samples/display'],
    run(expect: Expectation) {
      const provider = subject.make()
      for (const literal of refuses) {
        const parsed = attempt(() => provider.fromLiteral(literal))
        if ('value' in parsed)
          expect.fail(`fromLiteral(${textOf(literal)}): expected an error, found ${textOf(parsed.value)}`)
      }
    },
  }
}

function kept(subject: Subject, literals: readonly string[], expect: Expectation, seeded?: string): void {
  for (const literal of literals) {
    const loss = subject.lossOf(literal)
    expect.that(
      loss === undefined,
      `${textOf(literal)}: ${loss}. Refuse what the storage type cannot ` +
        `hold${seeded === undefined ? '' : ` (${seeded})`}`,
    )
  }
}

const isText = (value: unknown): boolean => typeof value === 'string'

/** What is wrong with the outcome of `call`; `undefined` where it returned the right value, or threw an error. */
function wrongAnswer(call: () => unknown, isRight: (value: unknown) => boolean): string | undefined {
  try {
    const value = call()
    return isRight(value) ? undefined : `returned a value of type ${typeof value}, expected a string`
  } catch (thrown) {
    const isError = thrown instanceof Error || Object.prototype.toString.call(thrown) === '[object Error]'
    return isError ? undefined : `threw a value of type ${typeof thrown}, expected an Error`
  }
}

function damagedValues(subject: Subject): unknown[] {
  const below = randomIntegers(subject.seed)
  const provider: LogicalTypeProvider = subject.make()
  const columns = subject.literals.map((literal) => subject.store(provider, literal))
  return columns
    .flatMap((column) => Array.from({ length: 8 }, () => damagedValue(column, below)))
    .flatMap((damaged) => (damaged === undefined ? [] : [damaged.value]))
}
