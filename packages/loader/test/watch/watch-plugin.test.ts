import { generateKeyPairSync } from 'node:crypto'
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { PluginHost } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { scalarFnHandoff } from '@uni/reload-core/surfaces'
import { PluginStore, signPackage, watchPlugin, watchResidue, type Residue } from '@uni/reload-loader'
import { describe, expect, it } from 'vitest'
import { PluginFolder, type Files } from '../fixtures/plugin-folder.js'
import { tgzOf } from '../fixtures/tarball.js'
import { saying, Watching } from '../fixtures/watching.js'

const WORD = { 'index.ts': saying('word', { imports: "import { word } from './lib/word.js'" }) }
const word = (value: string): Record<string, string> => ({ 'lib/word.ts': `export const word: string = '${value}'` })

/** Watches a plugin while files of it are changed: whether it comes to say 'two'. */
async function saysTwoAfter(folder: PluginFolder, change: Files): Promise<boolean> {
  await using watching = new Watching(folder.path)
  await watching.next('added')
  await folder.write(change)
  return await watching.untilItSays('two')
}

describe('watchPlugin', () => {
  it('W1 I10 installs the plugin, and reloads it after a change of a file that it imports', async () => {
    await using folder = await PluginFolder.of({ ...WORD, ...word('one') })
    await using watching = new Watching(folder.path)
    const { handle } = await watching.next('added')
    expect(handle).toEqual({ id: 'sayer', generation: 0 })
    expect(watching.says).toBe('one')
    await folder.write(word('two'))
    const { result, loaded } = await watching.next('reloaded')
    expect(result.status).toBe('committed')
    expect(loaded.inputs).toContain(folder.at('lib/word.ts'))
    expect(watching.says).toBe('two')
    expect((await watching.next('finalized')).report.status).toBe('finalized')
    // One write may be told as two changes, and the second one changes nothing.
    expect(['reloaded', 'unchanged']).toContain((await watching.watch.settled())?.type)
  })

  it('W1 goes on with a plugin that is in the host already', async () => {
    await using folder = await PluginFolder.of({ ...WORD, ...word('one') })
    const host = new PluginHost({ strategies: [scalarFnHandoff()] })
    await host.add({ manifest: { id: 'sayer', version: '0.9.0' }, register() {} })
    await using watching = new Watching(folder.path, {}, host)
    expect((await watching.next('reloaded')).result.handle.generation).toBe(1)
  })

  it('W2 makes one reload of 22 changes, and one more of those that come during it', async () => {
    const clock = new ManualClock()
    const files = Array.from({ length: 22 }, (_, at) => `part-${at}.ts`)
    const parts = (value: number): Record<string, string> =>
      Object.fromEntries(files.map((file) => [file, `export default ${value}`]))
    const imports = files.map((file, at) => `import p${at} from './${file}'`).join('\n')
    const sum = files.map((_, at) => `p${at}`).join(' + ')
    await using folder = await PluginFolder.of({ 'index.ts': saying(sum, { imports }), ...parts(1) })
    // The one reload waits in init until more has come.
    let begun = (): void => {}
    let goOn: Promise<unknown> = Promise.resolve()
    Object.assign(globalThis, { uniTestInit: () => (begun(), goOn) })
    await using watching = new Watching(folder.path, { clock })
    await watching.next('added')
    await watching.calm(clock)
    const changed = async (file: string): Promise<void> => {
      await watching.next('changed', (it) => it.file === folder.at(file))
    }

    await folder.write({
      ...parts(2),
      'index.ts': saying(sum, { imports, more: 'init: () => globalThis.uniTestInit(),' }),
    })
    await changed('index.ts')
    const inInit = new Promise<void>((resolve) => (begun = resolve))
    let release = (): void => {}
    goOn = new Promise<void>((resolve) => (release = resolve))
    clock.advance(50)
    await inInit
    await folder.write(parts(3))
    await changed('part-21.ts')
    release()
    await watching.next('reloaded')
    expect(watching.says).toBe(44)
    clock.advance(50)
    await watching.next('reloaded')
    expect(watching.says).toBe(66)
    await watching.calm(clock)
    expect(watching.events.filter(({ type }) => type === 'reloaded').length).toBe(2)
  })

  it('W3 I3 keeps what serves where the files are broken, and says where; then takes what is mended', async () => {
    await using folder = await PluginFolder.of({ ...WORD, ...word('one') })
    await using watching = new Watching(folder.path)
    await watching.next('added')
    await folder.write({ 'lib/word.ts': 'export const word = = 1' })
    const { step, error, serving } = await watching.next('failed')
    expect(step).toBe('load')
    expect(error).toMatchObject({ code: 'SYNTAX', file: folder.at('lib/word.ts'), line: 1 })
    expect(serving).toEqual(watching.host.plugin('sayer'))
    expect(watching.says).toBe('one')
    await folder.write(word('two'))
    await watching.next('reloaded')
    expect(watching.says).toBe('two')
  })

  it('W3 says what the host refuses, and at what', async () => {
    await using folder = await PluginFolder.of({ 'a.ts': saying("'one'") })
    await using watching = new Watching(folder.at('a.ts'))
    await watching.next('added')
    await folder.write({ 'a.ts': saying("'two'", { more: "init() { throw new Error('no port') }," }) })
    expect(await watching.next('failed')).toMatchObject({ step: 'reload', error: { code: 'PLUGIN', step: 'init' } })
    expect(watching.says).toBe('one')
    await folder.write({ 'a.ts': saying("'two'", { id: 'other' }) })
    const { error } = await watching.next('failed')
    expect(error).toMatchObject({ code: 'MANIFEST', plugin: 'other' })
    expect(String(error)).toContain('the plugin was "sayer", and is "other" now')
    expect(watching.host.plugins().map(({ id }) => id)).toEqual(['sayer'])
  })

  it('W3 tries again by itself where the host was busy with the plugin', async () => {
    await using folder = await PluginFolder.of({ ...WORD, ...word('one') })
    await using watching = new Watching(folder.path)
    const { handle } = await watching.next('added')
    let release = (): void => {}
    const busy = new Promise<void>((resolve) => (release = resolve))
    const own = watching.host.reload(handle, {
      manifest: { id: 'sayer', version: '1.1.0' },
      register() {},
      init: () => busy,
    })
    await folder.write(word('two'))
    expect(await watching.next('failed')).toMatchObject({ error: { code: 'RELOAD_IN_PROGRESS' }, againInMs: 100 })
    release()
    await own
    await watching.next('reloaded')
    expect(watching.says).toBe('two')
  })

  it('W4 tries each reload with a dry run, of a plugin of its own, where that is asked for', async () => {
    const inits: string[] = []
    Object.assign(globalThis, { uniTestTold: (told: string) => inits.push(told) })
    const told = (name: string, init = ''): string =>
      saying(`'${name}'`, {
        imports: 'let inits = 0',
        more: `init() { globalThis.uniTestTold('${name} ' + ++inits); ${init} },`,
      })
    await using folder = await PluginFolder.of({ 'index.ts': told('one') })
    await using watching = new Watching(folder.path, { dryRun: true })
    await watching.next('added')
    await folder.write({ 'index.ts': told('two') })
    await watching.next('reloaded')
    expect(inits).toEqual(['one 1', 'two 1', 'two 1'])
    await folder.write({ 'index.ts': told('three', "throw new Error('no')") })
    expect(await watching.next('failed')).toMatchObject({ step: 'dry-run', error: { code: 'PLUGIN' } })
    expect(watching.says).toBe('two')
  })

  it('W5 says so where the files are what serves, unless that was taken back or changed by others', async () => {
    await using folder = await PluginFolder.of({ ...WORD, ...word('one') })
    await using watching = new Watching(folder.path)
    const { handle } = await watching.next('added')
    await folder.write(word('one'))
    expect(await watching.next('unchanged')).toEqual({ type: 'unchanged', handle })
    await watching.host.reload(handle, { manifest: { id: 'sayer', version: '1.1.0' }, register() {} })
    await folder.write(word('one'))
    await watching.next('reloaded')
    await watching.host.remove(watching.host.plugin('sayer') ?? handle)
    await folder.write(word('one'))
    await watching.next('added')
    expect(watching.says).toBe('one')
  })

  describe('W6 follows', () => {
    it('a file that is saved by rename, again and again', async () => {
      await using folder = await PluginFolder.of({ ...WORD, ...word('0') })
      await using watching = new Watching(folder.path)
      await watching.next('added')
      for (const value of ['1', '2', '3']) {
        await folder.write({ 'lib/word.ts~': word(value)['lib/word.ts'] as string })
        await rename(folder.at('lib/word.ts~'), folder.at('lib/word.ts'))
        await watching.next('reloaded')
        expect(watching.says).toBe(value)
      }
    })

    it('a file that is away for a moment, and one that is away for long', async () => {
      await using folder = await PluginFolder.of({ ...WORD, ...word('one') })
      const clock = new ManualClock()
      await using watching = new Watching(folder.path, { clock })
      await watching.next('added')
      await watching.calm(clock)
      await rm(folder.at('lib/word.ts'))
      await watching.next('changed')
      clock.advance(50)
      expect(await watching.next('failed')).toMatchObject({ error: { code: 'MISSING_MODULE' }, againInMs: 100 })
      await watching.calm(clock)
      expect(watching.events.filter(({ type }) => type === 'failed').length).toBe(1)
      expect(clock.pending).toBe(0)
      expect(watching.says).toBe('one')
      await folder.write(word('two'))
      await watching.next('changed')
      clock.advance(50)
      await watching.next('reloaded')
      expect(watching.says).toBe('two')
    })

    it.each<[what: string, imported: string, file: string]>([
      ['a file', './later.js', 'later.ts'],
      ['a file in a folder that is not there', './far/off/later.js', 'far/off/later.js'],
      ['a folder', './later', 'later/index.ts'],
      ['a package', 'later', 'node_modules/later/index.js'],
      ['a file of a package of a scope', '@far/later/sub.js', 'node_modules/@far/later/sub.js'],
    ])('%s that an import waits for, from the first load on', async (_, imported, file) => {
      await using folder = await PluginFolder.of({
        'index.ts': saying('later', { imports: `import { later } from '${imported}'` }),
      })
      const clock = new ManualClock()
      await using watching = new Watching(folder.path, { clock })
      await watching.next('failed')
      await watching.calm(clock)
      await folder.write({ [file]: "export const later = 'come'" })
      expect(await watching.untilItSays('come', clock)).toBe(true)
    })

    it('a file that is emptied before it is written, and one that stays empty', async () => {
      await using folder = await PluginFolder.of({ ...WORD, ...word('one') })
      const clock = new ManualClock()
      await using watching = new Watching(folder.path, { clock })
      await watching.next('added')
      await watching.calm(clock)
      await folder.write({ 'lib/word.ts': '' })
      await watching.next('changed')
      clock.advance(50)
      await new Promise((resolve) => setImmediate(resolve))
      await folder.write(word('two'))
      expect(await watching.untilItSays('two', clock)).toBe(true)
      await watching.calm(clock)
      expect(watching.events.filter(({ type }) => type === 'reloaded').length).toBe(1)
      await folder.write({ 'lib/word.ts': '' })
      expect(await watching.untilItSays(undefined, clock)).toBe(true)
    })

    it('a file that comes in the place of another one', async () => {
      await using folder = await PluginFolder.of({
        'index.ts': saying('it', { imports: "import { it } from './it'" }),
        'it.js': "export const it = 'JavaScript'",
      })
      await using watching = new Watching(folder.path)
      await watching.next('added')
      await folder.write({ 'it.ts': "export const it: string = 'TypeScript'" })
      await watching.next('reloaded')
      expect(watching.says).toBe('TypeScript')
    })

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

    it('the signature of a packed plugin, which comes after it', async () => {
      await using folder = await PluginFolder.of({})
      await using store = await PluginStore.open(folder.at('store'), { journal: 'none' })
      const { publicKey, privateKey } = generateKeyPairSync('ed25519')
      const archive = tgzOf({ path: 'package/index.js', content: saying("'signed'") })
      await folder.write({ 'sayer.tgz': archive })
      const clock = new ManualClock()
      const load = { store, trust: { keys: { us: publicKey } } }
      await using watching = new Watching(folder.at('sayer.tgz'), { clock, load })
      expect(await watching.next('failed')).toMatchObject({ error: { code: 'SIGNATURE' } })
      await watching.calm(clock)
      await folder.write({ 'sayer.tgz.sig': JSON.stringify(signPackage(archive, privateKey, 'us')) })
      expect(await watching.untilItSays('signed', clock)).toBe(true)
    })

    it('what is wrong in one file and is mended in another, from the first load on', async () => {
      await using folder = await PluginFolder.of({
        'index.ts': saying('say()', { imports: "import { say } from './say.js'" }),
        'say.ts': "import { word } from './lib/word.js'\nexport const say = () => word",
        'lib/word.ts': 'export const word = = 1',
      })
      await using watching = new Watching(folder.path)
      expect(await watching.next('failed')).toMatchObject({ error: { code: 'SYNTAX', file: folder.at('lib/word.ts') } })
      await folder.write({ 'say.ts': "export const say = () => 'without it'" })
      await watching.next('added')
      expect(watching.says).toBe('without it')
    })

    it('a checkout of another branch, in which folders come and go', async () => {
      await using folder = await PluginFolder.of({ ...WORD, ...word('main') })
      await using watching = new Watching(folder.path)
      await watching.next('added')
      for (const branch of ['feature', 'main again']) {
        await rm(folder.at('lib'), { recursive: true })
        await rm(folder.at('index.ts'))
        await folder.write({ 'index.ts': WORD['index.ts'].replace('./lib/', './src/deep/') })
        await folder.write({ 'src/deep/word.ts': word(branch)['lib/word.ts'] as string })
        expect(await watching.untilItSays(branch)).toBe(true)
        await rm(folder.at('src'), { recursive: true })
        await folder.write({ ...WORD, ...word(`${branch}, and back`) })
        expect(await watching.untilItSays(`${branch}, and back`)).toBe(true)
      }
    })

    it('a folder in the place of another one, by rename and by link', async () => {
      await using folder = await PluginFolder.of({})
      for (const name of ['one', 'two', 'three']) {
        const below = (files: Record<string, string>): [string, string][] =>
          Object.entries(files).map(([file, text]) => [`${name}/${file}`, text])
        await folder.write(Object.fromEntries(below({ ...WORD, ...word(name) })))
      }
      await symlink('one', folder.at('current'))
      await using watching = new Watching(folder.at('current'))
      expect(await watching.untilItSays('one')).toBe(true)
      await symlink('two', folder.at('next'))
      await rename(folder.at('next'), folder.at('current'))
      expect(await watching.untilItSays('two')).toBe(true)
      await rename(folder.at('two'), folder.at('old'))
      await rename(folder.at('three'), folder.at('two'))
      expect(await watching.untilItSays('three')).toBe(true)
      await folder.write({ 'two/lib/word.ts': word('four')['lib/word.ts'] as string })
      expect(await watching.untilItSays('four')).toBe(true)
    })

    it('a plugin that is not there yet', async () => {
      await using folder = await PluginFolder.of({})
      const clock = new ManualClock()
      await using watching = new Watching(folder.at('plugins/sayer'), { clock })
      expect(await watching.next('failed')).toMatchObject({ error: { code: 'NOT_FOUND' }, serving: undefined })
      await watching.calm(clock)
      await mkdir(folder.at('plugins'))
      await mkdir(folder.at('plugins/sayer'))
      await writeFile(folder.at('plugins/sayer/index.ts'), saying("'here'"))
      expect(await watching.untilItSays('here', clock)).toBe(true)
    })
  })

  it('W7 does not look at what a build writes into the folder', async () => {
    const clock = new ManualClock()
    await using folder = await PluginFolder.of({ ...WORD, ...word('one') })
    await using watching = new Watching(folder.path, { clock })
    await watching.next('added')
    await watching.calm(clock)
    watching.events.length = 0
    await folder.write({ 'dist/index.js': 'built', 'lib/word.ts.tmp': 'half', 'notes.txt': 'none', 'lib/log': 'line' })
    await folder.write(word('two'))
    await watching.next('changed', ({ file }) => file === folder.at('lib/word.ts'))
    expect(watching.events.flatMap((event) => (event.type === 'changed' ? event.file : []))).toEqual([
      folder.at('lib/word.ts'),
    ])
  })

  it('W7 I8 becomes ever slower where each version changes its own files, and tells of it', async () => {
    await using folder = await PluginFolder.of({ 'count.json': '0' })
    const imports = [
      "import { readFileSync, writeFileSync } from 'node:fs'",
      "import { join } from 'node:path'",
      "import count from './count.json'",
    ].join('\n')
    const more = "init() { writeFileSync(join(import.meta.dirname, 'count.json'), String(count + 1)) },"
    await folder.write({ 'index.ts': saying('count', { imports, more }) })
    const clock = new ManualClock()
    await using watching = new Watching(folder.path, { clock })
    const putOff = (): number[] => watching.events.flatMap((event) => (event.type === 'put-off' ? event.ms : []))
    while (putOff().length < 4) {
      if (clock.pending > 0) clock.advance(50)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(putOff()).toEqual([100, 200, 400, 800])
  })

  describe('W8 ends', () => {
    it('with nothing left open, and goes on with what serves', async () => {
      await using folder = await PluginFolder.of({ ...WORD, ...word('one') })
      const clock = new ManualClock()
      const watching = new Watching(folder.path, { clock })
      await watching.next('added')
      await watching.calm(clock)
      await folder.write(word('two'))
      await watching.next('changed')
      await watching.watch[Symbol.asyncDispose]()
      expect(clock.pending).toBe(0)
      expect(watching.says).toBe('one')
      const told = watching.events.length
      await folder.write(word('three'))
      await watching.watch.settled()
      await watching.watch[Symbol.asyncDispose]()
      expect(watching.events.length).toBe(told)
      expect(process.getActiveResourcesInfo().filter((resource) => resource.includes('FSEvent'))).toEqual([])
      await watching.host[Symbol.asyncDispose]()
    })

    it('by a signal, which rolls back what is under way', async () => {
      await using folder = await PluginFolder.of({ 'index.ts': saying("'one'") })
      let begun = (): void => {}
      Object.assign(globalThis, { uniTestBegun: () => begun() })
      const ending = new AbortController()
      await using watching = new Watching(folder.path, { signal: ending.signal })
      await watching.next('added')
      const more = 'init: () => (globalThis.uniTestBegun(), new Promise(() => {})),'
      const inInit = new Promise<void>((resolve) => (begun = resolve))
      await folder.write({ 'index.ts': saying("'two'", { more }) })
      await inInit
      ending.abort()
      await watching.watch[Symbol.asyncDispose]()
      expect(watching.says).toBe('one')
      expect(watching.host.plugin('sayer')?.generation).toBe(0)
    })

    it('before it begins, where the signal has fired', async () => {
      await using folder = await PluginFolder.of({ 'index.ts': saying("'one'") })
      await using watching = new Watching(folder.path, { signal: AbortSignal.abort() })
      expect(await watching.watch.settled()).toBeUndefined()
      expect(watching.says).toBeUndefined()
    })
  })

  it('R1 has it seen what each version leaves behind', async () => {
    const left: Residue[] = []
    using residue = watchResidue({ observer: (it) => left.push(it) })
    const kept: NodeJS.Timeout[] = []
    Object.assign(globalThis, { uniTestKept: kept })
    const leaving = (value: string): string =>
      saying(`'${value}'`, { more: 'init() { globalThis.uniTestKept.push(setInterval(() => {}, 1_000)) },' })
    await using folder = await PluginFolder.of({ 'index.ts': leaving('one') })
    await using watching = new Watching(folder.path, { residue })
    await watching.next('added')
    await folder.write({ 'index.ts': leaving('two') })
    await watching.next('finalized')
    for (const timer of kept) clearInterval(timer)
    expect(left).toMatchObject([{ kind: 'timer', plugin: 'sayer@1.0.0' }])
    expect(left[0]?.stack).toContain(`${folder.at('index.ts')}:8:`)
  })

  it('V2 checks its options', () => {
    const host = new PluginHost({ strategies: [] })
    expect(() => watchPlugin(host, 'a', { debounceMs: -1 })).toThrow(RangeError)
    expect(() => watchPlugin(host, 'a', { debounce: 1 } as never)).toThrow(
      'watchPlugin options: expected load, reload, add, dryRun, debounceMs, observer, residue, signal, clock, and got the unknown "debounce"',
    )
    expect(() => watchPlugin(host, 'a', { load: { shared: 1 } } as never)).toThrow('watchPlugin options.load.shared')
  })
})
