import { checkOptions, option, type OptionChecks } from '@uni/reload-core'
import { attempt, Expectation } from '@uni/reload-core/testing'
import type { IndexHandle } from '../contract.js'
import { rowsOf, type RowTable } from '../same-rows.js'
import { Bench } from './bench.js'
import { parseAnswers, printAnswers } from './golden-answers.js'
import type { IndexFixture } from './fixture.js'

/** A file to keep beside the tests. */
export interface GoldenFile {
  /** Such as `2.0.0/changed.image`. */
  readonly name: string
  readonly bytes: Uint8Array
}

/** An index that one version persisted, and its answers. */
export interface IndexGolden {
  /** Such as `2.0.0/changed`. */
  readonly name: string
  readonly image: Uint8Array
  /** The answers to the queries of the fixture, in their order. */
  readonly answers: readonly RowTable[]
}

export interface WriteIndexGoldenOptions {
  /** The version of the provider, which is part of the names of the files. */
  readonly version: string
}

const OPTIONS: OptionChecks<WriteIndexGoldenOptions> = { version: option.required(option.text) }

const CHANGES = Array.from({ length: 10 }, (_, nth) => nth)
const [IMAGE, ANSWERS] = ['.image', '.answers.json']

/**
 * Writes images of the fixture's index as the present version persists it: built, empty, and (where the kind takes
 * writes) changed; with each image, the answers to the fixture's queries. Keep the files, and test every later version
 * with them. Disposes of the fixture.
 */
export async function writeIndexGolden(fixture: IndexFixture, options: WriteIndexGoldenOptions): Promise<GoldenFile[]> {
  const { version } = checkOptions(options, 'writeIndexGolden options', OPTIONS)
  const undos: (() => unknown)[] = [() => fixture.dispose?.()]
  try {
    return await writeFiles(fixture, version, (undo) => {
      undos.push(undo)
    })
  } finally {
    for (const undo of undos.toReversed()) await attempt(undo)
  }
}

async function writeFiles(fixture: IndexFixture, version: string, later: Bench['later']): Promise<GoldenFile[]> {
  const capabilities = { writes: fixture.change !== undefined }
  const bench = new Bench(fixture, {
    capabilities,
    seed: 0,
    expect: new Expectation('P17'),
    later,
    make: () => fixture,
  })
  const indexes: [name: string, handle: IndexHandle][] = [
    ['built', await bench.built()],
    ['empty', await bench.builtEmpty()],
  ]
  if (capabilities.writes) indexes.push(['changed', await bench.rebuilt(bench.provider, CHANGES)])
  const files: GoldenFile[] = []
  for (const [name, handle] of indexes) {
    const answers = (await bench.answers(handle)).map(rowsOf)
    files.push({ name: `${version}/${name}${IMAGE}`, bytes: await bench.bytesOf(handle) })
    files.push({ name: `${version}/${name}${ANSWERS}`, bytes: new TextEncoder().encode(printAnswers(answers)) })
  }
  return files
}

/**
 * Pairs images with their answers.
 *
 * @throws Error for an image without answers, or answers without an image.
 */
export function readIndexGolden(files: readonly GoldenFile[]): IndexGolden[] {
  const byName = new Map(files.map(({ name, bytes }) => [name.replaceAll('\\', '/'), bytes]))
  const names = new Set([...byName.keys()].map((name) => name.replace(/\.image$|\.answers\.json$/, '')))
  return [...names].sort().map((name) => {
    const [image, answers] = [byName.get(`${name}${IMAGE}`), byName.get(`${name}${ANSWERS}`)]
    if (!image || !answers)
      throw new Error(`the golden files of ${name} are not complete. Expected ${name}${IMAGE} and ${name}${ANSWERS}`)
    return { name, image, answers: parseAnswers(new TextDecoder().decode(answers)) }
  })
}
