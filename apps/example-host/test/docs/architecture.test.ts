import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT } from './blocks.js'

const CORE = join(ROOT, 'packages/core/src')
const architecture = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8')

type Import = readonly [file: string, imported: string]

/** The imports of a file, those of types among them. */
const importsOf = (path: string): Import[] =>
  Array.from(readFileSync(path, 'utf8').matchAll(/ from '(\.[^']+)'/g), ([, to]) => [
    path,
    join(dirname(path), (to as string).replace(/\.js$/, '.ts')),
  ])

/** The imports of the files in a folder, below `src` of the core. */
const importsIn = (folder: string, files: readonly string[]): Import[] =>
  files
    .flatMap((file) => importsOf(join(CORE, folder, file)))
    .map(([file, imported]) => [relative(CORE, file), relative(CORE, imported)])

/**
 * The imports that are in a circle, or between two: what is left when files that import none of the rest, or that none
 * of the rest imports, are taken away again and again.
 */
function inCircles(imports: readonly Import[]): readonly Import[] {
  const importing = new Set(imports.map(([file]) => file))
  const imported = new Set(imports.map(([, file]) => file))
  const left = imports.filter(([from, to]) => imported.has(from) && importing.has(to))
  return left.length === imports.length ? left : inCircles(left)
}

const folderOf = (file: string): string => file.split(sep).slice(0, -1).join('/')

const isSource = (file: string): boolean => file.endsWith('.ts')

const filesIn = (folder: string): string[] =>
  readdirSync(join(CORE, folder), { recursive: true, encoding: 'utf8' }).filter(isSource)

it('each file that the architecture names is there', () => {
  const named = Array.from(architecture.matchAll(/`([\w-][\w/-]*\.ts)`/g), ([, file]) => file as string)
  expect(named.length).toBeGreaterThan(0)
  const isThere = (file: string): boolean =>
    [CORE, join(ROOT, 'packages')].some((folder) => existsSync(join(folder, file)))
  expect(named.filter((file) => !isThere(file))).toEqual([])
})

describe('folders use one another as the architecture says', () => {
  it('what is in src itself imports no folder', () => {
    const contracts = filesIn('').filter((file) => folderOf(file) === '' && file !== 'index.ts')
    expect(importsIn('', contracts).filter(([, imported]) => folderOf(imported) !== '')).toEqual([])
  })

  it.each([
    { within: '', rows: /^\| `src\/[a-z-]+\/`.*/gm, named: /`src\/([a-z-]+)\/`/g },
    { within: 'host', rows: /^\| `[a-z]+\/` \|/gm, named: /`([a-z]+)\/`/g },
  ])('each folder of src/$within uses those above it, and none below it', ({ within, rows, named }) => {
    const folders = Array.from(architecture.matchAll(rows), ([row]) => Array.from(row.matchAll(named), ([, it]) => it))
      .flat()
      .map((folder) => join(within, folder as string))
    const there = readdirSync(join(CORE, within), { withFileTypes: true }).filter((entry) => entry.isDirectory())
    expect(folders.toSorted()).toEqual(there.map(({ name }) => join(within, name)).toSorted())
    const placeOf = (file: string): number => folders.findIndex((folder) => file.startsWith(`${folder}${sep}`))
    const below = folders.flatMap((folder, at) =>
      importsIn(folder, filesIn(folder)).filter(([, imported]) => placeOf(imported) > at),
    )
    expect(below).toEqual([])
  })
})

it('no file imports itself by way of others, types included', () => {
  const sources = ['packages', 'apps']
    .flatMap((group) => readdirSync(join(ROOT, group)).map((name) => join(ROOT, group, name)))
    .flatMap((workspace) => [join(workspace, 'src'), join(workspace, 'test')])
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)))
    .filter(isSource)
  expect(sources.length).toBeGreaterThan(0)
  const circles = inCircles(sources.flatMap(importsOf)).map((it) => it.map((file) => relative(ROOT, file)).join(' → '))
  expect(circles).toEqual([])
})
