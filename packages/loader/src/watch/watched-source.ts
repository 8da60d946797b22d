import { join } from 'node:path'
import { isPacked } from '../archive/open-package.js'
import { findSource } from '../bundle/plugin-source.js'
import type { Sought } from '../bundle/sought.js'
import type { BuiltBundle } from '../plugin-loader.js'
import { signatureOf } from '../trust/read-signature.js'
import { FileWatch, type FileWatchInit } from './file-watch.js'
import { saidOfFiles } from './absent.js'
import { Interests } from './interests.js'
import { involvedFiles } from './involved-files.js'

export interface WatchedSourceInit extends FileWatchInit {
  /** As it was given, absolute. */
  readonly path: string
  readonly bundle: () => Promise<BuiltBundle>
}

/** File systems date a change with a clock that is a few milliseconds late. */
const LATE_MS = 20

/** The files of a plugin: bundles them, and watches those that the bundle was made of, or that it lacks. */
export class WatchedSource {
  readonly #init: WatchedSourceInit
  readonly #files: FileWatch
  /** What is looked at beside the sources: the path that was given, and the signature of a packed plugin. */
  readonly #given: readonly string[]
  #root: string
  /** Of the last bundle that could be made. */
  #made: { readonly inputs: readonly string[]; readonly sought: readonly Sought[] } = { inputs: [], sought: [] }

  constructor(init: WatchedSourceInit) {
    this.#init = init
    this.#files = new FileWatch(init)
    this.#given = isPacked(init.path) ? [init.path, signatureOf(init.path)] : [init.path]
    this.#root = init.path
  }

  /**
   * Bundles the plugin. When this settles, each change from the beginning of the bundling on is told of, or was.
   *
   * @throws LoadError
   */
  async bundle(): Promise<BuiltBundle> {
    const since = Date.now() - LATE_MS
    try {
      const built = await this.#init.bundle()
      const { root, inputs } = built.bundle
      this.#root = root
      this.#made = { inputs, sought: [built.sought] }
      // A packed plugin is the file that was given; its inputs are in the store.
      this.#follow([...this.#given, ...inputs], [], [built.sought], since)
      return built
    } catch (error) {
      const { files: involved, sought } = await this.#involved()
      const { files, awaited } = saidOfFiles(error, this.#root)
      this.#follow(
        [...this.#made.inputs, ...involved, ...files],
        [...this.#given, ...awaited],
        [...this.#made.sought, ...sought],
        since,
      )
      throw error
    }
  }

  close(): void {
    this.#files.close()
  }

  #follow(files: readonly string[], awaited: readonly string[], sought: readonly Sought[], since: number): void {
    const interests = new Interests({ given: this.#init.path, root: this.#root, files, awaited, sought })
    const opened = this.#files.follow(interests)
    const changed = interests.changedSince(since, opened)
    if (changed !== undefined) this.#init.onChange(changed)
  }

  async #involved(): Promise<{ readonly files: readonly string[]; readonly sought: readonly Sought[] }> {
    try {
      const { root, entry } = findSource(this.#init.path)
      this.#root = root
      const { files, sought } = await involvedFiles(root, entry)
      return { files, sought: [sought] }
    } catch {
      // It is not there, or does not say what it begins with.
      return { files: [join(this.#root, 'package.json')], sought: [] }
    }
  }
}
