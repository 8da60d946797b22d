import { generateKeyPairSync } from 'node:crypto'
import { chmod, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { PluginHost, type Plugin } from '@uni/reload-core'
import { FileJournal } from '@uni/reload-core/node'
import { scalarFn, scalarFnHandoff } from '@uni/reload-core/surfaces'
import { installFrom, loadPlugin, PluginStore, signPackage, startFrom, type Integrity } from '@uni/reload-loader'
import { describe, expect, it } from 'vitest'
import { digestOf } from '../../src/digest.js'
import { answerOf } from '../fixtures/answer.js'
import { answering } from '../fixtures/plugin-folder.js'
import { loadFailure } from '../fixtures/load-failure.js'
import { tgzOf } from '../fixtures/tarball.js'
import { tempFolder } from '../fixtures/temp-folder.js'

const inFolder = tempFolder()
const open = (): Promise<PluginStore> => PluginStore.open(inFolder('data', 'store'), { journal: 'none' })

/** Writes files below the test's folder. */
async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(inFolder(path, '..'), { recursive: true })
    await writeFile(inFolder(path), content)
  }
}

/** A packed plugin of version 1.0.0 that answers what this module says. */
const packed = (module: string, ...more: readonly (readonly [string, string])[]): Buffer =>
  tgzOf(
    {
      path: 'package/package.json',
      content: JSON.stringify({ name: 'packed', version: '1.0.0', main: 'index.js', type: 'module', uni: {} }),
    },
    { path: 'package/index.js', content: module },
    ...more.map(([path, content]) => ({ path: `package/${path}`, content })),
  )
const PACKED = packed(
  "import it from 'its-own'\nexport default { register() {}, answer: it + import.meta.dirname }\n",
  ['node_modules/its-own/package.json', '{}'],
  ['node_modules/its-own/index.js', "module.exports = 'its own in '"],
)

describe('P1 a version is started as it was stored', () => {
  it('whatever is at its source now, and with its stack traces and paths', async () => {
    await write({ 'plugin/index.ts': answering("'one ' + import.meta.filename") })
    await using store = await open()
    const loaded = await loadPlugin(inFolder('plugin'), { store })
    await rm(inFolder('plugin'), { recursive: true })
    const { plugin, digest, file, inputs, externals } = await installFrom(store, 'answering', '1.0.0')
    expect(answerOf({ plugin } as typeof loaded)).toBe(`one ${inFolder('plugin', 'index.ts')}`)
    expect({ digest, file, inputs, externals }).toEqual({
      digest: loaded.digest,
      file: loaded.file,
      inputs: loaded.inputs,
      externals: loaded.externals,
    })
  })

  it('a source that was changed without a new version is a build of its own, and says so', async () => {
    await using store = await open()
    const plugins: Plugin[] = []
    for (const answer of ['1', '2', '1', '3']) {
      await write({ 'plugin.ts': answering(answer) })
      plugins.push((await loadPlugin(inFolder('plugin.ts'), { store })).plugin)
    }
    const versions = plugins.map(({ manifest }) => manifest.version)
    expect(versions).toEqual([
      '1.0.0',
      expect.stringMatching(/^1\.0\.0\+build\.[0-9a-f]{16}$/),
      '1.0.0',
      expect.any(String),
    ])
    expect(new Set(versions).size).toBe(3)
    for (const [at, answer] of [1, 2, 1, 3].entries()) {
      const installed = await installFrom(store, 'answering', versions[at] as string)
      expect(installed.plugin.manifest.version).toBe(versions[at])
      expect(answerOf(installed)).toBe(answer)
    }
  })

  it('a plugin that cannot be run is not stored', async () => {
    await write({
      'throws.ts': 'throw new Error("top")\n',
      'nameless.ts': 'export default { register() {}, manifest: { version: "1.0.0" } }\n',
    })
    await using store = await open()
    expect((await loadFailure(loadPlugin(inFolder('throws.ts'), { store }))).code).toBe('THREW')
    expect((await loadFailure(loadPlugin(inFolder('nameless.ts'), { store }))).code).toBe('MANIFEST')
    expect(await store.versions()).toEqual([])
  })

  it('one that is not there, is damaged, or is of another format is refused, and told what to do', async () => {
    await write({ 'plugin.ts': answering('1') })
    await using store = await open()
    expect(await loadFailure(installFrom(store, 'answering', '1.0.0'))).toMatchObject({
      code: 'NOT_FOUND',
      plugin: 'answering@1.0.0',
      hint: expect.stringContaining('Load it from its source'),
    })
    await loadPlugin(inFolder('plugin.ts'), { store })
    const objects = inFolder('data', 'store', 'objects')
    const code = (await readdir(objects)).find((name) => name.endsWith('.cjs')) as string
    await chmod(`${objects}/${code}`, 0o600)
    await writeFile(`${objects}/${code}`, 'globalThis.ran = true')
    expect(await loadFailure(installFrom(store, 'answering', '1.0.0'))).toMatchObject({ code: 'STORE' })
    expect('ran' in globalThis).toBe(false)
    await store.put({ id: 'older', version: '1.0.0', code: 'globalThis.ran = true', notes: { format: 0 } })
    expect((await loadFailure(installFrom(store, 'older', '1.0.0'))).message).toContain('format 0')
    expect('ran' in globalThis).toBe(false)
  })

  it('a signal that fired ends it before anything is run', async () => {
    await using store = await open()
    expect((await loadFailure(installFrom(store, 'a', '1.0.0', { signal: AbortSignal.abort() }))).code).toBe('ABORTED')
  })
})

describe('P2 after a restart', () => {
  it('a host begins with the permanent versions, one commit for all', async () => {
    const plugin = (version: string, value: number): string => `
      import { scalarFn } from '@uni/reload-core/surfaces'
      export default {
        manifest: { id: 'it', version: '${version}' },
        register(registrar) { registrar.provide(scalarFn, { name: 'value', arity: 0, call: () => ${value} }) },
      }`
    const valueOf = (host: PluginHost): unknown => host.run((lease) => lease.get(scalarFn, 'value').call())
    {
      const { journal, plan } = await FileJournal.open(inFolder('data', 'journal'))
      await using store = await PluginStore.open(inFolder('data', 'store'), { journal })
      const host = new PluginHost({ strategies: [scalarFnHandoff()], journal })
      expect(await startFrom(host, store, plan)).toEqual([])
      await write({ 'it.ts': plugin('1.0.0', 1) })
      const handle = await host.add((await loadPlugin(inFolder('it.ts'), { store })).plugin)
      await write({ 'it.ts': plugin('2.0.0', 2) })
      const { handle: second } = await host.reload(handle, (await loadPlugin(inFolder('it.ts'), { store })).plugin)
      await host.makePermanent(second)
      await write({ 'it.ts': plugin('3.0.0', 3) })
      await host.reload(second, (await loadPlugin(inFolder('it.ts'), { store })).plugin)
      expect(valueOf(host)).toBe(3)
      await host.close()
      await journal[Symbol.asyncDispose]()
    }
    const { journal, plan } = await FileJournal.open(inFolder('data', 'journal'))
    await using store = await PluginStore.open(inFolder('data', 'store'), { journal })
    const host = new PluginHost({ strategies: [scalarFnHandoff()], journal })
    expect(await startFrom(host, store, plan)).toHaveLength(1)
    expect(host.plugins().map(({ id, version }) => `${id}@${version}`)).toEqual(['it@2.0.0'])
    expect(valueOf(host)).toBe(2)
    await store.collect()
    expect((await store.versions()).map(({ version }) => version)).toEqual(['2.0.0'])
    await host.close()
    await journal[Symbol.asyncDispose]()
  })
})

describe('S5 a version stays until its lifetime has ended, whoever still has its plugin', () => {
  const module = (version: string, more = ''): string =>
    `export default { manifest: { id: 'it', version: '${version}' }, register() {}, ${more} }\n`
  const load = async (store: PluginStore, version: string, more?: string): Promise<Plugin> => {
    await write({ 'it.ts': module(version, more) })
    return (await loadPlugin(inFolder('it.ts'), { store })).plugin
  }
  const left = async (store: PluginStore): Promise<string[]> => {
    await store.collect()
    return (await store.versions()).map(({ version }) => version)
  }

  it('which is after it was replaced; one that was taken back to serves in its first lifetime', async () => {
    await using store = await open()
    const host = new PluginHost({ strategies: [] })
    const plugins = [await load(store, '1.0.0'), await load(store, '2.0.0'), await load(store, '3.0.0')] as const
    const { handle, finalized } = await host.reload(await host.add(plugins[0]), plugins[1])
    await finalized
    expect(await left(store)).toEqual(['2.0.0', '3.0.0'])
    const baking = await host.reload(handle, plugins[2], { bake: { ms: 3_600_000 } })
    expect(await left(store)).toEqual(['2.0.0', '3.0.0'])
    await host.takeBack(baking.handle)
    await baking.finalized
    expect(await left(store)).toEqual(['2.0.0'])
    await host.close()
    expect(await left(store)).toEqual([])
    expect(plugins).toHaveLength(3)
  })

  it.each([
    ['a dry run', ''],
    ['a reload that has failed', 'fails: 1, init() { if (this.fails-- > 0) throw new Error("not yet") }'],
  ])('which is after %s; when the plugin is registered again, it is put there again', async (_, more) => {
    await using store = await open()
    const host = new PluginHost({ strategies: [] })
    const handle = await host.add(await load(store, '1.0.0'))
    const plugin = await load(store, '2.0.0', more)
    await host.reload(handle, plugin, { dryRun: true }).catch(() => {})
    expect(await left(store)).toEqual(['1.0.0'])
    const { finalized } = await host.reload(handle, plugin)
    await finalized
    expect(await left(store)).toEqual(['2.0.0'])
    expect((await installFrom(store, 'it', '2.0.0')).plugin.manifest.version).toBe('2.0.0')
    await host.close()
  })

  it('where its package is gone by then, it is refused, and what served goes on', async () => {
    await writeFile(inFolder('plugin.tgz'), PACKED)
    await using store = await open()
    const host = new PluginHost({ strategies: [] })
    const { plugin } = await loadPlugin(inFolder('plugin.tgz'), { store })
    await host.remove(await host.add(plugin)).then(({ finalized }) => finalized)
    expect(await left(store)).toEqual([])
    expect(await readdir(`${store.folder}/packages`)).toEqual([])
    await expect(host.add(plugin)).rejects.toMatchObject({ code: 'PLUGIN', cause: { code: 'STORE' } })
    expect(host.plugins()).toEqual([])
  })

  it('a package that cannot be bundled is not kept', async () => {
    await writeFile(inFolder('plugin.tgz'), packed('export default {'))
    await using store = await open()
    await loadFailure(loadPlugin(inFolder('plugin.tgz'), { store }))
    await store.collect()
    expect(await readdir(`${store.folder}/packages`)).toEqual([])
  })
})

describe('A3 a packed plugin', () => {
  it('is loaded with what is packed with it, and started from the store', async () => {
    await writeFile(inFolder('plugin.tgz'), PACKED)
    await using store = await open()
    const loaded = await loadPlugin(inFolder('plugin.tgz'), { store })
    expect(answerOf(loaded)).toMatch(new RegExp(`^its own in ${store.folder}/packages/[0-9a-f]{64}$`))
    expect(answerOf(await installFrom(store, 'packed', '1.0.0'))).toBe(answerOf(loaded))
    expect(answerOf(await loadPlugin(inFolder('plugin.tgz'), { store }))).toBe(answerOf(loaded))
    expect(await store.versions()).toHaveLength(1)
  })

  it('without a store is refused', async () => {
    await writeFile(inFolder('plugin.tgz'), PACKED)
    expect(await loadFailure(loadPlugin(inFolder('plugin.tgz')))).toMatchObject({
      code: 'STORE',
      hint: expect.stringContaining('option store'),
    })
  })

  it('under a version that another package has is refused while that is in use', async () => {
    await writeFile(inFolder('plugin.tgz'), PACKED)
    await using store = await open()
    const loaded = await loadPlugin(inFolder('plugin.tgz'), { store })
    await writeFile(inFolder('plugin.tgz'), packed('export default { register() {}, answer: 2 }'))
    expect(await loadFailure(loadPlugin(inFolder('plugin.tgz'), { store }))).toMatchObject({
      code: 'STORE',
      plugin: 'packed@1.0.0',
    })
    expect(answerOf(await installFrom(store, 'packed', '1.0.0'))).toBe(answerOf(loaded))
  })

  it('T1 T2 T4 is looked at again when it is started: a key that is no longer trusted starts nothing', async () => {
    const keys = generateKeyPairSync('ed25519')
    const trust = { keys: { ours: keys.publicKey } }
    await writeFile(inFolder('plugin.tgz'), PACKED)
    await writeFile(inFolder('plugin.tgz.sig'), JSON.stringify(signPackage(PACKED, keys.privateKey, 'ours')))
    await using store = await open()
    const loaded = await loadPlugin(inFolder('plugin.tgz'), { store, trust, integrity: digestOf(PACKED) })
    expect(answerOf(await installFrom(store, 'packed', '1.0.0', { trust, integrity: loaded.digest }))).toBe(
      answerOf(loaded),
    )
    expect((await loadFailure(installFrom(store, 'packed', '1.0.0', { trust: { keys: {} } }))).code).toBe('SIGNATURE')
    const other = digestOf('other')
    expect((await loadFailure(installFrom(store, 'packed', '1.0.0', { integrity: other }))).code).toBe('INTEGRITY')
    expect((await loadFailure(loadPlugin(inFolder('plugin.tgz'), { store, integrity: other }))).code).toBe('INTEGRITY')
  })

  it('T1 T3 of a file or a folder, the digest is that of the bundle, and nobody has signed it', async () => {
    await write({ 'plugin.ts': answering('1') })
    await using store = await open()
    const { digest } = await loadPlugin(inFolder('plugin.ts'), { store })
    await loadPlugin(inFolder('plugin.ts'), { integrity: digest })
    const wrong: Integrity = digestOf('other')
    expect((await loadFailure(loadPlugin(inFolder('plugin.ts'), { integrity: wrong }))).code).toBe('INTEGRITY')
    const trust = { keys: {} }
    expect((await loadFailure(loadPlugin(inFolder('plugin.ts'), { trust }))).code).toBe('SIGNATURE')
    expect((await loadFailure(installFrom(store, 'answering', '1.0.0', { trust }))).code).toBe('SIGNATURE')
    const told: unknown[] = []
    const warn = { keys: {}, unsigned: 'warn', onUnsigned: (it: unknown) => told.push(it) } as const
    expect(answerOf(await loadPlugin(inFolder('plugin.ts'), { trust: warn }))).toBe(1)
    expect(told).toHaveLength(1)
  })
})

describe("A4 nothing outside of a plugin's folder is in its bundle", () => {
  const PACKAGE = JSON.stringify({ name: 'it', version: '1.0.0', main: 'index.ts' })
  const importing = (path: string): string => `import it from ${JSON.stringify(path)}\n${answering('it')}`

  const reaching: readonly [string, () => Promise<unknown>, string][] = [
    ['..', () => write({ 'plugin/index.ts': importing('../secret.txt') }), 'index.ts'],
    ['an absolute path', () => write({ 'plugin/index.ts': importing(inFolder('secret.txt')) }), 'index.ts'],
    [
      'a link to a file',
      async () => {
        await write({ 'plugin/index.ts': importing('./here.txt') })
        await symlink(inFolder('secret.txt'), inFolder('plugin', 'here.txt'))
      },
      'index.ts',
    ],
    [
      'a link to a folder',
      async () => {
        await write({
          'plugin/lib/a.ts': 'export { default } from "../up/secret.txt"',
          'plugin/index.ts': importing('./lib/a'),
        })
        await symlink(inFolder(), inFolder('plugin', 'up'))
      },
      'lib/a.ts',
    ],
    [
      'a dependency that reaches out',
      () =>
        write({
          'plugin/node_modules/dep/index.js': "module.exports = require('../../../secret.txt')",
          'plugin/index.ts': importing('dep'),
        }),
      'node_modules/dep/index.js',
    ],
    [
      'an entry that is a link',
      async () => {
        await write({ 'elsewhere.ts': answering('1') })
        await symlink(inFolder('elsewhere.ts'), inFolder('plugin', 'index.ts'))
      },
      'index.ts',
    ],
  ]
  it.each(reaching)('%s', async (_, prepare, by) => {
    await write({ 'secret.txt': 'secret', 'plugin/package.json': PACKAGE })
    await prepare()
    const error = await loadFailure(loadPlugin(inFolder('plugin')))
    expect(error).toMatchObject({ code: 'OUTSIDE', file: inFolder('plugin', by) })
    expect(error.message).toContain(`outside of the plugin's folder, ${inFolder('plugin')}`)
    expect(error.message).not.toContain('secret\n')
  })

  it('packages that are imported by name may be elsewhere, as package managers put them, unless the plugin is packed', async () => {
    await write({
      'plugin/package.json': PACKAGE,
      'plugin/index.ts': importing('dep'),
      'node_modules/dep/index.js': "module.exports = require('./more.js')",
      'node_modules/dep/more.js': "module.exports = 'found above'",
      'workspace/linked/index.js': "module.exports = require('../beside.js')",
      'workspace/beside.js': "module.exports = 'linked'",
    })
    expect(answerOf(await loadPlugin(inFolder('plugin')))).toBe('found above')
    await mkdir(inFolder('plugin', 'node_modules'))
    await symlink(inFolder('workspace', 'linked'), inFolder('plugin', 'node_modules', 'dep'))
    expect(answerOf(await loadPlugin(inFolder('plugin')))).toBe('linked')
    await using store = await open()
    await writeFile(inFolder('plugin.tgz'), packed(importing('dep')))
    const error = await loadFailure(loadPlugin(inFolder('plugin.tgz'), { store }))
    expect(error).toMatchObject({ code: 'OUTSIDE', hint: expect.stringContaining('bundledDependencies') })
    expect(error.message).toContain(inFolder('node_modules', 'dep'))
    expect(await store.versions()).toEqual([])
  })
})
