import { chmod, chown, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { PluginHost } from '@uni/reload-core'
import { installFrom, loadPlugin, PluginStore, ReadOnlyStore } from '@uni/reload-loader'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { buildProgram, runProgram } from '../crash/program.js'
import { answerOf } from '../fixtures/answer.js'
import { loadFailure } from '../fixtures/load-failure.js'
import { answering } from '../fixtures/plugin-folder.js'
import { tempFolder } from '../fixtures/temp-folder.js'
import { treeOf } from '../fixtures/tree-of.js'

const inFolder = tempFolder()
const NOBODY = 65_534

beforeEach(async () => {
  await mkdir(inFolder('plugin'))
  await writeFile(inFolder('plugin/index.ts'), answering('42'))
  await using store = await PluginStore.open(inFolder('store'), { journal: 'none' })
  await loadPlugin(inFolder('plugin'), { store })
})

async function emptyFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true })
  await mkdir(folder, { mode: 0o700 })
}

describe('S7 a store that is only read', () => {
  it('gives what is in it to be started, as often as one likes, and nothing is written', async () => {
    const before = await treeOf(inFolder('store'))
    await using store = await ReadOnlyStore.open(inFolder('store'))
    expect(await store.versions()).toMatchObject([{ id: 'answering', version: '1.0.0' }])
    expect(await store.get('answering', '1.0.1')).toBeUndefined()
    await rm(inFolder('plugin'), { recursive: true })
    const loaded = await installFrom(store, 'answering', '1.0.0')
    expect(answerOf(loaded)).toBe(42)
    await using host = new PluginHost({ strategies: [] })
    const handle = await host.add(loaded.plugin)
    await host.remove(handle)
    await host.add(loaded.plugin)
    expect(host.plugins()).toMatchObject([{ id: 'answering', version: '1.0.0' }])
    expect(await treeOf(inFolder('store'))).toEqual(before)
  })

  it('S3 gives nothing that is damaged', async () => {
    const code = (await readdir(inFolder('store/objects'))).find((name) => name.endsWith('.cjs'))
    await rm(inFolder('store/objects', code as string))
    const store = await ReadOnlyStore.open(inFolder('store'))
    expect(await loadFailure(store.get('answering', '1.0.0'))).toMatchObject({
      code: 'STORE',
      message: expect.stringContaining('it is damaged in the store') as string,
    })
  })

  it('is not taken for one to load into', async () => {
    const store: unknown = await ReadOnlyStore.open(inFolder('store'))
    await expect(loadPlugin(inFolder('plugin'), { store: store as PluginStore })).rejects.toThrow(
      /loadPlugin options.store: expected .*put/,
    )
  })

  it.each<[what: string, prepare: () => Promise<unknown>, says: RegExp]>([
    ['there is none', () => rm(inFolder('store'), { recursive: true }), /there is no store in .* PluginStore.open/],
    ['it does not say what it is', () => rm(inFolder('store/format')), /is no plugin store, and is not empty/],
    ['the folder is empty', () => emptyFolder(inFolder('store')), /is empty\. Make a store there/],
    ['others may write to it', () => chmod(inFolder('store'), 0o777), /others may write to .* chmod go-w/],
  ])('S2 is refused where %s', async (_, prepare, says) => {
    await prepare()
    expect(await loadFailure(ReadOnlyStore.open(inFolder('store')))).toMatchObject({
      code: 'STORE',
      message: expect.stringMatching(says) as string,
    })
  })

  describe('as its files may not be written', () => {
    const all = async (): Promise<string[]> => {
      const names = await readdir(inFolder('store'), { recursive: true })
      return [inFolder('store'), ...names.map((name) => inFolder('store', name))]
    }
    beforeEach(async () => {
      // Whoever is root runs the program as somebody else.
      const isRoot = process.geteuid?.() === 0
      for (const path of [inFolder(), ...(await all())]) if (isRoot) await chown(path, NOBODY, NOBODY)
      for (const path of await all()) await chmod(path, 0o555)
    })
    afterEach(async () => {
      for (const path of await all()) await chmod(path, 0o755)
    })

    it('is started from; whoever opens it to write is told why not, and what to do', async () => {
      const { end, lines, complaints } = await runProgram(await buildProgram('reading-life'), inFolder())
      expect({ end, complaints }).toEqual({ end: 'exit code 0', complaints: '' })
      expect(lines).toEqual([
        expect.stringMatching(/^STORE: STORE: the store in store cannot be opened: EACCES.* ReadOnlyStore.open\.$/),
        'answers 42',
      ])
    })
  })
})
