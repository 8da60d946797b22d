import * as arrow from 'apache-arrow'
import { expect, it } from 'vitest'
import * as Y from 'yjs'
import * as core from '@uni/reload-core'
import * as surfaces from '@uni/reload-core/surfaces'
import { loadPlugin } from '@uni/reload-loader'
import { CORE_MODULES } from '../src/shared/core.js'
import { loadAnswer } from './fixtures/answer.js'
import { answering, PluginFolder, type Files } from './fixtures/plugin-folder.js'
import { loadFailure } from './fixtures/load-failure.js'
import { readFileSync } from 'node:fs'

const HOST = { shared: ['yjs', 'apache-arrow'], from: import.meta.url }
/** Another yjs, as a plugin's own folder would have it. */
const OTHER_YJS: Files = {
  'node_modules/yjs/package.json':
    '{ "name": "yjs", "version": "12.0.0", "exports": { ".": "./yjs.mjs", "./deep.mjs": "./deep.mjs" } }',
  'node_modules/yjs/yjs.mjs': 'export class Doc {}',
  'node_modules/yjs/deep.mjs': 'export class Doc {}',
}

it('H1 what is shared is the host’s own object, however it is imported', async () => {
  await using folder = await PluginFolder.of({
    ...OTHER_YJS,
    'index.ts': [
      "import { Doc } from 'yjs'",
      "import * as Y from 'yjs'",
      "import { Table as ArrowTable } from 'apache-arrow'",
      "import common from './common.cjs'",
      "import { scalarFn } from '@uni/reload-core/surfaces'",
      "import { PluginHost } from '@uni/reload-core'",
      answering(
        "{ Doc, all: Y.Doc, Table: ArrowTable, common, scalarFn, PluginHost, later: () => import('yjs'), document: new Doc() }",
      ),
    ].join('\n'),
    'common.cjs': "const { Map } = require('yjs'); module.exports = { Map, whole: require('yjs') }",
  })
  const got = (await loadAnswer(folder.path, HOST)) as Record<string, unknown> & {
    readonly common: { readonly Map: unknown; readonly whole: typeof Y }
    later(): Promise<typeof Y>
  }
  expect(got.document).toBeInstanceOf(Y.Doc)
  expect(got['Doc']).toBe(Y.Doc)
  expect(got['all']).toBe(Y.Doc)
  expect(got['Table']).toBe(arrow.Table)
  expect(got.common.Map).toBe(Y.Map)
  expect(got.common.whole.Doc).toBe(Y.Doc)
  expect((await got.later()).Doc).toBe(Y.Doc)
  expect(got['scalarFn']).toBe(surfaces.scalarFn)
  expect(got['PluginHost']).toBe(core.PluginHost)
})

it('H1 a host gives modules by name, and what is no module has itself as default', async () => {
  const api = Object.assign(() => 'called', { value: 1 })
  const counter = { count: 1 }
  await using folder = await PluginFolder.of({
    'index.js': [
      "import api, { value } from 'the-host/api'",
      "import { count } from 'the-host'",
      "import Y, { Doc } from 'yjs'",
      answering('{ called: api(), value, required: require("the-host/api")(), count: () => count, Y, Doc }'),
    ].join('\n'),
  })
  const yjs = { ...Y, default: 'the default' }
  const got = (await loadAnswer(folder.path, { shared: { 'the-host/api': api, 'the-host': counter, yjs } })) as Record<
    string,
    unknown
  > & { count(): number }
  expect(got).toMatchObject({ called: 'called', value: 1, required: 'called', Y: 'the default', Doc: Y.Doc })
  // As it is in the host, now.
  counter.count = 2
  expect(got.count()).toBe(2)
})

it('H1 what a plugin depends on gets the host’s object as well', async () => {
  await using folder = await PluginFolder.of({
    ...OTHER_YJS,
    'index.js': `import { make } from 'maker'\n${answering('make()')}`,
    'node_modules/maker/package.json': '{ "name": "maker", "main": "m.js", "peerDependencies": { "yjs": "^13.0.0" } }',
    'node_modules/maker/m.js': "const Y = require('yjs'); exports.make = () => new Y.Doc()",
  })
  expect(await loadAnswer(folder.path, HOST)).toBeInstanceOf(Y.Doc)
})

it('H1 require gives what Node’s does', async () => {
  const common = { 'module.exports': 'common', default: 'common', __proto__: null, [Symbol.toStringTag]: 'Module' }
  const transpiled = { default: 'main', a: 1, __proto__: null, [Symbol.toStringTag]: 'Module' }
  await using folder = await PluginFolder.of({
    'index.cjs': `module.exports = ${/\{.*\}/.exec(answering("[require('common'), require('transpiled').default, require('transpiled').__esModule, require('fs') === require('node:fs')]"))?.[0]}`,
  })
  expect(await loadAnswer(folder.path, { shared: { common, transpiled } })).toEqual(['common', 'main', true, true])
})

it('H1 what is asked for by a name that is computed is the host’s object, and not the plugin’s copy', async () => {
  await using folder = await PluginFolder.of({
    ...OTHER_YJS,
    'index.js': `import require from './require.cjs'\n${answering('{ load: (name) => import(name), require }')}`,
    'require.cjs': 'module.exports = (name) => require(name)',
  })
  type Asked = { load(name: string): Promise<typeof Y>; require(name: string): typeof Y }
  const named = (await loadAnswer(folder.path, HOST)) as Asked
  expect(await named.load('yjs')).toBe(Y)
  expect(named.require('yjs')).toBe(Y)
  await expect(named.load('yjs/nowhere')).rejects.toMatchObject({ code: 'SHARED' })
  expect(() => named.require('yjs/nowhere')).toThrow(/^SHARED: the host shares "yjs", and cannot import "yjs\/nowhere"/)
  const given = (await loadAnswer(folder.path, { shared: { yjs: { Doc: Y.Doc } } })) as Asked
  expect((await given.load('yjs')).Doc).toBe(Y.Doc)
  expect(given.require('yjs').Doc).toBe(Y.Doc)
  expect(() => given.require('yjs/deep.mjs')).toThrow(/Add 'yjs\/deep\.mjs' to the option shared/)
  expect((await given.load('@uni/reload-core')) as unknown).toBe(core)
})

it('H2 externals are told: what the host shares, and Node’s', async () => {
  await using folder = await PluginFolder.of({
    'index.ts': `import { Doc } from 'yjs'\nimport fs from 'fs'\nimport { join } from 'node:path'\nimport { option } from '@uni/reload-core'\n${answering('[Doc, fs, join, option]')}`,
  })
  expect((await loadPlugin(folder.path, HOST)).externals).toEqual([
    { kind: 'shared', name: '@uni/reload-core' },
    { kind: 'node', name: 'node:fs' },
    { kind: 'node', name: 'node:path' },
    { kind: 'shared', name: 'yjs' },
  ])
})

it('H2 each module of the core is the host’s', () => {
  const { exports } = JSON.parse(readFileSync(new URL('../../core/package.json', import.meta.url), 'utf8')) as {
    exports: object
  }
  const modules = Object.keys(exports).filter((path) => !path.endsWith('.json'))
  expect(Object.keys(CORE_MODULES).toSorted()).toEqual(
    modules.map((path) => `@uni/reload-core${path.slice(1)}`).toSorted(),
  )
})

const importing = (text: string): Files => ({ 'index.js': `${text}\n${answering('1')}` })
const peers = (field: string): Files => ({
  'package.json': `{ "name": "notes", "version": "2.1.0", "main": "index.js", ${field} }`,
})

it.each<[what: string, files: Files, says: RegExp]>([
  [
    'the host’s version is not in the range of a peer',
    { ...peers('"peerDependencies": { "yjs": "^14.0.0" }'), ...importing('') },
    /^SHARED: notes@2\.1\.0 needs "yjs" \^14\.0\.0, and the host has 13\.\d+\.\d+\./,
  ],
  [
    'the core is not in the range of a peer',
    { ...peers('"peerDependencies": { "@uni/reload-core": "^7.0.0" }'), ...importing('') },
    /^SHARED: notes@2\.1\.0 needs "@uni\/reload-core" \^7\.0\.0, and the host has /,
  ],
  [
    'it is not in the range of a dependency',
    { ...peers('"dependencies": { "yjs": "12" }'), ...importing("import { Doc } from 'yjs'\nDoc") },
    /^SHARED.*notes@2\.1\.0 needs "yjs" 12, and the host has 13/,
  ],
  [
    'it is not in the range that a dependency of the plugin asks for',
    {
      ...importing("import 'maker'"),
      'node_modules/maker/package.json':
        '{ "name": "maker", "version": "3.0.0", "main": "m.js", "dependencies": { "yjs": "~12.1" } }',
      'node_modules/maker/m.js': "require('yjs')",
    },
    /^SHARED.*maker@3\.0\.0 needs "yjs" ~12\.1, and the host has 13/,
  ],
  [
    'a peer is not shared',
    { ...peers('"peerDependencies": { "react": "^19.0.0" }'), ...importing("import 'react/jsx-runtime'") },
    /^SHARED.*"react" is among peerDependencies of the plugin, and the host does not share it\. Add 'react' to the option shared/,
  ],
  [
    'a second copy is reached by its path',
    { ...OTHER_YJS, ...importing("import { Doc } from './node_modules/yjs/yjs.mjs'\nDoc") },
    /^SHARED \(.*index\.js\): a second copy of "yjs@12\.0\.0" would be bundled, beside the one that the host shares\. Import it as 'yjs'/,
  ],
  [
    'a second copy has another name',
    {
      'node_modules/y/package.json': '{ "name": "yjs", "version": "12.0.0", "main": "dist/y.js" }',
      'node_modules/y/dist/package.json': '{ "type": "commonjs" }',
      'node_modules/y/dist/y.js': 'exports.Doc = class {}',
      ...importing("import { Doc } from 'y'\nDoc"),
    },
    /^SHARED \(.*index\.js\): a second copy of "yjs@12\.0\.0"/,
  ],
  [
    'a second copy is an import of the package',
    {
      ...OTHER_YJS,
      ...peers('"imports": { "#yjs": "yjs/deep.mjs" }'),
      ...importing("import { Doc } from '#yjs'\nDoc"),
    },
    /^SHARED \(.*index\.js\): a second copy of "yjs@12\.0\.0"/,
  ],
  [
    'a second copy is below a dependency',
    {
      ...importing("import 'maker'"),
      'node_modules/maker/package.json': '{ "name": "maker", "version": "3.0.0", "main": "m.js" }',
      'node_modules/maker/m.js': "require('./node_modules/yjs/yjs.mjs')",
      'node_modules/maker/node_modules/yjs/package.json': '{ "name": "yjs", "version": "12.0.0" }',
      'node_modules/maker/node_modules/yjs/yjs.mjs': 'export class Doc {}',
    },
    /^SHARED \(.*m\.js\): a second copy of "yjs@12\.0\.0"/,
  ],
  [
    'the host has no such module',
    importing("import 'yjs/nowhere'"),
    /^SHARED.*the host shares "yjs", and cannot import "yjs\/nowhere"\. Install it/,
  ],
])('H3 refused by name: %s', async (_, files, says) => {
  await using folder = await PluginFolder.of(files)
  const error = await loadFailure(loadPlugin(folder.path, HOST))
  expect(error.message).toMatch(says)
  expect(error.code).toBe('SHARED')
})

it('H3 a name that the host’s module does not have is refused with its place', async () => {
  await using folder = await PluginFolder.of(importing("import { Dok } from 'yjs'\nDok"))
  expect((await loadFailure(loadPlugin(folder.path, HOST))).message).toBe(
    `MISSING_EXPORT (${folder.at('index.js')}:1:10): No matching export in the yjs of the host for import "Dok". Import a name that it exports.\n\n> 1 | import { Dok } from 'yjs'\n    |          ^^^\n  2 | Dok\n  3 | ${answering('1')}`.trimEnd(),
  )
})

it('H3 of modules that are given by name, others of the package are refused, and ranges of what has no version', async () => {
  await using folder = await PluginFolder.of(importing("import 'yjs/internals'"))
  const shared = { yjs: Y, 'host-api': {} }
  expect((await loadFailure(loadPlugin(folder.path, { shared, from: import.meta.url }))).message).toMatch(
    /^SHARED.*the host shares "yjs", and not "yjs\/internals"\. Add 'yjs\/internals' to the option shared\./,
  )
  await folder.write({ ...peers('"peerDependencies": { "host-api": "^1.0.0" }'), ...importing('') })
  expect((await loadFailure(loadPlugin(folder.path, { shared }))).message).toMatch(
    /^SHARED: notes@2\.1\.0 needs "host-api" \^1\.0\.0, and none is installed where .* is\. Install it there, or give the option from/,
  )
})

it('H3 what fits is loaded: ranges, a peer that may be left out, and what is no range', async () => {
  await using folder = await PluginFolder.of({
    ...peers(
      '"peerDependencies": { "yjs": "^13.5.0", "@uni/reload-core": "workspace:^", "left": "1" }, "peerDependenciesMeta": { "left": { "optional": true } }, "dependencies": { "apache-arrow": "github:apache/arrow-js" }',
    ),
    'node_modules/left/package.json': '{ "name": "left", "version": "1.0.0", "main": "left.js" }',
    'node_modules/left/left.js': 'module.exports = 1',
    'index.js': `import left from 'left'\nimport { Table } from 'apache-arrow'\nimport { Doc } from 'yjs'\n${answering('[left, Table, Doc]')}`,
  })
  expect(await loadAnswer(folder.path, HOST)).toEqual([1, arrow.Table, Y.Doc])
})
