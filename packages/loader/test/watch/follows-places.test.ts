import { mkdir, rename, symlink } from 'node:fs/promises'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { PluginFolder, type Files } from '../fixtures/plugin-folder.js'
import { saying, Watching } from '../fixtures/watching.js'

/** Watches a plugin while files of it are changed: whether it comes to say 'two'. */
async function saysTwoAfter(folder: PluginFolder, change: Files): Promise<boolean> {
  await using watching = new Watching(folder.path)
  await watching.next('added')
  await folder.write(change)
  return await watching.untilItSays('two')
}

describe('W6 follows', () => {
  const exporting = (value: string): string => `export const word: string = '${value}'`
  const importing = (from: string, more = ''): string =>
    saying('word', { imports: `import { word } from '${from}'\n${more}` })
  const alias = (folder: string): string =>
    JSON.stringify({ compilerOptions: { baseUrl: '.', paths: { '@l/*': [`./${folder}/*`, './two/*'] } } })

  it.each<[what: string, files: Files, change: Files]>([
    [
      'what a tsconfig.json extends',
      { 'tsconfig.json': '{ "extends": "./conf/base.json" }', 'conf/base.json': alias('../one') },
      { 'conf/base.json': alias('../two') },
    ],
    [
      'each of several, and what those extend',
      {
        'tsconfig.json': '{ "extends": ["./a.json", "./b.json"] }',
        'a.json': '{}',
        'b.json': '{ // as tsc takes it\n "extends": "./c.json", }',
        'c.json': alias('one'),
      },
      { 'c.json': alias('two') },
    ],
    [
      'what is extended in a package',
      {
        'tsconfig.json': '{ "extends": "conf/tsconfig.json" }',
        'node_modules/conf/package.json': '{ "name": "conf" }',
        'node_modules/conf/tsconfig.json': alias('../../one'),
      },
      { 'node_modules/conf/tsconfig.json': alias('../../two') },
    ],
    [
      'a tsconfig.json in the folder of a source',
      { 'src/tsconfig.json': alias('../one') },
      { 'src/tsconfig.json': alias('../two') },
    ],
    [
      'a tsconfig.json that comes in the folder of a source',
      { 'tsconfig.json': alias('one') },
      { 'src/tsconfig.json': alias('../two') },
    ],
    ['a jsconfig.json', { 'jsconfig.json': alias('one') }, { 'jsconfig.json': alias('two') }],
    [
      'a file that an alias leads to from now on',
      { 'tsconfig.json': alias('none') },
      { 'none/word.ts': exporting('two') },
    ],
    [
      'a file that a baseUrl leads to from now on',
      {
        'tsconfig.json': '{ "compilerOptions": { "baseUrl": "./base" } }',
        'node_modules/@l/word/index.js': "export const word = 'one'",
      },
      { 'base/@l/word.ts': exporting('two') },
    ],
  ])('%s', async (_, files, change) => {
    await using folder = await PluginFolder.of({
      'index.ts': "export { default } from './src/main.js'",
      'src/main.ts': importing('@l/word'),
      'one/word.ts': exporting('one'),
      'two/word.ts': exporting('two'),
      ...files,
    })
    if ('jsconfig.json' in files) await rename(folder.at('src/main.ts'), folder.at('src/main.js'))
    expect(await saysTwoAfter(folder, change)).toBe(true)
  })

  it.each<[what: string, files: Files, change: Files]>([
    [
      'the package.json of a dependency',
      { 'node_modules/dep/package.json': '{ "name": "dep", "main": "one.js" }' },
      { 'node_modules/dep/package.json': '{ "name": "dep", "main": "two.js" }' },
    ],
    [
      'a package.json between a source and its package',
      {
        'src/main.ts': importing('dep/lib'),
        'node_modules/dep/package.json': '{ "name": "dep" }',
        'node_modules/dep/lib/package.json': '{ "main": "../one.js" }',
      },
      { 'node_modules/dep/lib/package.json': '{ "main": "../two.js" }' },
    ],
    [
      'a package.json that comes into a package',
      { 'node_modules/dep/index.js': "export * from './one.js'" },
      { 'node_modules/dep/package.json': '{ "name": "dep", "main": "two.js" }' },
    ],
    [
      'a copy of a dependency that is nearer',
      { 'node_modules/dep/index.js': "export * from './one.js'" },
      { 'src/node_modules/dep/index.js': exporting('two').replace(': string', '') },
    ],
    [
      'a file in the place of another one in a dependency',
      {
        'node_modules/dep/index.js': "export * from './it'",
        'node_modules/dep/it/index.js': "export * from '../one.js'",
      },
      { 'node_modules/dep/it.js': "export * from './two.js'" },
    ],
  ])('%s', async (_, files, change) => {
    await using folder = await PluginFolder.of({
      'index.ts': "export { default } from './src/main.js'",
      'src/main.ts': importing('dep'),
      'node_modules/dep/one.js': exporting('one').replace(': string', ''),
      'node_modules/dep/two.js': exporting('two').replace(': string', ''),
      ...files,
    })
    expect(await saysTwoAfter(folder, change)).toBe(true)
  })

  it.each<[what: string, main: string, files: Files, change: Files]>([
    [
      'a file beside a folder that an import leads to',
      importing('./lib/word'),
      { 'lib/word/index.ts': exporting('one') },
      { 'lib/word.ts': exporting('two') },
    ],
    [
      'another file of an index',
      importing('./lib'),
      { 'lib/index.js': exporting('one').replace(': string', '') },
      { 'lib/index.ts': exporting('two') },
    ],
    [
      'a file that a pattern of names takes, in a new folder',
      saying('word', {
        imports: [
          "let word = 'one'",
          'const load = async (name) => await import(`./words/${name}.js`)',
          "load('far/off').then((it) => (word = it.default), () => {})",
        ].join('\n'),
      }),
      { 'words/near.js': 'export default 1' },
      { 'words/far/off.js': "export default 'two'" },
    ],
  ])('%s', async (_, main, files, change) => {
    await using folder = await PluginFolder.of({ 'index.ts': main, ...files })
    expect(await saysTwoAfter(folder, change)).toBe(true)
  })

  it.each<[what: string, files: Files, code: string, change: Files]>([
    [
      'a base of a tsconfig.json that is not there',
      { 'tsconfig.json': '{ "extends": "./conf/base" }' },
      'MISSING_MODULE',
      { 'conf/base.json': '{}' },
    ],
    [
      'what an alias leads to',
      { 'tsconfig.json': alias('none'), 'index.ts': importing('@l/word') },
      'MISSING_MODULE',
      { 'none/word.ts': exporting('two') },
    ],
    [
      'the file that a package.json names',
      { 'package.json': '{ "main": "dist/main.js" }' },
      'NOT_FOUND',
      { 'dist/main.js': saying("'two'") },
    ],
    [
      'a file in the place of one that is broken',
      { 'index.ts': importing('./word'), 'word.js': 'let = = 1' },
      'SYNTAX',
      { 'word.ts': exporting('two') },
    ],
    [
      'a file of a package beside the plugin',
      {
        'index.ts': importing('beside'),
        'beside/package.json': '{ "name": "beside", "main": "one.ts" }',
        'beside/one.ts': "export * from './two.js'",
        'beside/two.ts': 'let = = 1',
      },
      'SYNTAX',
      { 'beside/one.ts': exporting('two') },
    ],
  ])('what mends a failure, from the first load on: %s', async (_, files, code, change) => {
    await using folder = await PluginFolder.of({ 'index.ts': saying("'two'"), ...files })
    if ('beside/package.json' in files) {
      await mkdir(folder.at('node_modules'))
      await symlink('../beside', folder.at('node_modules/beside'))
    }
    const clock = new ManualClock()
    await using watching = new Watching(folder.path, { clock })
    expect(await watching.next('failed')).toMatchObject({ error: { code } })
    await watching.calm(clock)
    await folder.write(change)
    expect(await watching.untilItSays('two', clock)).toBe(true)
  })
})
