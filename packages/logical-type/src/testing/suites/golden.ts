import type { ConformanceCase, Expectation } from '@uni/reload-core/testing'
import { attempt } from '../../attempt.js'
import type { LogicalTypeProvider } from '../../contract.js'
import { compareContracts } from '../../diff.js'
import { listDifferences } from '../../difference-text.js'
import { displayLiteral, displayValue } from '../../display.js'
import { RememberedLogicalType } from '../../remembered-type.js'
import { contractOf } from '../../type-contract.js'
import { castProblem } from '../cast.js'
import { expectSame } from '../expect-same.js'
import { evidenceOf, writeLogicalTypeGolden, type Golden, type GoldenFile } from '../golden-file.js'
import { CountedPlugin, Hosted } from '../hosted.js'
import type { Machinery } from '../machinery.js'
import { randomIntegers } from '../random.js'
import { resultOf } from '../result-of.js'
import type { Subject } from '../subject.js'
import { textOf } from '../text-of.js'

/** The present version reads what earlier ones stored, and refuses it where it is damaged. */
export function goldenSuite(subject: Subject, machinery: Machinery, files: readonly GoldenFile[]): ConformanceCase[] {
  const { readGolden } = machinery
  const written = (): GoldenFile[] => writeLogicalTypeGolden(subject.make(), { version: 'present' })
  return [
    {
      key: 'golden/present',
      rule: 'L6',
      title: 'the present version reads the golden file it writes',
      needs: ['column/rows', 'contract/ipc', 'samples/repeatable'],
      run(expect: Expectation) {
        for (const file of written()) {
          const golden = readGolden(file)
          expectSame(
            expect,
            'the literals that it holds',
            JSON.stringify(subject.literals),
            JSON.stringify(golden.rows.map(({ literal }) => literal)),
          )
          readsGolden(subject.make(), golden, expect)
        }
      },
    },
    {
      key: 'golden/damaged',
      rule: 'L12',
      title: 'a damaged golden file is refused, by name',
      needs: ['golden/present'],
      run(expect: Expectation) {
        for (const file of written())
          for (const damaged of damages(file, subject.seed)) refusesFile(damaged, readGolden, expect)
      },
    },
    ...files.flatMap((file) => fileCases(subject, machinery, file)),
  ]
}

function fileCases(subject: Subject, { strategy, readGolden }: Machinery, file: GoldenFile): ConformanceCase[] {
  const readable = `golden/${file.name}/readable`
  const needs = [readable, 'contract/well-formed']
  return [
    {
      key: readable,
      rule: 'L6',
      title: 'it is a golden file of this type',
      async run(expect: Expectation) {
        const { contract, rows, column } = await expect.works('the file', () => readGolden(file))
        expectSame(expect, 'the name of its type', subject.make().name, contract.name)
        expect.that(
          rows.length > 0 && column.length === rows.length + 1,
          `it has ${rows.length} samples and ${column.length} values, expected at least one sample, and a null ` +
            'at the end',
        )
      },
    },
    {
      key: `golden/${file.name}/column`,
      rule: 'L6, L7',
      title: 'its column displays as it did',
      needs,
      run(expect: Expectation) {
        readsGolden(subject.make(), readGolden(file), expect)
      },
    },
    {
      key: `golden/${file.name}/literals`,
      rule: 'L5',
      title: 'its literals display as they did',
      needs,
      run(expect: Expectation) {
        const provider = subject.make()
        for (const { literal, display } of readGolden(file).rows) {
          const shown = displayLiteral(provider, literal)
          expectSame(expect, `the display of ${textOf(literal)}`, display, resultOf(shown))
        }
      },
    },
    {
      key: `golden/${file.name}/reload`,
      rule: 'L8, I6',
      title: 'a host that served what wrote it goes over to the present version',
      needs: ['reload/same-version', `golden/${file.name}/column`, `golden/${file.name}/literals`],
      async run(expect: Expectation) {
        await using hosted = await Hosted.start(strategy, new RememberedLogicalType(evidenceOf(readGolden(file))))
        const next = new CountedPlugin('2.0.0', subject.make())
        await expect.works(`a reload from the version that wrote ${file.name}`, () => hosted.reload(next))
        expect.that(hosted.serving() === next.provider, 'the present version does not serve after the reload')
      },
    },
  ]
}

/** Reads a golden column with `provider`: as it is where the contract is the same, otherwise through `castFrom`. */
export function readsGolden(
  provider: LogicalTypeProvider,
  { contract, column, rows, version }: Golden,
  expect: Expectation,
): void {
  const differences = compareContracts(contract, contractOf(provider))
  if (differences.length > 0) {
    const castFrom = provider.castFrom?.bind(provider)
    if (castFrom === undefined)
      expect.fail(`version ${version} had another contract, and there is no castFrom: ${listDifferences(differences)}`)
    const problem = castProblem(provider, castFrom, column, [...rows.map(({ display }) => display), null])
    expect.that(problem === undefined, `castFrom of the column of version ${version}: ${problem}`)
    return
  }
  for (const [row, { literal, display }] of rows.entries()) {
    const shown = displayValue(provider, () => column.get(row))
    expectSame(
      expect,
      `the display of row ${row}, which version ${version} stored for ${textOf(literal)}`,
      display,
      resultOf(shown),
    )
  }
  expect.that(
    column.get(rows.length) === null,
    `the null in row ${rows.length} was read as ${textOf(column.get(rows.length))}`,
  )
}

/** The file empty, truncated, with one bit flipped, and bytes that are no file. */
function damages({ name, bytes }: GoldenFile, seed: number): GoldenFile[] {
  const below = randomIntegers(seed)
  const random = (length: number): Uint8Array => Uint8Array.from({ length }, () => below(256))
  const flipped = (): Uint8Array => {
    const copy = new Uint8Array(bytes)
    const at = below(copy.length)
    copy[at] = (copy[at] as number) ^ (1 << below(8))
    return copy
  }
  const truncated = Array.from({ length: 16 }, () => bytes.slice(0, below(bytes.length)))
  const oversized = new Uint8Array([...bytes, ...random(4096)])
  const all = [
    new Uint8Array(),
    ...truncated,
    ...Array.from({ length: 16 }, flipped),
    random(8),
    random(1024),
    oversized,
  ]
  return all.map((damaged, index) => ({ name: `${name} (damage ${index} of seed ${seed})`, bytes: damaged }))
}

function refusesFile(file: GoldenFile, readGolden: Machinery['readGolden'], expect: Expectation): void {
  const golden = attempt(() => readGolden(file))
  expect.that('throws' in golden, `${file.name} was read as if it were whole`)
  expect.that(golden.throws.startsWith(file.name), `a damaged file was refused without its name: ${golden.throws}`)
}
