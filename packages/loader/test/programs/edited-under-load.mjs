// A host that serves queries all the while, and a plugin whose source is edited again and again. Says what came of it.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { ASYNC_DISPOSE, DISPOSE, PluginHost } from '@uni/reload-core'
import { scalarFn, scalarFnHandoff } from '@uni/reload-core/surfaces'
import { loadPlugin } from '@uni/reload-loader'

const EDITS = Number(process.argv[2])
/**
 * Then, where the heap is to be looked at, the plugin is reloaded while nothing else is done: so often until the heap has
 * settled, and so often between two looks at it.
 */
const [SETTLING, MEASURED] = process.argv[3] === 'measured' ? [50, 100] : [0, 0]
/** What nothing refers to is gone after a few rounds. */
const ROUNDS = 50
/** The heap is what is left when so many rounds in a row have freed nothing. */
const IN_A_ROW = 5

const folder = await mkdtemp(join(tmpdir(), 'uni-edited-'))
const write = async (path, text) => {
  await mkdir(join(folder, path, '..'), { recursive: true })
  await writeFile(join(folder, path), text)
}
await write('package.json', '{ "name": "edited", "version": "1.0.0", "uni": { "entry": "./src/index.ts" } }')
await write('node_modules/adder/package.json', '{ "name": "adder", "main": "adder.js" }')
await write('node_modules/adder/adder.js', 'exports.folder = __dirname; exports.add = (a, b) => a + b')
const FUNCTIONS = Array.from(
  { length: 200 },
  (_, at) => `  (value: number): string => 'function ${at} of ' + (value + ${at}),`,
)

/** Each version fails on a line of its own. */
const failsOn = (version) => 6 + FUNCTIONS.length + (version % 7)
async function edit(version) {
  await write('src/version.ts', `export const version: number = ${version}\n`)
  await write(
    'src/index.ts',
    [
      "import { add } from 'adder'",
      "import { version } from './version.js'",
      'interface Registrar { provide(surface: unknown, provider: object): void }',
      `const functions = [\n${FUNCTIONS.join('\n')}\n]`,
      ...Array.from({ length: version % 7 }, () => ''),
      'function fail(): never { throw new Error(`version ${version} fails`) }',
      'const data = Array.from({ length: 12_500 }, (_, at) => at + 0.5 + version)',
      "import { scalarFn } from '@uni/reload-core/surfaces'",
      'export default {',
      '  register(registrar: Registrar): void {',
      "    registrar.provide(scalarFn, { name: 'version', call: () => add(version, functions.length - 200 + data.length - 12_500) })",
      "    registrar.provide(scalarFn, { name: 'fail', call: () => fail() })",
      '  },',
      '}',
    ].join('\n'),
  )
}

let served = -1
const ended = new AbortController()
let queries = 0
const wrong = []
async function query(host) {
  while (!ended.signal.aborted) {
    const lease = host.capture()
    const version = Number(lease.get(scalarFn, 'version').call())
    // A query sees the version that serves, or the one that has been replaced by the time it is done.
    await turn()
    if (Number(lease.get(scalarFn, 'version').call()) !== version) wrong.push(`a lease saw two versions`)
    if (version < served) wrong.push(`version ${version} was served after ${served}`)
    served = version
    lease[DISPOSE]()
    queries += 1
  }
}

async function collected(done) {
  for (let round = 0; round < ROUNDS && !done(); round += 1) {
    await turn()
    globalThis.gc()
  }
}
async function heldBytes() {
  let least = Infinity
  for (let inARow = 0; inARow < IN_A_ROW;) {
    await turn()
    globalThis.gc()
    const { heapUsed, external } = process.memoryUsage()
    inARow = heapUsed + external < least ? 0 : inARow + 1
    least = Math.min(least, heapUsed + external)
  }
  return least
}

const host = new PluginHost({ strategies: [scalarFnHandoff()] })
const versions = []
const load = async (version) => {
  await edit(version)
  const { plugin } = await loadPlugin(folder)
  versions.push(new WeakRef(plugin))
  return plugin
}
let handle = await host.add(await load(0))
const querying = [query(host), query(host)]
async function reload(version) {
  const result = await host.reload(handle, await load(version))
  handle = result.handle
  await result.finalized
}
for (let version = 1; version <= EDITS; version += 1) {
  await reload(version)
  const lease = host.capture()
  if (Number(lease.get(scalarFn, 'version').call()) !== version) wrong.push(`version ${version} does not serve`)
  try {
    lease.get(scalarFn, 'fail').call()
  } catch (error) {
    const at = `${join(folder, 'src/index.ts')}:${failsOn(version)}:32`
    if (!error.stack.includes(at)) wrong.push(`expected ${at}, and got ${error.stack}`)
  }
  lease[DISPOSE]()
}
ended.abort()
await Promise.all(querying)

async function reloadThrough(last) {
  for (let version = versions.length; version <= last; version += 1) await reload(version)
  return await heldBytes()
}
const settled = await reloadThrough(EDITS + SETTLING)
const grown = (await reloadThrough(EDITS + SETTLING + MEASURED)) - settled
const retained = MEASURED === 0 ? undefined : Math.round(grown / MEASURED)
const alive = () => versions.filter((version) => version.deref() !== undefined).length
await collected(() => alive() <= 1)
console.log(JSON.stringify({ wrong: wrong.slice(0, 3), alive: alive(), retained, queries }))
await host[ASYNC_DISPOSE]()
await rm(folder, { recursive: true, force: true })
