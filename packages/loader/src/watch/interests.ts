import { readdirSync } from 'node:fs'
import { dirname, join, parse, sep } from 'node:path'
import { ancestorsOf } from '../ancestors.js'
import { entryPlaces } from '../bundle/plugin-source.js'
import type { Sought } from '../bundle/sought.js'
import { lookAt, lookAtLink } from '../look-at.js'
import { SoughtPlaces, stemOf } from './sought-places.js'

export interface InterestsInit {
  /** Absolute path of the plugin as it was given: with links that may lead elsewhere later. */
  readonly given: string
  /** Absolute path of the plugin's folder, without links. */
  readonly root: string
  /** Absolute paths of the files that the plugin is made of, as far as they are known. */
  readonly files: Iterable<string>
  /**
   * Absolute paths that imports lead to, and where there is nothing: of a file, with or without extension, or a folder.
   */
  readonly awaited: Iterable<string>
  /** What builds have looked for: the last one, and the last one that could be made. */
  readonly sought: readonly Sought[]
}

/** Of what an import waits for: such a folder is not there as a whole, or not there yet. */
const MOST_FOLDERS = 1_000

/** What a watch of a plugin looks at: which folders, and what in them. */
export class Interests {
  /** Those that are there and those that are not, from which on what is of interest may come. */
  readonly folders: ReadonlySet<string>
  readonly #files: ReadonlySet<string>
  readonly #links: ReadonlySet<string>
  readonly #awaited: readonly { readonly path: string; readonly stem: string }[]
  /** What would be found there if it came. */
  readonly #places: SoughtPlaces

  constructor({ given, root, files, awaited, sought }: InterestsInit) {
    this.#files = new Set(files)
    this.#links = new Set(ancestorsOf(given).filter(isLink))
    this.#awaited = Array.from(awaited, (path) => ({ path, stem: stemOf(path) }))
    this.#places = new SoughtPlaces(sought, entryPlaces(root))
    const folders = new Set<string>()
    const added = new Set<string>()
    const add = (folder: string): void => {
      if (!added.has(folder)) addUpTo(commonFolder(folder, dirname(root)), folder, folders)
      added.add(folder)
    }
    add(root)
    for (const file of this.#files) add(dirname(file))
    for (const { path } of this.#awaited) for (const folder of [dirname(path), ...foldersIn(path)]) add(folder)
    for (const folder of this.#places.folders) add(folder)
    for (const above of this.#places.trees) for (const folder of [above, ...foldersIn(above)]) add(folder)
    for (const link of this.#links) folders.add(dirname(link))
    this.folders = folders
  }

  /** @param event `rename` where something comes, goes, or is replaced, as `fs.watch` says. */
  isOf(path: string, event: 'rename' | 'change'): boolean {
    if (this.#files.has(path) || this.#links.has(path) || this.#isAwaited(path)) return true
    return event === 'rename' && this.#places.has(path)
  }

  /**
   * Of what is in these folders, what has changed since.
   *
   * @param since milliseconds since the epoch.
   */
  changedSince(since: number, folders: readonly string[]): string | undefined {
    const looked = new Set(folders)
    const changed = (path: string): boolean => looked.has(dirname(path)) && (lookAt(path)?.ctimeMs ?? Infinity) >= since
    const came = (path: string): boolean => looked.has(dirname(path)) && lookAt(path) !== undefined
    return (
      [...this.#files].find(changed) ??
      this.#awaited.find(({ path }) => came(path))?.path ??
      folders.flatMap((folder) => entriesSince(folder, since)).find((path) => this.#places.has(path))
    )
  }

  #isAwaited(path: string): boolean {
    return this.#awaited.some(
      (it) => path === it.path || path.startsWith(`${it.stem}.`) || path.startsWith(it.path + sep),
    )
  }
}

/** What has come into a folder, or was changed there, since. */
function entriesSince(folder: string, since: number): string[] {
  const { mtimeMs = 0 } = lookAt(folder) ?? {}
  if (mtimeMs < since) return []
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => (lookAtLink(path)?.ctimeMs ?? 0) >= since)
}

/** Adds `folder` and those above it, `top` being the last. */
function addUpTo(top: string, folder: string, to: Set<string>): void {
  let highest = top
  while (lookAt(highest) === undefined) highest = dirname(highest)
  const last = parse(folder).root
  for (let at = folder; at !== last && !to.has(at); at = dirname(at)) {
    to.add(at)
    if (at === highest) return
  }
}

function commonFolder(one: string, other: string): string {
  const others = new Set(ancestorsOf(other))
  return others.has(one) ? one : (ancestorsOf(one).find((folder) => others.has(folder)) ?? parse(one).root)
}

function isLink(path: string): boolean {
  return lookAtLink(path)?.isSymbolicLink() === true
}

function foldersIn(path: string): string[] {
  const folders: string[] = []
  const left = [path]
  for (let at = left.pop(); at !== undefined && folders.length < MOST_FOLDERS; at = left.pop()) {
    if (lookAt(at)?.isDirectory() !== true) continue
    folders.push(at)
    left.push(
      ...readdirSync(at, { withFileTypes: true }).flatMap((it) =>
        it.isDirectory() ? join(at as string, it.name) : [],
      ),
    )
  }
  return folders
}
