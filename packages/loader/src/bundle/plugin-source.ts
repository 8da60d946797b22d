import { realpathSync } from 'node:fs'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { describeThrown } from '@uni/reload-core'
import { exports as resolveExports } from 'resolve.exports'
import { LoadError } from '../errors.js'
import { isFile, lookAt } from '../look-at.js'
import { readUniField } from '../manifest/package-manifest.js'
import { readPackageJson, type PackageJson } from '../manifest/package-json.js'

/** Where a plugin's source is. All paths are absolute, without links. */
export interface PluginSource {
  /** Its folder, which nothing that is said of it in the bundle reaches beyond. */
  readonly root: string
  /** The file that it begins with. */
  readonly entry: string
  /** Of the folder, where a folder was given. */
  readonly packageJson: PackageJson | undefined
  /**
   * Where the files may be that are imported: of a single file anywhere; of a folder within it, or in packages that are
   * imported by name; of a packed plugin within its folder alone.
   */
  readonly reach: 'anywhere' | 'packages' | 'nothing'
}

const INDEX = ['ts', 'mts', 'cts', 'tsx', 'js', 'mjs', 'cjs', 'jsx'].map((extension) => `index.${extension}`)

/**
 * @param path absolute, of a file or of a folder.
 * @throws LoadError `NOT_FOUND` where there is nothing, `MANIFEST` where the package says what cannot be.
 */
export function findSource(path: string): PluginSource {
  const found = realPathOf(path)
  refuseBackslash(found)
  const there = lookAt(found)
  if (there?.isFile() === true) return { root: dirname(found), entry: found, packageJson: undefined, reach: 'anywhere' }
  if (there?.isDirectory() !== true) {
    throw new LoadError('NOT_FOUND', 'this is neither a file nor a folder', {
      place: { file: found },
      hint: 'Name the folder of the plugin, or the file that it begins with.',
    })
  }
  const packageJson = readPackageJson(found)
  return { root: found, entry: entryOf(found, packageJson), packageJson, reach: 'packages' }
}

/**
 * Where the file may come that a folder begins with: absolute paths.
 *
 * @param root absolute path of the folder.
 */
export function entryPlaces(root: string): readonly string[] {
  const index = INDEX.map((name) => join(root, name))
  try {
    const json = readPackageJson(root)
    const said = json && saidEntry(json)
    return said === undefined ? index : [resolve(root, said.path)]
  } catch {
    // It says what cannot be.
    return index
  }
}

function realPathOf(path: string): string {
  try {
    return realpathSync(path)
  } catch (cause) {
    throw new LoadError('NOT_FOUND', `there is no plugin at this path: ${describeThrown(cause)}`, {
      place: { file: path },
      hint: 'Correct the path, or what it leads to.',
      cause,
    })
  }
}

function entryOf(root: string, json: PackageJson | undefined): string {
  const said = json && saidEntry(json)
  if (json === undefined || said === undefined) {
    const index = INDEX.map((name) => join(root, name)).find(isFile)
    if (index !== undefined) return index
    throw new LoadError('NOT_FOUND', 'the folder does not say which file the plugin begins with', {
      place: { file: root },
      hint: `Write "uni": { "entry": "./src/index.ts" } into its package.json, or name the file ${INDEX[0]}.`,
    })
  }
  const entry = resolve(root, said.path)
  const place = { file: json.file }
  if (isOutside(root, entry)) {
    throw new LoadError('MANIFEST', `${said.field} leads out of the folder: "${said.path}"`, {
      place,
      hint: 'Correct it.',
    })
  }
  if (isFile(entry)) {
    refuseBackslash(entry)
    return entry
  }
  throw new LoadError('NOT_FOUND', `${said.field} is "${said.path}", and there is no such file`, {
    place,
    hint: 'Build the plugin, or let "uni": { "entry": … } be its source, which the loader builds.',
  })
}

function saidEntry(json: PackageJson): { readonly field: string; readonly path: string } | undefined {
  const entry = readUniField(json)?.entry
  if (entry !== undefined) return { field: 'uni.entry', path: entry }
  const { main, exports } = json.content
  if (exports !== undefined) return { field: 'exports', path: exported(json) }
  return typeof main === 'string' ? { field: 'main', path: main } : undefined
}

function exported({ file, content }: PackageJson): string {
  try {
    const [path] =
      resolveExports(content as Parameters<typeof resolveExports>[0], '.', {
        unsafe: true,
        conditions: ['node', 'import', 'module-sync', 'default'],
      }) ?? []
    if (path !== undefined) return path
  } catch (cause) {
    throw new LoadError('MANIFEST', `exports says nothing of ".": ${describeThrown(cause)}`, {
      place: { file },
      cause,
      hint: 'Correct it, or say "uni": { "entry": … }.',
    })
  }
  throw new LoadError('MANIFEST', 'exports says nothing of "."', {
    place: { file },
    hint: 'Correct it, or say "uni": { "entry": … }.',
  })
}

/**
 * @throws LoadError `BUNDLE`: esbuild takes a backslash for a slash, and would read another file, or say so of this
 * one.
 */
export function refuseBackslash(path: string): void {
  if (sep === '\\' || !path.includes('\\')) return
  throw new LoadError('BUNDLE', 'a name in this path has a backslash, which stands between names elsewhere', {
    place: { file: path },
    hint: 'Rename it.',
  })
}

/** Whether a path leads out of that folder. */
export function isOutside(root: string, path: string): boolean {
  const below = relative(root, path)
  return below === '..' || below.startsWith(`..${sep}`) || isAbsolute(below)
}
