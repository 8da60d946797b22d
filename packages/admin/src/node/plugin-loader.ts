import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { isAbsolute, join, relative, resolve } from 'node:path'
import type { Plugin } from '@uni/reload-core'
import { loadPlugin, type LoadOptions } from '@uni/reload-loader'
import type { PluginSource } from '../admin-options.js'
import { RequestProblem } from '../problem.js'

export interface PluginLoaderOptions {
  /** The folder below which paths may be named. */
  readonly folder: string
  /** Those of `loadPlugin`: `store`, `shared`, `trust` and the rest. */
  readonly load?: LoadOptions | undefined
}

/** Loads plugins that callers name or send. A path that leads out of the folder, by `..` or a link, is refused. */
export function pluginLoader({ folder, load }: PluginLoaderOptions) {
  return async (source: PluginSource, signal: AbortSignal): Promise<Plugin> => {
    if (source.kind === 'path') {
      return (await loadPlugin(await below(folder, source.path), { ...load, signal })).plugin
    }
    const directory = await mkdtemp(join(tmpdir(), 'plugin-'))
    try {
      const file = join(directory, 'plugin.tgz')
      await writeFile(file, source.bytes, { mode: 0o600 })
      return (await loadPlugin(file, { ...load, signal })).plugin
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  }
}

async function below(folder: string, path: string): Promise<string> {
  const refused = new RequestProblem(400, `"${path}" is not below the folder of plugins.`)
  const root = await realpath(folder)
  const file = await realpath(resolve(root, path)).catch(() => {
    throw isOutside(root, resolve(root, path)) ? refused : new RequestProblem(404, `There is no "${path}".`)
  })
  if (isOutside(root, file)) throw refused
  return file
}

function isOutside(root: string, file: string): boolean {
  const path = relative(root, file)
  return path === '' || path.startsWith('..') || isAbsolute(path)
}
