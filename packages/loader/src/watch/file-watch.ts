import { watch, type FSWatcher } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { lookAt } from '../look-at.js'
import { isNothingThere } from '../nothing-there.js'
import type { Interests } from './interests.js'

export interface FileWatchInit {
  /** Told of each file that may have changed: an event says no more than that. */
  readonly onChange: (path: string) => void
  readonly onUnwatched: (folder: string, error: unknown) => void
}

/**
 * Watches folders, for what is of interest in them. Files are not watched themselves: an editor that saves by rename,
 * or a checkout, replaces them. A folder that is replaced is noticed by the one above it, and watched anew with all
 * that is below it.
 */
export class FileWatch {
  readonly #init: FileWatchInit
  readonly #watchers = new Map<string, FSWatcher>()
  readonly #unwatchable = new Set<string>()
  #interests: Interests | undefined

  constructor(init: FileWatchInit) {
    this.#init = init
  }

  /**
   * Watches this, and nothing else. What is watched already stays watched without a gap.
   *
   * @returns the folders that are watched from now on, and were not before.
   */
  follow(interests: Interests): readonly string[] {
    this.#interests = interests
    for (const folder of this.#watchers.keys()) if (!interests.folders.has(folder)) this.#drop(folder)
    return this.#open()
  }

  close(): void {
    this.#interests = undefined
    for (const folder of this.#watchers.keys()) this.#drop(folder)
  }

  /** From the top down: what is made below a folder after that is watched is told of. */
  #open(): readonly string[] {
    const missing = [...(this.#interests?.folders ?? [])].filter((folder) => !this.#watchers.has(folder))
    return missing.toSorted().filter((folder) => this.#watch(folder))
  }

  #watch(folder: string): boolean {
    try {
      // Many are waited for, each of which would cost an error.
      if (lookAt(folder) === undefined) return false
      const watcher = watch(folder, (event, name) => {
        this.#heard(folder, event, name)
      })
      watcher.on('error', () => {
        // Where the folder itself is removed, on Windows.
        this.#replaced(folder)
      })
      this.#watchers.set(folder, watcher)
      this.#unwatchable.delete(folder)
      return true
    } catch (error) {
      if (!isNothingThere(error) && !this.#unwatchable.has(folder)) {
        this.#unwatchable.add(folder)
        this.#init.onUnwatched(folder, error)
      }
      return false
    }
  }

  #heard(folder: string, event: 'rename' | 'change', name: string | null): void {
    const interests = this.#interests
    if (interests === undefined || !this.#watchers.has(folder)) return
    // It may be any, or the folder itself.
    if (name === null) {
      this.#replaced(folder)
      return
    }
    const path = join(folder, name)
    if (interests.folders.has(path)) {
      if (event === 'rename') this.#replaced(path)
    } else if (interests.isOf(path, event)) {
      this.#init.onChange(path)
    }
  }

  #replaced(folder: string): void {
    for (const watched of this.#watchers.keys()) {
      if (watched === folder || isBelow(watched, folder)) this.#drop(watched)
    }
    this.#open()
    this.#init.onChange(folder)
  }

  #drop(folder: string): void {
    this.#watchers.get(folder)?.close()
    this.#watchers.delete(folder)
  }
}

function isBelow(path: string, folder: string): boolean {
  for (let above = dirname(path); basename(above) !== ''; above = dirname(above)) if (above === folder) return true
  return false
}
