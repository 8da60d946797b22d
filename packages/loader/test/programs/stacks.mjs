// Prints where errors of a plugin say that they are from.
import { once } from 'node:events'
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { loadPlugin } from '@uni/reload-loader'

const folder = await realpath(await mkdtemp(join(tmpdir(), 'uni-stacks-')))
const write = async (path, lines) => {
  await mkdir(dirname(join(folder, path)), { recursive: true })
  await writeFile(join(folder, path), lines.join('\n'))
}
await write('node_modules/dep/package.json', ['{ "name": "dep", "main": "dep.js" }'])
await write('node_modules/dep/dep.js', [
  '"use strict"',
  '/* ü 🎉 */ exports.fail = function failOfDependency() { if (__dirname !== "") throw new Error("in a dependency") }',
])
await write('plugin.ts', [
  "import { fail } from 'dep'",
  'interface Gone {',
  '  readonly type: string',
  '}',
  'enum Word { One = "one" }',
  'class Notes {',
  '  readonly word: Gone = { type: Word.One }',
  '  method<T>(value: T): T {',
  '    const { url }: { url: string } = import.meta; if (url) throw new Error(this.word.type)',
  '    return value',
  '  }',
  '  async later(): Promise<void> {',
  '    await null',
  '    throw new Error("later")',
  '  }',
  '}',
  'export default {',
  "  manifest: { id: 'stacks', version: '1.0.0' },",
  '  register() {},',
  '  notes: new Notes(),',
  '  fail,',
  '  timer: (): Promise<unknown> => new Promise((_, reject) => setImmediate(() => { try { fail() } catch (error) { reject(error) } })),',
  '}',
])
await write('throws.ts', ['type Gone = string', 'const a: Gone = ""', '', '    throw new Error(a)'])

await write('worker.ts', [
  "import { Worker } from 'node:worker_threads'",
  "const worker = () => new Worker(new URL('./in-worker.ts', import.meta.url))",
  "export default { manifest: { id: 'worker', version: '1.0.0' }, register() {}, worker }",
])
await write('in-worker.ts', ['interface Gone {}', 'const gone: Gone = {}', 'throw new Error("in a worker")'])

/** The first frame of each error, relative to the folder. */
const places = {}
async function placeOf(name, run) {
  try {
    await run()
  } catch (error) {
    const frame = /\((?:file:\/\/)?(\/[^)]*)\)|at (?:async )?(?:file:\/\/)?(\/\S*)/.exec(error.stack)
    places[name] = (frame?.[1] ?? frame?.[2] ?? error.stack).replace(`${folder}/`, '')
  }
}
const { plugin } = await loadPlugin(join(folder, 'plugin.ts'))
// Only what the plugin's own functions refer to keeps its source map.
for (let round = 0; round < 10; round += 1) {
  await new Promise((resolve) => setImmediate(resolve))
  globalThis.gc()
}
await placeOf('method', () => plugin.notes.method(1))
await placeOf('later', () => plugin.notes.later())
await placeOf('dependency', () => plugin.fail())
await placeOf('timer', () => plugin.timer())
await placeOf('top level', () => loadPlugin(join(folder, 'throws.ts')).catch((error) => Promise.reject(error.cause)))
await placeOf('worker', async () => {
  const { plugin } = await loadPlugin(join(folder, 'worker.ts'))
  const [error] = await once(plugin.worker(), 'error').catch((thrown) => [thrown])
  throw error
})
console.log(JSON.stringify(places))
await rm(folder, { recursive: true, force: true })
