import type { ConformanceCase, Expectation } from '@uni/reload-core/testing'
import { attempt } from '../../attempt.js'
import { sameBytes } from '../../column.js'
import { displayLiteral, displayValue } from '../../display.js'
import { parse } from '../../parse.js'
import { readSamples, SAMPLE_LIMIT } from '../../samples.js'
import { expectSame } from '../expect-same.js'
import { resultOf } from '../result-of.js'
import type { Subject } from '../subject.js'
import { textOf } from '../text-of.js'

/** There are samples, they differ from one another, and they mean the same on every call. */
export function sampleSuite(subject: Subject, displayIsLiteral: boolean): ConformanceCase[] {
  return [
    ...(displayIsLiteral ? [displayIsLiteralCase(subject)] : []),
    {
      key: 'samples/declared',
      rule: 'L5',
      title: 'there are samples',
      needs: ['contract/well-formed'],
      run(expect: Expectation) {
        expect.that(
          subject.literals.length > 0,
          'samples() declares none: later versions are held to the contract alone, and nothing proves a cast',
        )
      },
    },
    {
      key: 'samples/listed',
      rule: 'L9',
      title: 'every sample is a text',
      needs: ['contract/well-formed'],
      run(expect: Expectation) {
        // Samples may be endless; only so many are used.
        const problem = readSamples(subject.make(), SAMPLE_LIMIT).unjudged.find(
          ({ path }) => path !== `samples[${SAMPLE_LIMIT}]`,
        )
        expect.that(problem === undefined, `${problem?.path}: ${problem?.reason}`)
      },
    },
    {
      key: 'samples/repeatable',
      rule: 'L5',
      title: 'the samples are the same each time',
      needs: ['samples/declared'],
      run(expect: Expectation) {
        const provider = subject.make()
        const listed = (from: typeof provider): string => JSON.stringify([...readSamples(from, SAMPLE_LIMIT).literals])
        const first = listed(provider)
        expectSame(expect, 'the samples of the same provider, listed again', first, listed(provider))
        expectSame(expect, 'the samples of another provider of the same version', first, listed(subject.make()))
      },
    },
    {
      key: 'samples/display',
      rule: 'L5',
      title: 'every sample parses and displays',
      needs: ['samples/declared'],
      run(expect: Expectation) {
        for (const [literal, shown] of subject.displays) {
          if ('throws' in shown) expect.fail(`the sample ${textOf(literal)} fails: ${shown.throws}`)
        }
      },
    },
    {
      key: 'samples/tell-apart',
      rule: 'L5',
      title: 'not every sample displays alike',
      needs: ['samples/display'],
      run(expect: Expectation) {
        const displays = new Set(
          [...subject.displays.values()].map((shown) => ('value' in shown ? shown.value : undefined)),
        )
        expect.that(
          displays.size > 1,
          `every sample displays as ${textOf([...displays][0])}: a later version that displays anything so would ` +
            'not be noticed',
        )
      },
    },
    {
      key: 'samples/stateless',
      rule: 'L5',
      title: 'a literal means the same again, in any order, and to another provider',
      needs: ['samples/display'],
      run: (expect) => stateless(subject, expect),
    },
  ]
}

function displayIsLiteralCase(subject: Subject): ConformanceCase {
  return {
    key: 'samples/display-is-literal',
    rule: 'L5',
    title: 'what a sample displays as is a literal of the same value',
    needs: ['column/same-bytes'],
    run(expect: Expectation) {
      const provider = subject.make()
      for (const [literal, shown] of subject.displays) {
        const display = 'value' in shown ? shown.value : ''
        const again = displayLiteral(provider, display)
        expectSame(
          expect,
          `the display of ${textOf(display)}, which ${textOf(literal)} displays as`,
          display,
          resultOf(again),
        )
        const same = sameBytes(subject.store(provider, literal), subject.store(provider, display))
        expect.that(same, `${textOf(display)} is stored in other bytes than ${textOf(literal)}, which displays as it`)
      }
    },
  }
}

function stateless(subject: Subject, expect: Expectation): void {
  const { displays } = subject
  const [provider, other] = [subject.make(), subject.make()]
  const backwards = [...displays].toReversed()
  for (const [literal, expected] of [...displays, ...backwards, ...backwards]) {
    const shown = displayLiteral(provider, literal)
    expectSame(expect, `the display of ${textOf(literal)}, asked again`, resultOf(expected), resultOf(shown))
  }
  for (const [literal, expected] of displays) {
    const value = attempt(() => parse(provider, literal))
    if ('throws' in value) expect.fail(`${textOf(literal)} fails when it is parsed again: ${value.throws}`)
    expectSame(
      expect,
      `what another provider displays the value of ${textOf(literal)} as`,
      resultOf(expected),
      resultOf(displayValue(other, () => value.value)),
    )
  }
}
