import { PluginHost } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { scalarFnHandoff } from '@uni/reload-core/surfaces'
import { watchPlugin, watchResidue, type Residue } from '@uni/reload-loader'
import { describe, expect, it } from 'vitest'
import { PluginFolder } from '../fixtures/plugin-folder.js'
import { saying, word, WORD, Watching } from '../fixtures/watching.js'

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
