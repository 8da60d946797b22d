import { dirname, sep } from 'node:path'
import { build } from 'esbuild'
import { ConfigurationSearch } from '../bundle/configuration.js'
import { GuardOfAll } from '../bundle/guard.js'
import { NearestPackage } from '../bundle/nearest-package.js'
import { noteImport, type Sought } from '../bundle/sought.js'

/** What a build that fails has read, and what it has looked for. */
export interface Involved {
  /** Absolute paths of files, but for those in packages that are installed. */
  readonly files: readonly string[]
  readonly sought: Sought
}

/**
 * The files that a build reads, also where it fails: what is wrong in one of them may be mended in another, or in one
 * that is not there yet.
 *
 * @param root absolute path of the plugin's folder.
 * @param entry absolute path of the file that it begins with.
 */
export async function involvedFiles(root: string, entry: string): Promise<Involved> {
  const files = new Set<string>()
  const imports = new Map<string, Set<string>>()
  await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: 'node',
    logLevel: 'silent',
    plugins: [
      new GuardOfAll(root).plugin,
      {
        name: 'involved files',
        setup({ onLoad, onResolve }) {
          onResolve({ filter: /(?:)/ }, ({ path, resolveDir, kind }) => {
            if (kind !== 'entry-point') noteImport(imports, resolveDir, path)
            return undefined
          })
          onLoad({ filter: /(?:)/ }, ({ path, namespace }) => {
            if (namespace !== 'file') return undefined
            if (path.includes(`${sep}node_modules${sep}`)) return { contents: '' }
            files.add(path)
            return undefined
          })
        },
      },
    ],
  }).catch(() => {})
  const folders = new Set([...files].map((file) => dirname(file)))
  const configuration = await new ConfigurationSearch(root).of(folders, new NearestPackage())
  return {
    files: [...files, ...configuration.files],
    sought: { imports, patterns: new Set(), configuration },
  }
}
