import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Plugin } from 'esbuild'
import { ancestorsOf } from '../ancestors.js'
import { isFile } from '../look-at.js'
import { placesOf } from './places-of.js'
import { pathsExtended } from './tsconfig.js'
import { endReadersOf, refuseUnreadable, whyUnreadable } from './unreadable.js'

/** Files that esbuild reads wherever it looks for something, with what they extend. */
const CONFIGURATION = ['package.json', 'tsconfig.json', 'jsconfig.json']

/** Devices, and what else a system has in the place of files: what a link in a plugin may lead to. */
const OF_SYSTEM = String.raw`^/dev/(?:[^/]+|(?:fd|pts)/.*)$|^/(?:proc|sys)/`

/**
 * Refuses what would be read without end, or is too large, or is no file, where that can be told by its name: links to
 * devices, assets, and addresses in the network. To ask for each file would take longer than esbuild.
 *
 * @param extensions of assets, such as `.txt`.
 */
export function guardOfNames(extensions: readonly string[]): Plugin {
  const assets = extensions.map((extension) => extension.slice(1)).join('|')
  const filter = new RegExp(String.raw`${OF_SYSTEM}|\.(?:${assets})$`)
  return {
    name: 'uni-guard-of-names',
    setup(build) {
      build.onResolve({ filter: /^https?:\/\// }, ({ path }) => {
        return { errors: [{ text: `Could not resolve "${path}": a plugin is made of files` }] }
      })
      build.onLoad({ filter, namespace: 'file' }, ({ path }) => {
        refuseUnreadable(path)
        return undefined
      })
    },
  }
}

/** Refuses all that esbuild would wait for, or read without end, before it does. */
export class GuardOfAll {
  readonly plugin: Plugin
  /** Absolute paths. */
  readonly #refused = new Set<string>()

  /** @param root absolute path of the plugin's folder. */
  constructor(root: string) {
    this.plugin = {
      name: 'uni-guard-of-all',
      setup: (build) => {
        for (const folder of ancestorsOf(root)) this.#lookAround(folder)
        build.onResolve({ filter: /^/ }, ({ path, resolveDir }) => {
          for (const place of placesOf(path, resolveDir)) {
            this.#lookAround(dirname(place))
            this.#lookAround(place)
          }
          return undefined
        })
        build.onLoad({ filter: /^/, namespace: 'file' }, ({ path }) => {
          this.#lookAt(path)
          for (const map of mapsOf(path)) this.#lookAt(map)
          return undefined
        })
      },
    }
  }

  /** Has builds that wait for what was refused come to an end. */
  endOthers(): void {
    for (const path of this.#refused) endReadersOf(path)
  }

  #lookAround(folder: string): void {
    for (const name of CONFIGURATION) for (const path of pathsExtended(join(folder, name))) this.#lookAt(path)
  }

  #lookAt(path: string): void {
    if (whyUnreadable(path) !== undefined) this.#refused.add(path)
    refuseUnreadable(path)
  }
}

/** The source maps that a file says to have, in files of their own: absolute paths. */
function mapsOf(path: string): string[] {
  if (!isFile(path)) return []
  const urls = readFileSync(path, 'latin1').matchAll(/sourceMappingURL=([^\s'"]+)/g)
  return Array.from(urls, ([, url]) => resolve(dirname(path), url as string))
}
