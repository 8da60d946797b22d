import { build } from 'esbuild'

/**
 * Absolute paths of the files that a build reads, also where it fails: what is wrong in one of them may be mended in
 * another.
 */
export async function involvedFiles(entry: string): Promise<readonly string[]> {
  const files = new Set<string>()
  await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: 'node',
    packages: 'external',
    logLevel: 'silent',
    plugins: [
      {
        name: 'involved files',
        setup({ onLoad }) {
          onLoad({ filter: /(?:)/ }, ({ path, namespace }) => {
            if (namespace === 'file') files.add(path)
            return undefined
          })
        },
      },
    ],
  }).catch(() => {})
  return [...files]
}
