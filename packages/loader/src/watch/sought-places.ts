import { basename, dirname, join, sep } from 'node:path'
import type { Sought } from '../bundle/sought.js'
import { lookAtLink } from '../look-at.js'
import { placesSought } from './import-places.js'

/** Of what an import may leave out, or have in the place of another. */
const EXTENSION = /\.(?:[cm]?[jt]sx?|json|css)$/
/** What an import of a folder leads to. */
const OF_FOLDER = /^(?:index\.|package\.json$)/

/** The places at which builds have looked: for files, for folders, and by patterns of names. */
export class SoughtPlaces {
  /** Those that the places are in. */
  readonly folders: ReadonlySet<string>
  /** Those in which patterns look, and in all below them. */
  readonly trees: ReadonlySet<string>
  readonly #places = new Set<string>()
  readonly #stems = new Set<string>()
  readonly #patterns: readonly { readonly tree: string; readonly names: RegExp }[]

  /** @param others absolute paths that are looked at as well. */
  constructor(sought: readonly Sought[], others: readonly string[]) {
    for (const it of sought) {
      for (const place of placesSought(it)) this.#add(place)
      for (const place of it.configuration.absent) this.#places.add(place)
    }
    for (const place of others) this.#places.add(place)
    this.#patterns = sought.flatMap(({ patterns }) => Array.from(patterns, patternOf))
    this.folders = new Set(Array.from(this.#places, (place) => dirname(place)))
    this.trees = new Set(this.#patterns.map(({ tree }) => tree))
  }

  /** Whether something that comes there, or goes, may change what an import leads to. */
  has(path: string): boolean {
    if (this.#places.has(path)) return true
    if (EXTENSION.test(path) && this.#stems.has(stemOf(path))) return true
    if (OF_FOLDER.test(basename(path)) && this.#stems.has(dirname(path))) return true
    return this.#patterns.some(({ tree, names }) => path.startsWith(tree + sep) && (names.test(path) || isFolder(path)))
  }

  #add(place: string): void {
    this.#places.add(place)
    // Of a file whose name has a dot in it, the extension may be left out as well.
    this.#stems.add(place).add(stemOf(place))
  }
}

export function stemOf(path: string): string {
  return path.replace(EXTENSION, '')
}

function patternOf(pattern: string): { readonly tree: string; readonly names: RegExp } {
  const tree = dirname(pattern.slice(0, pattern.indexOf('*')) + '_')
  const escaped = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&')
  const names = escaped.replaceAll(/\*\*\/|\*/g, (it) => (it === '*' ? '[^/]*' : '(?:.*/)?'))
  return { tree: join(tree), names: new RegExp(`^${names}$`) }
}

function isFolder(path: string): boolean {
  return lookAtLink(path)?.isDirectory() === true
}
