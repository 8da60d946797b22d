import { foldedName, nameProblem } from './entry-name.js'
import { archiveError, quoted } from './archive-error.js'

export interface PackageFile {
  readonly content: Buffer
  readonly executable: boolean
}

/** The files of an archive, by their paths in the one folder that it has, collected entry by entry. */
export class PackageTree {
  readonly #archive: string
  readonly #most: number
  readonly #files = new Map<string, PackageFile>()
  /** What each name is, by how file systems may fold it. */
  readonly #names = new Map<string, { readonly name: string; readonly is: 'file' | 'folder' | 'parent' }>()
  #root: string | undefined
  #entries = 0

  constructor(archive: string, mostEntries: number) {
    this.#archive = archive
    this.#most = mostEntries
  }

  get files(): ReadonlyMap<string, PackageFile> {
    return this.#files
  }

  /** @throws LoadError `ARCHIVE` where it must not be there. Called before its content is read. */
  announce(name: string, is: 'file' | 'folder'): void {
    this.#entries += 1
    if (this.#entries > this.#most) throw archiveError(this.#archive, `it has more than ${this.#most} entries`)
    const problem = nameProblem(name)
    if (problem !== undefined) throw this.#refused(name, problem)
    const segments = name.replace(/\/$/, '').split('/')
    const root = segments[0] as string
    this.#root ??= root
    if (root !== this.#root)
      throw this.#refused(name, `is not in the folder ${quoted(this.#root)}, as the first one is`)
    if (segments.length === 1 && is === 'file') throw this.#refused(name, 'is in no folder')
    for (let depth = 1; depth < segments.length; depth += 1) this.#take(segments.slice(0, depth).join('/'), 'parent')
    this.#take(segments.join('/'), is)
  }

  add(name: string, file: PackageFile): void {
    this.#files.set(name.slice(name.indexOf('/') + 1), file)
  }

  #take(name: string, is: 'file' | 'folder' | 'parent'): void {
    const folded = foldedName(name)
    const there = this.#names.get(folded)
    if (there === undefined) {
      this.#names.set(folded, { name, is })
      return
    }
    if (there.name !== name) {
      throw this.#refused(name, `has the name of ${quoted(there.name)} where neither case nor composition counts`)
    }
    if ((is === 'file') !== (there.is === 'file')) throw this.#refused(name, 'is both a file and a folder')
    if (is === 'parent') return
    if (there.is !== 'parent') throw this.#refused(name, 'is there twice')
    this.#names.set(folded, { name, is })
  }

  #refused(name: string, problem: string): Error {
    return archiveError(this.#archive, `entry ${quoted(name)} ${problem}`)
  }
}
