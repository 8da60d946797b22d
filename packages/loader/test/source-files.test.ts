import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createRequire, findSourceMap } from 'node:module'
import type { PlatformPath } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import type { Worker } from 'node:worker_threads'
import { expect, it } from 'vitest'
import { loadPlugin } from '@uni/reload-loader'
import { answerOf, loadAnswer } from './fixtures/answer.js'
import { loadFailure } from './fixtures/load-failure.js'
import { hexOf } from '../src/digest.js'
import { answering, PluginFolder } from './fixtures/plugin-folder.js'

it('F1 each file is told where it lies, whatever of it is bundled', async () => {
  await using folder = await PluginFolder.of({
    'index.ts': [
      "import { inner } from './deep/inner.js'",
      "import { dep } from 'dep'",
      "import common from './deep/common.cjs'",
      'const meta: ImportMeta = import.meta',
      'const { url, filename } = import.meta',
      answering(
        '{ all: meta, url, filename, dirname: import.meta.dirname, main: import.meta.main, inner, dep, common }',
      ),
    ].join('\n'),
    'deep/inner.ts': 'export const inner = (() => [import.meta.url, import.meta.dirname, __filename])()',
    'deep/common.cjs': '"use strict"; module.exports = [__dirname, __filename, require.main === module]',
    'node_modules/dep/package.json': '{ "name": "dep", "main": "./lib/dep.js" }',
    'node_modules/dep/lib/dep.js': 'exports.dep = [__dirname, require("path").basename(__filename)]',
  })
  const { all, ...rest } = (await loadAnswer(folder.path)) as Record<string, object>
  expect(rest).toEqual({
    url: pathToFileURL(folder.at('index.ts')).href,
    filename: folder.at('index.ts'),
    dirname: folder.path,
    main: false,
    inner: [pathToFileURL(folder.at('deep/inner.ts')).href, folder.at('deep'), folder.at('deep/inner.ts')],
    dep: [folder.at('node_modules/dep/lib'), 'dep.js'],
    common: [folder.at('deep'), folder.at('deep/common.cjs'), false],
  })
  expect(all).toMatchObject({ url: rest['url'], dirname: folder.path })
})

it.each(['../src/d.ts', 'webpack://d/./src/d.ts', '100%.ts'])(
  'F1 a file that says by a source map that it was made of %s is told where it lies itself',
  async (source) => {
    const map = { version: 3, sources: [source], sourcesContent: [''], names: [], mappings: 'AAAA' }
    await using folder = await PluginFolder.of({
      'index.ts': `import { dirname } from 'd'\nimport { directory } from 'd/e.mjs'\n${answering('[dirname, directory]')}`,
      'node_modules/d/package.json': '{ "name": "d", "main": "dist/d.js" }',
      'node_modules/d/dist/d.js': 'exports.dirname = __dirname\n//# sourceMappingURL=d.js.map',
      'node_modules/d/dist/d.js.map': JSON.stringify(map),
      'node_modules/d/e.mjs': 'export const directory = import.meta.dirname\n//# sourceMappingURL=dist/d.js.map',
    })
    expect(await loadAnswer(folder.path)).toEqual([folder.at('node_modules/d/dist'), folder.at('node_modules/d')])
  },
)

it('F1 paths may have any character, in the plugin’s folder and above it', async () => {
  await using base = await PluginFolder.of({})
  const names = ['a b', '#1%41?', 'häß 日本 😀', "q'[1]{2}&$1", 'a:b']
  const found: [unknown, string | undefined][] = []
  for (const name of names) {
    await base.write({
      [`${name}/index.js`]: `import { file } from ${JSON.stringify(`./in ${name}/file.js`)}\n${answering('file')}`,
      [`${name}/in ${name}/file.js`]: 'export const file = import.meta.filename',
      [`${name}/in ${name}/throwing.js`]: '\n  throw new Error("on purpose")',
    })
    const answer = await loadAnswer(base.at(name))
    found.push([answer, (await loadFailure(loadPlugin(base.at(`${name}/in ${name}/throwing.js`)))).file])
  }
  expect(found).toEqual(
    names.map((name) => [base.at(`${name}/in ${name}/file.js`), base.at(`${name}/in ${name}/throwing.js`)]),
  )
  await base.write({ 'x*y/index.js': answering('1') })
  expect(await loadAnswer(base.at('x*y'))).toBe(1)
})

it('F1 names of its own that look like these stay', async () => {
  await using folder = await PluginFolder.of({
    'index.js': [
      "import { dirname } from 'node:path'",
      "import { fileURLToPath } from 'node:url'",
      'const __dirname = dirname(fileURLToPath(import.meta.url)) + "/own"',
      answering('[__dirname, "import.meta.url and __filename", { __filename: 1 }]'),
    ].join('\n'),
  })
  expect(await loadAnswer(folder.path)).toEqual([folder.at('own'), 'import.meta.url and __filename', { __filename: 1 }])
})

it('F1 what is resolved is resolved from the file', async () => {
  await using folder = await PluginFolder.of({
    'index.js': `import common from './deep/common.cjs'\n${answering("[import.meta.resolve('./a.txt'), import.meta.resolve('dep'), import.meta.resolve('fs'), common]")}`,
    'deep/common.cjs': "module.exports = [require.resolve('./near.js'), require.resolve.paths('x').length > 0]",
    'deep/near.js': '',
    'node_modules/dep/index.js': '',
  })
  expect(await loadAnswer(folder.path)).toEqual([
    pathToFileURL(folder.at('a.txt')).href,
    pathToFileURL(folder.at('node_modules/dep/index.js')).href,
    'node:fs',
    [folder.at('deep/near.js'), true],
  ])
})

it('F1 import.meta.resolve takes what an import would, and says what is not there as Node does', async () => {
  const exports = JSON.stringify({
    '.': { import: './i.mjs', require: './r.cjs' },
    './only': { import: './i.mjs' },
    './sync': { 'module-sync': './i.mjs', default: './r.cjs' },
  })
  await using folder = await PluginFolder.of({
    'index.js': answering('import.meta.resolve'),
    'node_modules/dual/package.json': `{ "name": "dual", "exports": ${exports} }`,
    'node_modules/dual/i.mjs': '',
    'node_modules/dual/r.cjs': '',
  })
  const resolve = (await loadAnswer(folder.path)) as (specifier: string) => string
  const native = async (specifier: string): Promise<unknown> => {
    await folder.write({ 'native.mjs': `export default import.meta.resolve(${JSON.stringify(specifier)})` })
    const program = `import(${JSON.stringify(pathToFileURL(folder.at('native.mjs')).href)}).then((it) => console.log(it.default))`
    return (await promisify(execFile)(process.execPath, ['-e', program])).stdout.trim()
  }
  for (const specifier of ['dual', 'dual/only', 'dual/sync', './nowhere.js', '../', 'fs', 'data:text/javascript,1']) {
    expect(resolve(specifier)).toBe(await native(specifier))
  }
  expect(() => resolve('nowhere')).toThrow(expect.objectContaining({ code: 'ERR_MODULE_NOT_FOUND' }))
  expect(() => resolve('dual/other')).toThrow(expect.objectContaining({ code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' }))
})

it('F1 what lies beside the source is found by its URL', async () => {
  await using folder = await PluginFolder.of({
    'index.js': `import { readFileSync } from 'node:fs'\n${answering("readFileSync(new URL('./a.txt', import.meta.url), 'utf8')")}`,
    'a.txt': 'beside',
  })
  expect(await loadAnswer(folder.path)).toBe('beside')
})

// (module (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add))
const ADD = Uint8Array.from(
  Buffer.from('0061736d0100000001070160027f7f017f030201000707010361646400000a09010700200020016a0b', 'hex'),
)

it('F2 assets are in the bundle: JSON, text, WASM, and whatever is asked for as text or bytes', async () => {
  await using folder = await PluginFolder.of({
    'index.ts': [
      "import data, { nested } from './data.json'",
      "import sql from './query.sql'",
      "import wasm from './add.wasm'",
      "import page from './page.tpl' with { type: 'text' }",
      "import image from './image.png' with { type: 'bytes' }",
      "import style from './style.css'",
      'const { add } = new WebAssembly.Instance(new WebAssembly.Module(wasm)).exports as { add(a: number, b: number): number }',
      answering(
        '{ data, nested, sql, sum: add(40, 2), page, image: Array.from(image), style, required: require("./data.json").nested }',
      ),
    ].join('\n'),
    'data.json': '{ "nested": { "value": 1 } }',
    'query.sql': 'select 1',
    'add.wasm': ADD,
    'page.tpl': '<p>ü</p>',
    'image.png': Uint8Array.of(0, 255, 128),
    'style.css': 'p { color: red }',
  })
  const loaded = await loadPlugin(folder.path)
  expect(answerOf(loaded)).toEqual({
    data: { nested: { value: 1 } },
    nested: { value: 1 },
    sql: 'select 1',
    sum: 42,
    page: '<p>ü</p>',
    image: [0, 255, 128],
    style: 'p { color: red }',
    required: { value: 1 },
  })
  expect(loaded.inputs).toContain(folder.at('add.wasm'))
})

it('F2 an asset of an unknown sort is refused, and what to do is said', async () => {
  await using folder = await PluginFolder.of({ 'index.js': `import a from './a.tpl'\n${answering('a')}`, 'a.tpl': '' })
  const error = await loadFailure(loadPlugin(folder.path))
  expect(error).toMatchObject({ code: 'BUNDLE', file: folder.at('index.js'), line: 1, column: 15 })
  expect(error.hint).toMatch(/type: 'text'/)
})

it('F3 a native addon stays where it is, works, and is told', async () => {
  const lmdb = createRequire(import.meta.url).resolve('@lmdb/lmdb-linux-x64', {
    paths: [createRequire(import.meta.url).resolve('lmdb')],
  })
  await using folder = await PluginFolder.of({
    'index.js': `import addon from './binding/native.node'\nimport { open } from './computed.cjs'\n${answering('[typeof addon, addon === open("./binding/native.node"), async (name) => (await import(name)).default === addon]')}`,
    'computed.cjs': 'const { join } = require("path"); exports.open = (path) => require(join(__dirname, path))',
    'binding/native.node': await readFile(lmdb.replace(/index\.js$/, 'node.napi.glibc.node')),
  })
  const loaded = await loadPlugin(folder.path)
  const [type, isSame, isImported] = answerOf(loaded) as [string, boolean, (name: string) => Promise<boolean>]
  expect([type, isSame, await isImported('./binding/native.node')]).toEqual(['object', true, true])
  expect(loaded.externals).toContainEqual({ kind: 'addon', name: 'binding/native.node' })
})

it('F4 what is required by a name that is computed is refused when it runs, unless it is Node’s', async () => {
  await using folder = await PluginFolder.of({
    'index.cjs': `const load = (name) => require(name)\nmodule.exports = ${/\{.*\}/.exec(answering('load'))?.[0]}`,
    'other.js': '',
  })
  const load = (await loadAnswer(folder.path)) as (name: string) => unknown
  expect(load('node:path')).toBe(createRequire(import.meta.url)('node:path'))
  expect(() => load('node:nowhere')).toThrow(/^No such built-in module: node:nowhere$/)
  expect(() => load('./other.js')).toThrow(
    /Cannot find module '\.\/other\.js': it is not in the plugin's bundle, as its name is not known/,
  )
})

it('F4 what is imported by a name that is computed is refused when it runs, unless it is Node’s or an addon', async () => {
  await using folder = await PluginFolder.of({
    'index.ts': `import { load } from './deep/load.js'\nexport * from './deep/load.js'\n${answering('load')}`,
    'deep/load.ts': [
      "export const text = 'import(name)', expression = /import(name)/, template = `import(${text})`",
      'export const load = (name: unknown) => /* why */ import(',
      '  name as string,',
      "  { with: { type: 'json' } },",
      ')',
    ].join('\n'),
    'deep/near.mjs': '',
  })
  const load = (await loadAnswer(folder.path)) as (name: unknown) => Promise<{ default: unknown }>
  expect((await load('node:path')).default).toBe(createRequire(import.meta.url)('node:path'))
  await expect(load('./near.mjs')).rejects.toThrow(
    `Cannot find module './near.mjs' imported from ${folder.at('deep/load.ts')}: it is not in the plugin's bundle`,
  )
  await expect(load(pathToFileURL(folder.at('deep/near.mjs')))).rejects.toMatchObject({ code: 'ERR_MODULE_NOT_FOUND' })
  await expect(load(Symbol('no name'))).rejects.toThrow('Symbol(no name)')
})

it('F1 a worker in JavaScript is run where it lies, and one that Node does not run is refused with its place', async () => {
  const starting = (file: string): string =>
    [
      "import * as threads from 'node:worker_threads'",
      `const start = () => new threads.Worker(new URL('./${file}', import.meta.url))`,
      answering('start'),
    ].join('\n')
  await using folder = await PluginFolder.of({
    'index.ts': starting('w.mjs'),
    'w.mjs': "import { parentPort } from 'node:worker_threads'\nparentPort.postMessage(import.meta.url)",
  })
  const start = (await loadAnswer(folder.path)) as () => Worker
  expect(await once(start(), 'message')).toEqual([pathToFileURL(folder.at('w.mjs')).href])
  await folder.write({ 'index.ts': starting('w.tsx'), 'w.tsx': '' })
  const error = await loadFailure(loadPlugin(folder.path))
  expect(error).toMatchObject({ code: 'BUNDLE', file: folder.at('index.ts'), line: 2, column: 21 })
  expect(error.message).toMatch(/a worker begins with "\.\/w\.tsx", which Node runs as it lies there\. Use Node 22/)
})

it('F4 what is imported later is in the bundle, and a pattern of names takes each file that has one', async () => {
  await using folder = await PluginFolder.of({
    'index.js': answering(
      '{ later: () => import("./later.js"), word: (name) => import(`./words/${name}.js`), node: () => import("node:path") }',
    ),
    'later.js': 'export const value = 1',
    'words/one.js': 'export default "un"',
    'words/two.js': 'export default "deux"',
  })
  const loaded = await loadPlugin(folder.path)
  const { later, word, node } = answerOf(loaded) as {
    later(): Promise<{ value: number }>
    word(name: string): Promise<{ default: string }>
    node(): Promise<PlatformPath>
  }
  expect((await later()).value).toBe(1)
  expect((await word('two')).default).toBe('deux')
  expect((await node()).sep).toBe('/')
  expect(loaded.inputs).toContain(folder.at('words/one.js'))
  expect(loaded.externals).toEqual([{ kind: 'node', name: 'node:path' }])
})

it('M1 Node keeps of a source map where places are, and not what is in the sources', async () => {
  await using folder = await PluginFolder.of({ 'index.ts': answering('42 as number') })
  const { digest } = await loadPlugin(folder.path)
  const payload = findSourceMap(folder.at(`${hexOf(digest)}.cjs`))?.payload
  expect(payload).toMatchObject({ sources: [pathToFileURL(folder.at('index.ts')).href] })
  expect(payload).not.toHaveProperty('sourcesContent')
})
