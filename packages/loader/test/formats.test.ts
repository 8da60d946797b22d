import { pathToFileURL } from 'node:url'
import { expect, it } from 'vitest'
import { PluginHost } from '@uni/reload-core'
import { loadPlugin } from '@uni/reload-loader'
import { bundlePlugin } from '../src/bundle/bundle-plugin.js'
import { findSource } from '../src/bundle/plugin-source.js'
import { SharedPackages } from '../src/shared/shared-packages.js'
import { answerOf, loadAnswer } from './fixtures/answer.js'
import { answering, PluginFolder } from './fixtures/plugin-folder.js'
import { loadFailure } from './fixtures/load-failure.js'

const COMMON =
  "module.exports = { manifest: { id: 'a', version: '1.0.0' }, register() {}, answer: require('./other.cjs') }"

it.each<[format: string, entry: string, text: string]>([
  ['ESM', 'plugin.mjs', `import { other } from './other.mjs'\n${answering('other')}`],
  [
    'TypeScript',
    'plugin.ts',
    `import { other } from './other.js'\nenum N { A = 41 }\n${answering('(N.A as number) + 1 + (other - 42)')}`,
  ],
  ['CommonJS', 'plugin.cjs', COMMON],
  [
    'CommonJS in TypeScript',
    'plugin.cts',
    `const other: number = require('./other.cjs')\nmodule.exports = ${/\{.*\}/.exec(answering('other'))?.[0]}`,
  ],
  [
    'CommonJS made of an ES module',
    'plugin.cjs',
    `Object.defineProperty(exports, '__esModule', { value: true })\nexports.${answering('require("./other.cjs")').replace('export default', 'default =')}`,
  ],
  [
    'a named export',
    'plugin.js',
    `import { other } from './other.mjs'\n${answering('other').replace('export default', 'export const plugin =')}`,
  ],
  ['ESM that takes CommonJS', 'plugin.mjs', `import other from './other.cjs'\n${answering('other')}`],
  ['CommonJS that takes ESM', 'plugin.cjs', COMMON.replace("require('./other.cjs')", "require('./other.mjs').other")],
  [
    'a program for the shell',
    'plugin.js',
    `#!/usr/bin/env node\nimport { other } from './other.mjs'\n${answering('other')}`,
  ],
])('B1 a file is a plugin: %s', async (_, entry, text) => {
  await using folder = await PluginFolder.of({
    [entry]: text,
    'other.mjs': 'export const other = 42',
    'other.ts': 'export const other: number = 42',
    'other.cjs': 'module.exports = 42',
  })
  const loaded = await loadPlugin(folder.at(entry))
  expect(answerOf(loaded)).toBe(42)
  expect(loaded.file).toBe(folder.at(entry))
  const host = new PluginHost({ strategies: [] })
  expect((await host.add(loaded.plugin)).generation).toBe(0)
  await host[Symbol.asyncDispose]()
})

it.each<[says: string, files: Record<string, string>]>([
  [
    'uni.entry',
    {
      'package.json':
        '{ "name": "answering", "version": "1.0.0", "main": "no.js", "uni": { "entry": "./src/main.ts" } }',
      'src/main.ts': answering('1'),
    },
  ],
  [
    'exports',
    {
      'package.json':
        '{ "name": "a", "exports": { ".": { "types": "./a.d.ts", "import": "./a.mjs", "require": "./a.cjs" } } }',
      'a.mjs': answering('1'),
    },
  ],
  ['exports, as a text', { 'package.json': '{ "name": "a", "exports": "./a.mjs" }', 'a.mjs': answering('1') }],
  ['main', { 'package.json': '{ "name": "a", "main": "./lib/a.js" }', 'lib/a.js': answering('1') }],
  ['nothing, with a package.json', { 'package.json': '{ "type": "module" }', 'index.ts': answering('1') }],
  ['nothing at all', { 'index.js': answering('1') }],
])('B1 a folder is a plugin, whose package.json says where it begins by %s', async (_, files) => {
  await using folder = await PluginFolder.of(files)
  expect(await loadAnswer(folder.path)).toBe(1)
})

it('B1 a path may be a URL', async () => {
  await using folder = await PluginFolder.of({ 'a b.js': answering('1') })
  expect(await loadAnswer(pathToFileURL(folder.at('a b.js')).href)).toBe(1)
  expect(answerOf(await loadPlugin(pathToFileURL(folder.at('a b.js'))))).toBe(1)
})

it.each(['', new URL('https://example.com/a.js'), undefined])('V2 %o is no path', async (path) => {
  await expect(loadPlugin(path as string)).rejects.toThrow(/^path of a plugin: expected a path or a file: URL/)
})

it('B1 a folder that does not say where it begins is refused, and so is one that says what there is not', async () => {
  await using folder = await PluginFolder.of({ 'other.js': answering('1') })
  expect(await loadFailure(loadPlugin(folder.path))).toMatchObject({ code: 'NOT_FOUND', file: folder.path })
  await folder.write({ 'package.json': '{ "main": "./dist/index.js" }' })
  expect((await loadFailure(loadPlugin(folder.path))).message).toMatch(
    /main is "\.\/dist\/index\.js", and there is no such file/,
  )
  await folder.write({ 'package.json': '{ "main": "../other.js" }' })
  expect(await loadFailure(loadPlugin(folder.path))).toMatchObject({
    code: 'MANIFEST',
    file: folder.at('package.json'),
  })
  await folder.write({ 'package.json': '{ "exports": { "./a": "./a.js" } }' })
  expect((await loadFailure(loadPlugin(folder.path))).message).toMatch(/MANIFEST .*exports says nothing of "\."/)
  expect(await loadFailure(loadPlugin(folder.at('no.js')))).toMatchObject({
    code: 'NOT_FOUND',
    file: folder.at('no.js'),
  })
})

it('B2 what a plugin depends on is bundled, and what went in is told', async () => {
  await using folder = await PluginFolder.of({
    'package.json': '{ "name": "a", "version": "1.0.0", "main": "src/index.ts" }',
    'tsconfig.json': '{ "extends": "./conf/base.json" }',
    'conf/base.json': '{ "compilerOptions": { "paths": { "~/*": ["../src/*"] } } }',
    'src/index.ts': `import { add } from 'adder'\nimport { one } from '~/one'\n${answering('add(one, 1)')}`,
    'src/one.ts': 'export const one = 1',
    'node_modules/adder/package.json': '{ "name": "adder", "version": "1.0.0", "exports": "./add.mjs" }',
    'node_modules/adder/add.mjs': 'export const add = (a, b) => a + b',
  })
  const loaded = await loadPlugin(folder.path)
  expect(answerOf(loaded)).toBe(2)
  const inputs = [
    'conf/base.json',
    'node_modules/adder/add.mjs',
    'node_modules/adder/package.json',
    'package.json',
    'src/index.ts',
    'src/one.ts',
    'tsconfig.json',
  ]
  expect(loaded.inputs).toEqual(inputs.map((path) => folder.at(path)))
})

it('B3 the same source has the same digest wherever it lies, and other source another one', async () => {
  await using folder = await PluginFolder.of({
    'index.ts': `import { here } from './deep/here.js'\n${answering('[import.meta.url, here]')}`,
    'deep/here.ts': 'export const here = import.meta.dirname',
  })
  await using elsewhere = await folder.copy()
  const [one, two] = [await loadPlugin(folder.path), await loadPlugin(elsewhere.path)]
  expect(two.digest).toBe(one.digest)
  expect(one.digest).toMatch(/^sha256-[\w+/]{43}=$/)
  expect(answerOf(two)).toEqual([pathToFileURL(elsewhere.at('index.ts')).href, elsewhere.at('deep')])
  await elsewhere.write({ 'deep/here.ts': 'export const here = 1' })
  expect((await loadPlugin(elsewhere.path)).digest).not.toBe(one.digest)
})

it('B4 modules are strict, as they would be alone, and what counts on being sloppy is', async () => {
  await using folder = await PluginFolder.of({
    'strict.ts': `import './strict.cjs'\n${answering('(function () { return this })()')}`,
    'strict.cjs': '"use strict"; exports.a = 1',
    'sloppy.js': `import sloppy from './sloppy.cjs'\n${answering('sloppy')}`,
    'sloppy.cjs':
      'undeclared = 010; module.exports = (function () { return this })() === globalThis && undeclared; delete globalThis.undeclared',
  })
  expect(await loadAnswer(folder.at('strict.ts'))).toBe(undefined)
  expect(await loadAnswer(folder.at('sloppy.js'))).toBe(8)
})

it('B4 the file that a plugin begins with may count on being sloppy, and be strict', async () => {
  const inner = 'module.exports = { ...plugin, answer: (function () { return this === undefined })() }'
  const plugin = `const plugin = ${/\{.*\}/.exec(answering('0'))?.[0]}`
  await using folder = await PluginFolder.of({
    'sloppy.cjs': `#!/usr/bin/env node\n${plugin}\nwith ({}) {}\n${inner}`,
    'strict.cjs': `#!/usr/bin/env node\n'use strict'\n${plugin}\n${inner}`,
    'effect.cjs': `${plugin}\nrequire('./undeclared.cjs')\n'use strict'\n${inner}`,
    'undeclared.cjs': 'undeclared = require("node:path"); delete globalThis.undeclared',
    'wrapped.cjs': `require('./wrapped.cjs')\n${plugin}\n${inner}`,
  })
  expect(await loadAnswer(folder.at('sloppy.cjs'))).toBe(false)
  expect(await loadAnswer(folder.at('strict.cjs'))).toBe(true)
  expect(await loadAnswer(folder.at('wrapped.cjs'))).toBe(false)
  expect(await loadAnswer(folder.at('effect.cjs'))).toBe(false)
})

it('B1 a module of CommonJS may return early', async () => {
  await using folder = await PluginFolder.of({
    'index.cjs': `module.exports = ${/\{.*\}/.exec(answering('42'))?.[0]}\nif (module.exports) return\nthrow new Error()`,
  })
  expect(await loadAnswer(folder.at('index.cjs'))).toBe(42)
})

it('B5 names of the loader, of Node and of a plugin do not meet', async () => {
  await using folder = await PluginFolder.of({
    'index.js': `const module = 1, exports = 2, require = 3, shared = 4, __dirname = 5\n${answering('[module, exports, require, shared, __dirname]')}`,
  })
  expect(await loadAnswer(folder.path)).toEqual([1, 2, 3, 4, 5])
})

it('B5 a plugin may have any name of the loader’s, anywhere', async () => {
  await using folder = await PluginFolder.of({
    'index.js': answering('[import.meta.filename, import(`node:${"path"}`)]'),
    'free.js': answering('typeof require("uni-import:yjs")'),
  })
  const { bundle } = await bundlePlugin(findSource(folder.path), new SharedPackages([], folder.at('host.js')))
  const names = new Set(bundle.code.match(/(?:__uni_|\$0)\w+/g))
  expect(names.size).toBe(4)
  const own = Array.from(names, (name, at) => `${name} = ${at}`).join(', ')
  await folder.write({
    'index.js': [
      `const ${own}`,
      `const inner = () => { const ${own}; return [import.meta.filename, import('node:' + 'path'), ${[...names].join()}] }`,
      answering(`[...inner(), ${[...names].join()}, \`${[...names].join()}\`]`),
    ].join('\n'),
  })
  const [filename, path, ...rest] = (await loadAnswer(folder.path)) as unknown[]
  expect([filename, await path]).toEqual([folder.at('index.js'), await import('node:path')])
  expect(rest).toEqual([0, 1, 2, 3, 0, 1, 2, 3, [...names].join()])
  // Nor does one of them lead a plugin to what the loader has for itself.
  expect((await loadFailure(loadPlugin(folder.at('free.js')))).code).toBe('MISSING_MODULE')
})

it('B6 names of classes and functions stay', async () => {
  await using folder = await PluginFolder.of({
    'index.ts': `import { Store as Other } from './other.js'\nclass Store {}\n${answering('[Store.name, Other.name]')}`,
    'other.ts': 'export class Store {}',
  })
  expect(await loadAnswer(folder.path)).toEqual(['Store', 'Store'])
})

it('a signal that has fired ends the load', async () => {
  await using folder = await PluginFolder.of({ 'index.js': answering('1') })
  const reason = new Error('closing')
  expect(await loadFailure(loadPlugin(folder.path, { signal: AbortSignal.abort(reason) }))).toMatchObject({
    code: 'ABORTED',
    cause: reason,
  })
})
