import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { ManualClock } from '@uni/reload-core/testing'
import { LoadError, PluginStore, signPackage } from '@uni/reload-loader'
import { describe, expect, it } from 'vitest'
import { PluginFolder } from '../fixtures/plugin-folder.js'
import { tgzOf } from '../fixtures/tarball.js'
import { saying, word, WORD, Watching } from '../fixtures/watching.js'

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

  it('a file whose name changes in case alone, as it is imported', async () => {
    await using folder = await PluginFolder.of({ ...WORD, ...word('one') })
    await using watching = new Watching(folder.path)
    await watching.next('added')
    await folder.write({ 'lib/word.ts': word('two')['lib/word.ts'] as string })
    await rename(folder.at('lib/word.ts'), folder.at('lib/Word.ts'))
    await folder.write({ 'index.ts': saying('word', { imports: "import { word } from './lib/Word.ts'" }) })
    expect(await watching.untilItSays('two')).toBe(true)
  })

  it('a file that a named pipe takes the place of for a while', async () => {
    await using folder = await PluginFolder.of({ ...WORD, ...word('one') })
    await using watching = new Watching(folder.path)
    await watching.next('added')
    await rm(folder.at('lib/word.ts'))
    execFileSync('mkfifo', [folder.at('lib/word.ts')])
    const isRefused = (error: unknown): boolean => LoadError.is(error) && error.code === 'BUNDLE'
    expect(await watching.next('failed', ({ error }) => isRefused(error))).toMatchObject({
      error: { file: folder.at('lib/word.ts') },
    })
    expect(watching.says).toBe('one')
    await rm(folder.at('lib/word.ts'))
    await folder.write(word('two'))
    expect(await watching.untilItSays('two')).toBe(true)
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
