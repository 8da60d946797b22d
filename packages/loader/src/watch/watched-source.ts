import { join } from 'node:path'
import { findSource } from '../bundle/plugin-source.js'
import type { BuiltBundle } from '../plugin-loader.js'
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
  #root: string
  /** Of the last bundle that could be made. */
  #inputs: readonly string[] = []

  constructor(init: WatchedSourceInit) {
    this.#init = init
    this.#files = new FileWatch(init)
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
      const bundle = await this.#init.bundle()
      this.#root = bundle.root
      this.#inputs = bundle.inputs
      // A packed plugin is the file that was given; its inputs are in the store.
      this.#follow([this.#init.path, ...bundle.inputs], [], since)
      return bundle
    } catch (error) {
      const involved = await this.#involved()
      const { files, awaited } = saidOfFiles(error, this.#root)
      this.#follow([...this.#inputs, ...involved, ...files], [this.#init.path, ...awaited], since)
      throw error
    }
  }

  close(): void {
    this.#files.close()
  }

  #follow(files: readonly string[], awaited: readonly string[], since: number): void {
    const interests = new Interests({ given: this.#init.path, root: this.#root, files, awaited })
    const opened = this.#files.follow(interests)
    const changed = interests.changedSince(since, opened)
    if (changed !== undefined) this.#init.onChange(changed)
  }

  async #involved(): Promise<readonly string[]> {
    try {
      const { root, entry, packageJson } = findSource(this.#init.path)
      this.#root = root
      return [...(packageJson === undefined ? [] : [packageJson.file]), ...(await involvedFiles(entry))]
    } catch {
      // It is not there, or does not say what it begins with.
      return [join(this.#root, 'package.json')]
    }
  }
}
