import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT } from './blocks.js'

const CORE = join(ROOT, 'packages/core/src')
const architecture = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8')

/** The imports of the files in a folder, as `[importing file, imported file]`, below `src` of the core. */
function importsIn(folder: string, files: readonly string[]): (readonly [file: string, imported: string])[] {
  return files.flatMap((file) => {
    const path = join(CORE, folder, file)
    return Array.from(
      readFileSync(path, 'utf8').matchAll(/ from '(\.[^']+)'/g),
      ([, to]) => [path, join(dirname(path), to as string)].map((it) => relative(CORE, it)) as [string, string],
    )
  })
}

const folderOf = (file: string): string => file.split(sep).slice(0, -1).join('/')

const filesIn = (folder: string): string[] => readdirSync(join(CORE, folder)).filter((name) => name.endsWith('.ts'))

it('each file of the core that the architecture names is there', () => {
  const named = Array.from(architecture.matchAll(/`([\w-][\w/-]*\.ts)`/g), ([, file]) => file as string)
  expect(named.length).toBeGreaterThan(0)
  expect(named.filter((file) => !existsSync(join(CORE, file)))).toEqual([])
})

describe('folders use one another as the architecture says', () => {
  it('what is in src itself imports no folder', () => {
    const contracts = filesIn('').filter((file) => file !== 'index.ts')
    expect(importsIn('', contracts).filter(([, imported]) => folderOf(imported) !== '')).toEqual([])
  })

  it('each folder of src/host uses those above it, and none below it', () => {
    const folders = Array.from(architecture.matchAll(/^\| `([a-z]+)\/` \|/gm), ([, folder]) => `host/${folder}`)
    const there = readdirSync(join(CORE, 'host'), { withFileTypes: true }).filter((entry) => entry.isDirectory())
    expect(folders.toSorted()).toEqual(there.map(({ name }) => `host/${name}`).toSorted())
    const below = folders.flatMap((folder, at) =>
      importsIn(folder, filesIn(folder)).filter(([, imported]) => folders.indexOf(folderOf(imported)) > at),
    )
    expect(below).toEqual([])
  })
})
