import type { HandoffStrategy } from '@uni/reload-core'
import type { ConformanceCase, Expectation } from '@uni/reload-core/testing'
import type { DataType } from 'apache-arrow'
import { attempt } from '../../attempt.js'
import type { LogicalTypeProvider } from '../../contract.js'
import { compareValues } from '../../diff.js'
import { listDifferences } from '../../difference-text.js'
import { settled } from '../../settled.js'
import { describeType } from '../../storage-type.js'
import { isVector } from '../cast.js'
import { expectSame } from '../expect-same.js'
import { readGolden, writeLogicalTypeGolden } from '../golden-file.js'
import { CountedPlugin, Hosted } from '../hosted.js'
import type { EarlierVersion } from '../options.js'
import type { Subject } from '../subject.js'
import { textOf } from '../text-of.js'
import { readsGolden } from './golden.js'

/** Reloads from earlier versions whose code is still there, and back where that is claimed. */
export function upgradeSuite(
  subject: Subject,
  strategy: HandoffStrategy<LogicalTypeProvider>,
  earlier: readonly EarlierVersion[],
): ConformanceCase[] {
  return earlier.flatMap(({ version, make, level = 'compatible', wayBack = false }): ConformanceCase[] => [
    {
      key: `upgrade/${version}/reload`,
      rule: 'L1, L7',
      title: `a reload from it is judged ${level}`,
      needs: ['contract/well-formed'],
      async run(expect: Expectation) {
        await using hosted = await Hosted.start(strategy, make())
        const next = new CountedPlugin('2.0.0', subject.make())
        const { report } = await expect.works(`a reload from version ${version}`, () => hosted.reload(next))
        expectSame(expect, 'the level of its verdict', level, report.compat[0]?.verdict.level)
        expect.that(hosted.serving() === next.provider, 'the present version does not serve after the reload')
      },
    },
    {
      key: `upgrade/${version}/column`,
      rule: 'L6, L7',
      title: 'a column of its samples displays as it did',
      needs: ['contract/well-formed'],
      run(expect: Expectation) {
        for (const file of writeLogicalTypeGolden(make(), { version }))
          readsGolden(subject.make(), readGolden(file), expect)
      },
    },
    ...(wayBack
      ? [
          {
            key: `upgrade/${version}/way-back`,
            rule: 'L5, L6',
            title: 'it reads what the present version writes, and a host can go back to it',
            needs: ['reload/same-version'],
            async run(expect: Expectation) {
              for (const file of writeLogicalTypeGolden(subject.make(), { version: 'present' }))
                readsGolden(make(), readGolden(file), expect)
              await using hosted = await Hosted.start(strategy, subject.make())
              await expect.works(`a reload back to version ${version}`, () =>
                hosted.reload(new CountedPlugin('0.9.0', make())),
              )
            },
          },
        ]
      : []),
  ])
}

/** `castTo` converts a column into each type that is claimed. */
export function castToSuite(subject: Subject, targets: readonly DataType[]): ConformanceCase[] {
  return [
    {
      key: 'cast-to/columns',
      rule: 'L13',
      title: 'castTo makes a column of the type, with as many values and its nulls',
      needs: ['column/rows'],
      run(expect: Expectation) {
        const provider = subject.make()
        const castTo = provider.castTo?.bind(provider)
        if (castTo === undefined) expect.fail('castsTo names types, and there is no castTo')
        const column = subject.column(subject.literals)
        for (const target of targets) {
          for (const [what, part] of [
            ['a column', column],
            ['an empty column', column.slice(0, 0)],
            ['two chunks', column.concat(column)],
          ] as const) {
            const cast = attempt((): unknown => settled(castTo(part, target), 'castTo'))
            if ('throws' in cast)
              expect.fail(`castTo of ${what} to ${String(target)}: expected a column, found an error: ${cast.throws}`)
            const vector = cast.value
            if (!isVector(vector))
              expect.fail(`castTo of ${what} to ${String(target)} returned no Arrow vector but ${textOf(vector)}`)
            const differences = compareValues('type', describeType(target), describeType(vector.type))
            expect.that(
              differences.length === 0,
              `castTo of ${what} to ${String(target)} returned another type: ${listDifferences(differences)}`,
            )
            expectSame(expect, `the length of ${what} cast to ${String(target)}`, part.length, vector.length)
            const lost = Array.from({ length: part.length }, (_, row) => row).find(
              (row) => (part.get(row) === null) !== (vector.get(row) === null),
            )
            expectSame(
              expect,
              `the first row of ${what} that is null on one side only, cast to ${String(target)}`,
              undefined,
              lost,
            )
          }
        }
      },
    },
  ]
}
