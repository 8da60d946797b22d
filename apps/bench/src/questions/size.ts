import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress, gzip } from 'node:zlib'
import { build } from 'esbuild'
import { spreadOf, type Result } from '../result.js'

const PACKAGES = new URL('../../../packages/', import.meta.url)
/** What is not installed to be run by a host. */
const NOT_SHIPPED = ['./testing', './package.json']
/** What a host has anyway; and what no page loads. */
const LEFT_OUT = ['@uni/reload-core', 'apache-arrow', 'chokidar', 'esbuild', 'tar']
const ON_NODE = /\/node$|^@uni\/reload-loader/
const BUDGETS = new URL('../../../.size-limit.json', import.meta.url)

interface Budget {
  readonly name: string
  readonly limit: string
}

/** What a page has to load, minified and compressed, dependencies included and peers not. The budgets are of brotli. */
export async function* size(): AsyncGenerator<Result> {
  const budgets = JSON.parse(await readFile(BUDGETS, 'utf8')) as readonly Budget[]
  const packages = (await readdir(PACKAGES)).map((folder) => `@uni/reload-${folder}`)
  for (const entry of (await Promise.all(packages.map(entriesOf))).flat()) {
    const id = `size/${entry.replace('@uni/reload-', '')}`
    const bundle = await bundleOf(entry)
    const gzipped = await promisify(gzip)(bundle, { level: 9 })
    yield sized(`${id}/gzip`, `${entry}, minified and compressed with gzip, without its peers`, gzipped, null)
    yield sized(
      id,
      'The same, compressed with brotli',
      await promisify(brotliCompress)(bundle),
      limitOf(budgets.find(({ name }) => name === entry)),
    )
  }
}

function sized(id: string, question: string, { byteLength }: Uint8Array, limit: number | null): Result {
  return {
    id,
    question,
    unit: 'bytes',
    ours: spreadOf([byteLength]),
    peers: [],
    rounds: 1,
    ratio: limit === null ? null : byteLength / limit,
    limit,
    limitOf: 'ours',
  }
}

/** Such as `@uni/reload-core/surfaces`. */
async function entriesOf(name: string): Promise<string[]> {
  const manifest = JSON.parse(await readFile(fileURLToPath(import.meta.resolve(`${name}/package.json`)), 'utf8')) as {
    exports: Record<string, unknown>
  }
  return Object.keys(manifest.exports)
    .filter((path) => !NOT_SHIPPED.includes(path))
    .map((path) => `${name}${path.slice(1)}`)
}

async function bundleOf(entry: string): Promise<Uint8Array> {
  const {
    outputFiles: [bundle],
  } = await build({
    entryPoints: [fileURLToPath(import.meta.resolve(entry))],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    logLevel: 'error',
    platform: ON_NODE.test(entry) ? 'node' : 'browser',
    external: LEFT_OUT.filter((peer) => !entry.startsWith(peer)),
  })
  if (bundle === undefined) throw new Error(`${entry} was bundled into nothing`)
  return bundle.contents
}

/** Such as `24 kB`. */
function limitOf(budget: Budget | undefined): number | null {
  if (budget === undefined) return null
  const [amount, unit] = budget.limit.split(' ')
  if (unit !== 'kB') throw new Error(`the budget of ${budget.name} is in ${unit}, expected kB`)
  return Number(amount) * 1000
}
