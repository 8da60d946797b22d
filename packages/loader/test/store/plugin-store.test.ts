import { chmod, mkdir, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { digestOf } from '../../src/digest.js'
import { PluginStore, type NewVersion } from '@uni/reload-loader'
import { describe, expect, it } from 'vitest'
import { heldBySessions, Session } from '../../src/store/session.js'
import { StoreLayout } from '../../src/store/store-layout.js'
import { StoreLock } from '../../src/store/store-lock.js'
import { journaled } from '../fixtures/journaled.js'
import { loadFailure } from '../fixtures/load-failure.js'
import { tempFolder } from '../fixtures/temp-folder.js'

const inFolder = tempFolder()
const open = (journal: string | 'none' = 'none', options = {}): Promise<PluginStore> =>
  PluginStore.open(inFolder('store'), { journal: journal === 'none' ? 'none' : { file: journal }, ...options })

function version(id: string, number: string, code = `${id} ${number}`): NewVersion {
  return { id, version: number, code, map: `map of ${code}`, notes: { of: code } }
}

/** The only file that is in a folder of the store. */
async function onlyFile(folder: string, ending = ''): Promise<string> {
  const names = (await readdir(inFolder('store', folder))).filter((name) => name.endsWith(ending))
  expect(names).toHaveLength(1)
  return inFolder('store', folder, names[0] as string)
}

describe('a store', () => {
  it('S1 gives back what was put there, also to the next process, and writes nothing twice', async () => {
    const put = version('search', '1.0.0')
    {
      await using store = await open()
      await store.put(put)
      const before = await stat(await onlyFile('objects', '.cjs'), { bigint: true })
      const again = await store.put(put)
      expect(again).toMatchObject({ id: 'search', version: '1.0.0', digest: digestOf('search 1.0.0') })
      expect((await stat(await onlyFile('objects', '.cjs'), { bigint: true })).mtimeNs).toBe(before.mtimeNs)
    }
    await using store = await open()
    const got = await store.get('search', '1.0.0')
    expect({ ...got, hold: undefined, code: String(got?.code), map: String(got?.map) }).toEqual({
      id: 'search',
      version: '1.0.0',
      digest: digestOf('search 1.0.0'),
      code: 'search 1.0.0',
      map: 'map of search 1.0.0',
      file: await onlyFile('objects', '.cjs'),
      package: undefined,
      notes: { of: 'search 1.0.0' },
      hold: undefined,
    })
    expect(await store.get('search', '1.0.1')).toBeUndefined()
    expect(await store.has(digestOf('search 1.0.0'))).toBe(true)
    expect(await store.has(digestOf('search 1.0.1'))).toBe(false)
  })

  it('S1 keeps the same code once, and ids apart that file systems may not', async () => {
    await using store = await open()
    const ids = [
      'search',
      'Search',
      '@scope/search',
      'con',
      '../search',
      'ſearch',
      's'.repeat(300),
      'a\0b',
      'ä',
      'a\u0308',
    ]
    for (const id of ids) await store.put(version(id, '1.0.0', 'the same'))
    await onlyFile('objects', '.cjs')
    await onlyFile('objects', '.map')
    expect((await store.versions()).map(({ id }) => id)).toEqual(ids.toSorted())
    for (const id of ids) expect((await store.get(id, '1.0.0'))?.id).toBe(id)
  })

  it.runIf(process.platform !== 'win32')(
    'S2 nobody is to write to its files, nor to look into its folders',
    async () => {
      await using store = await open()
      await store.put(version('search', '1.0.0'))
      for (const file of [
        await onlyFile('objects', '.cjs'),
        await onlyFile('objects', '.map'),
        await onlyFile('versions'),
      ]) {
        expect((await stat(file)).mode & 0o777).toBe(0o444)
      }
      for (const folder of ['', 'objects', 'versions', 'sessions', 'packages', 'journals', 'trash']) {
        expect((await stat(inFolder('store', folder))).mode & 0o777).toBe(0o700)
      }
    },
  )

  it.runIf(process.platform !== 'win32')(
    'S2 one that others may write to is refused, and told how to mend that',
    async () => {
      await mkdir(inFolder('store'))
      for (const mode of [0o720, 0o702]) {
        await chmod(inFolder('store'), mode)
        expect(await loadFailure(open())).toMatchObject({ code: 'STORE', hint: expect.stringContaining('chmod go-w') })
      }
      expect(await readdir(inFolder('store'))).toEqual([])
      await chmod(inFolder('store'), 0o755)
      await (await open())[Symbol.asyncDispose]()
    },
  )

  it('a folder with something else in it is refused, and left as it is', async () => {
    await mkdir(inFolder('store'))
    for (const [name, text] of [
      ['other', 'of somebody else'],
      ['format', 'uni-reload plugin store 2\n'],
      ['format', ''],
    ] as const) {
      await writeFile(inFolder('store', name), text)
      const { code, message } = await loadFailure(open())
      expect(code).toBe('STORE')
      expect(message).toContain(text.endsWith('2\n') ? 'of format 2' : 'is no plugin store')
      expect(await readdir(inFolder('store'))).toEqual([name])
      await rm(inFolder('store', name))
    }
    await rm(inFolder('store'), { recursive: true })
    await writeFile(inFolder('store'), 'a file')
    expect(await loadFailure(open())).toMatchObject({ code: 'STORE', hint: expect.stringContaining('Name a folder') })
  })

  it('what is given is checked', async () => {
    const unknown: unknown = { journal: 'none', jurnal: 1 }
    await expect(PluginStore.open(inFolder('store'), unknown as { journal: 'none' })).rejects.toThrow(TypeError)
    const nothing: unknown = {}
    await expect(PluginStore.open(inFolder('store'), nothing as { journal: 'none' })).rejects.toThrow(
      /PluginStore options.journal: expected a FileJournal or 'none'/,
    )
  })

  it('S1 a version that cannot be written leaves nothing beside the store', async () => {
    await using store = await open()
    const [session] = await readdir(inFolder('store', 'sessions'))
    const drafts = inFolder('store', 'sessions', session as string, 'drafts')
    // In the place of the map.
    await writeFile(join(drafts, '2'), '')
    const { code } = await loadFailure(store.put(version('search', '1.0.0')))
    expect([code, await readdir(drafts)]).toEqual(['STORE', ['2']])
    await store.put(version('search', '1.0.0'))
    expect(await readdir(drafts)).toEqual(['2'])
  })

  it('S5 what somebody else has put into its folders does not disturb it', async () => {
    await using store = await open()
    await store.put(version('search', '1.0.0'))
    const folders = ['versions', 'objects', 'packages', 'journals', 'sessions', 'trash']
    for (const folder of folders) await mkdir(inFolder('store', folder, 'stray/deeper'), { recursive: true })
    for (const folder of folders.slice(2)) await writeFile(inFolder('store', folder, '.DS_Store'), '')
    expect(await store.versions()).toHaveLength(1)
    expect(await store.collect()).toMatchObject({ kept: 1, removed: [] })
    expect(await readdir(inFolder('store', 'versions'))).toContain('stray')
    await using other = await open()
    expect(await other.get('search', '1.0.0')).toBeDefined()
  })

  it('one whose folder was removed says so, and can be closed', async () => {
    const warned: unknown[] = []
    const store = await open('none', { onUncollected: (error: unknown) => warned.push(error) })
    await store.put(version('search', '1.0.0'))
    await rm(inFolder('store'), { recursive: true })
    const asks = [
      () => store.put(version('search', '1.0.1')),
      () => store.get('search', '1.0.0'),
      () => store.collect(),
      () => store.versions(),
    ]
    for (const ask of asks) {
      const error = await loadFailure(ask())
      expect(error).toMatchObject({
        code: 'STORE',
        hint: expect.stringContaining('removed while it was open') as string,
      })
    }
    await store[Symbol.asyncDispose]()
    await using anew = await open()
    await anew.put(version('search', '1.0.1'))
    expect(warned).toEqual([])
  })

  it('S5 why it could not collect is told by a name', async () => {
    const warned: unknown[] = []
    await using store = await open('none', { onUncollected: (error: unknown) => warned.push(error) })
    await rm(inFolder('store', 'versions'), { recursive: true })
    await loadFailure(store.put(version('search', '1.0.0')))
    expect(warned).toEqual([expect.objectContaining({ code: 'STORE' })])
    expect(String(warned[0])).toContain(`the store in ${store.folder} cannot be collected: ENOENT`)
  })

  it('one that is closed refuses, and what was under way is done', async () => {
    const store = await open()
    const putting = store.put(version('search', '1.0.0'))
    await store[Symbol.asyncDispose]()
    await store[Symbol.asyncDispose]()
    expect((await putting).version).toBe('1.0.0')
    expect(await loadFailure(store.get('search', '1.0.0'))).toMatchObject({
      code: 'STORE',
      message: expect.stringContaining('is closed'),
    })
    expect(await readdir(inFolder('store', 'sessions'))).toEqual([])
  })
})

describe('S3 what is read is compared with what was put there', () => {
  const damages: readonly [string, (path: string) => Promise<void>][] = [
    [
      'one byte is another',
      async (path) => {
        const bytes = await readFile(path)
        bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1
        await writeFile(path, bytes)
      },
    ],
    ['it is cut off', async (path) => writeFile(path, (await readFile(path)).subarray(0, -1))],
    ['it is empty', (path) => writeFile(path, '')],
    ['it is longer', async (path) => writeFile(path, `${await readFile(path, 'utf8')}\n`)],
    ['it is gone', (path) => rm(path)],
  ]
  it.each(damages)('nothing is given where %s, and putting it again mends it', async (_, damage) => {
    await using store = await open()
    const put = version('search', '1.0.0')
    await store.put(put)
    for (const [folder, ending] of [
      ['objects', '.cjs'],
      ['objects', '.map'],
      ['versions', ''],
    ] as const) {
      const file = await onlyFile(folder, ending)
      await chmod(file, 0o600)
      await damage(file)
      if (folder === 'versions' && (await readdir(inFolder('store', folder))).length === 0) {
        expect(await store.get('search', '1.0.0')).toBeUndefined()
      } else {
        expect(await loadFailure(store.get('search', '1.0.0'))).toMatchObject({
          code: 'STORE',
          plugin: 'search@1.0.0',
          message: expect.stringContaining('damaged'),
          hint: expect.stringContaining('Load it from its source again'),
        })
      }
      await store.put(put)
      expect(String((await store.get('search', '1.0.0'))?.code)).toBe('search 1.0.0')
    }
  })

  it('a record that says something else than its name does is not taken', async () => {
    await using store = await open()
    await store.put(version('search', '1.0.0'))
    const record = await onlyFile('versions')
    await store.put(version('other', '2.0.0'))
    const other = (await readdir(inFolder('store', 'versions'))).find((name) => name.startsWith('other')) as string
    await chmod(record, 0o600)
    await writeFile(record, await readFile(inFolder('store', 'versions', other)))
    expect(await loadFailure(store.get('search', '1.0.0'))).toMatchObject({
      code: 'STORE',
      message: expect.stringContaining('other@2.0.0'),
    })
  })
})

describe('S4 a version has one content while anybody needs it', () => {
  it('other code is refused while a process holds it, and replaces it when nobody does', async () => {
    await using store = await open()
    const { hold } = await store.put(version('search', '1.0.0', 'one'))
    expect(await loadFailure(store.put(version('search', '1.0.0', 'other')))).toMatchObject({
      code: 'STORE',
      plugin: 'search@1.0.0',
      hint: expect.stringContaining('another version'),
    })
    await using second = await open()
    await loadFailure(second.put(version('search', '1.0.0', 'other')))
    expect(String((await second.get('search', '1.0.0'))?.code)).toBe('one')
    await hold.letGo()
    await second[Symbol.asyncDispose]()
    await store.put(version('search', '1.0.0', 'other'))
    expect(String((await store.get('search', '1.0.0'))?.code)).toBe('other')
  })

  it('other code is refused while a journal names it', async () => {
    await journaled(inFolder('journal'), { search: '1.0.0' })
    await using store = await open(inFolder('journal'))
    await (await store.put(version('search', '1.0.0', 'one'))).hold.letGo()
    await loadFailure(store.put(version('search', '1.0.0', 'other')))
    await using without = await open()
    await loadFailure(without.put(version('search', '1.0.0', 'other')))
    expect(String((await without.get('search', '1.0.0'))?.code)).toBe('one')
  })

  it('other code is stored as a build of its own where that is asked for, the same code always as the same', async () => {
    await using store = await open()
    const builds: string[] = []
    for (const code of ['one', 'other', 'one', 'third', 'other']) {
      builds.push((await store.put({ ...version('search', '1.0.0', code), taken: 'add-build' })).version)
    }
    const [one, other, , third] = builds as [string, string, string, string]
    expect(one).toBe('1.0.0')
    expect(other).toMatch(/^1\.0\.0\+build\.[0-9a-f]{16}$/)
    expect(builds).toEqual([one, other, one, third, other])
    for (const [build, code] of [
      [one, 'one'],
      [other, 'other'],
      [third, 'third'],
    ] as const) {
      expect(String((await store.get('search', build))?.code)).toBe(code)
    }
    await store.put(version('search', '2.0.0+x', 'one'))
    const { version: added } = await store.put({ ...version('search', '2.0.0+x', 'other'), taken: 'add-build' })
    expect(added).toMatch(/^2\.0\.0\+x\.build\.[0-9a-f]{16}$/)
  })
})

describe('S5 what is needed stays, all else goes', () => {
  const names = async (store: PluginStore): Promise<string[]> =>
    (await store.versions()).map((it) => `${it.id}@${it.version}`)

  it('what is held, and what a journal comes back on; the files go with their versions', async () => {
    await journaled(inFolder('journal'), { search: '1.0.0', gone: '9.0.0' })
    await using store = await open(inFolder('journal'))
    const holds = new Map<string, () => Promise<void>>()
    for (const number of ['1.0.0', '2.0.0', '3.0.0']) {
      const { hold } = await store.put(version('search', number))
      holds.set(number, () => hold.letGo())
    }
    expect(await store.collect()).toEqual({ kept: 3, removed: [], bytes: 0 })
    await holds.get('1.0.0')?.()
    await holds.get('2.0.0')?.()
    await holds.get('2.0.0')?.()
    expect(await store.collect()).toEqual({ kept: 2, removed: ['search@2.0.0'], bytes: 2 * 12 + 'map of '.length })
    expect(await names(store)).toEqual(['search@1.0.0', 'search@3.0.0'])
    expect(await readdir(inFolder('store', 'objects'))).toHaveLength(4)
    await holds.get('3.0.0')?.()
    await store.collect()
    expect(await names(store)).toEqual(['search@1.0.0'])
  })

  it('what several hold stays until the last lets go, and code that two versions share stays with either', async () => {
    await using store = await open()
    const first = await store.put(version('search', '1.0.0', 'the same'))
    const second = (await store.get('search', '1.0.0')) as typeof first
    const other = await store.put(version('search', '2.0.0', 'the same'))
    await first.hold.letGo()
    await store.collect()
    expect(await names(store)).toEqual(['search@1.0.0', 'search@2.0.0'])
    await second.hold.letGo()
    await store.collect()
    expect(await names(store)).toEqual(['search@2.0.0'])
    expect(String((await store.get('search', '2.0.0'))?.code)).toBe('the same')
    await other.hold.letGo()
  })

  it('a store collects by itself', async () => {
    await using store = await open()
    for (let at = 0; at < 40; at += 1) {
      const { hold } = await store.put(version('search', `1.0.${at}`))
      await hold.letGo()
      expect((await store.versions()).length).toBeLessThanOrEqual(16)
    }
  })

  it('also where each process puts one version there, and ends', async () => {
    for (let at = 0; at < 20; at += 1) {
      await using store = await open()
      await store.put(version('search', `1.0.${at}`))
      expect(await names(store)).toEqual([`search@1.0.${at}`])
    }
  })

  it('a version whose package is gone is refused', async () => {
    await using store = await open()
    const error = await loadFailure(store.put({ ...version('search', '1.0.0'), package: digestOf('gone') }))
    expect(error).toMatchObject({ code: 'STORE', hint: expect.stringContaining('from its archive again') })
    expect(await store.collect()).toMatchObject({ kept: 0 })
  })

  it('nothing is removed while a journal cannot be read, and putting goes on', async () => {
    await journaled(inFolder('journal'), { search: '1.0.0' })
    const told: unknown[] = []
    await using store = await open(inFolder('journal'), { onUncollected: (error: unknown) => told.push(error) })
    const put = async (number: number): Promise<void> =>
      (await store.put(version('search', `${number}.0.0`))).hold.letGo()
    for (let number = 1; number <= 3; number += 1) await put(number)
    const whole = await readFile(inFolder('journal'), 'utf8')
    for (const damage of [
      () => writeFile(inFolder('journal'), whole.replace('search', 'sXarch')),
      () => rm(inFolder('journal')),
    ]) {
      await damage()
      const error = await loadFailure(store.collect())
      expect(error).toMatchObject({ code: 'STORE', hint: expect.stringContaining(join('store', 'journals')) })
      expect(error.message).toContain(inFolder('journal'))
      expect(await names(store)).toHaveLength(3)
    }
    for (let number = 4; number <= 20; number += 1) await put(number)
    expect(told).toEqual([expect.objectContaining({ code: 'STORE' })])
    expect(await names(store)).toHaveLength(20)
    await rm(await onlyFile('journals'))
    await store.collect()
    expect(await names(store)).toEqual([])
  })
})

describe('S5 S6 what is read while another store removes it', () => {
  it('is not given: whoever reads holds it first, and waits for a collection that has not seen that', async () => {
    await using store = await open()
    await using other = await open()
    const { hold } = await store.put(version('search', '1.0.0'))
    await hold.letGo()
    const layout = new StoreLayout(await realpath(inFolder('store')))
    const session = await Session.begin(layout)
    let got: Promise<unknown> | undefined
    await new StoreLock(layout, session, () => false, 0).run(async () => {
      got = other.get('search', '1.0.0')
      // As a collection that had read the holds before.
      while ((await heldBySessions(layout, () => false)).size === 0);
      await rm(await onlyFile('versions'))
    })
    expect(await got).toBeUndefined()
    expect((await heldBySessions(layout, () => false)).size).toBe(0)
    await session.end(layout)
  })
})
