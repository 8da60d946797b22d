import { spawnSync } from 'node:child_process'
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fc } from '@fast-check/vitest'
import { PluginCallError } from '@uni/reload-core'
import { storageBackend, type Storage, type StorageBackendProvider } from '@uni/reload-core/surfaces'
import { describe, expect, it } from 'vitest'
import { blobsEntry as entry } from '../../src/plugins/blobs/entry.js'
import { fileOf, keysAmong } from '../../src/plugins/blobs/file-names.js'
import { hostWith, servingVersion } from './support/host.js'
import { providerOf } from './support/providers.js'
import { tempDirectory } from './support/temp-directory.js'
import { expectTurnedAway, reload } from './support/turned-away.js'

const VERSIONS = [
  ['1.0.0', entry.v1],
  ['2.0.0', entry.v2],
] as const
const backend = (make: typeof entry.v1): StorageBackendProvider => providerOf(make(), storageBackend)
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

async function keysOf(storage: Storage, prefix?: string): Promise<string[]> {
  const keys: string[] = []
  for await (const key of storage.keys(prefix)) keys.push(key)
  return keys
}

async function hostWithAttachments(path: string) {
  const host = await hostWith(entry.v1())
  const attachments = await host.attach(storageBackend, {
    name: 'attachments',
    key: 'file',
    open: (provider) => provider.open(path),
  })
  const put = (key: string): Promise<void> => attachments.write({ op: 'put', key, value: bytes(`of ${key}`) })
  return { host, attachments, put, keys: () => attachments.use((storage) => keysOf(storage)) }
}

describe.each(VERSIONS)('blobs %s', (version, make) => {
  it('keeps bytes under keys of every kind', async () => {
    await using directory = await tempDirectory()
    expect(backend(make)).toMatchObject({ version, scheme: 'file' })
    const storage = await backend(make).open(directory.path)
    const keys = ['', '.', '..', '../up', 'a', 'A', 'a/b', 'LOCK', 'ä', '𝄞', '\u{ffff}', 'a\0b', 'x'.repeat(120)]
    for (const key of keys) await storage.put(key, bytes(`of ${key}`))
    for (const key of keys) expect(await storage.get(key)).toEqual(bytes(`of ${key}`))
    expect(await keysOf(storage)).toEqual(keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))))
    expect(await keysOf(storage, 'a')).toEqual(['a', 'a\0b', 'a/b'])
    await storage.put('a', new Uint8Array())
    await storage.delete('..')
    await storage.delete('..')
    expect({ a: await storage.get('a'), dots: await storage.get('..'), none: await storage.get('none') }).toEqual({
      a: new Uint8Array(),
      dots: undefined,
      none: undefined,
    })
    await storage.close()
  })

  it('refuses keys that no file can keep', async () => {
    await using directory = await tempDirectory()
    const storage = await backend(make).open(directory.path)
    for (const key of ['x'.repeat(121), '\ud800']) {
      await expect(async () => storage.put(key, bytes(''))).rejects.toThrow(PluginCallError)
      await expect(async () => storage.get(key)).rejects.toThrow(PluginCallError)
    }
    expect(await keysOf(storage)).toEqual([])
    await storage.close()
  })

  it('has its directory to itself, under whatever path, until it is closed', async () => {
    await using directory = await tempDirectory()
    const path = join(directory.path, 'blobs')
    const storage = await backend(make).open(path)
    await symlink(path, join(directory.path, 'alias'))
    expect(await readFile(join(path, 'LOCK'), 'utf8')).toBe(String(process.pid))
    for (const [, other] of VERSIONS) {
      await expect(async () => backend(other).open(path)).rejects.toThrow(`in use by process ${process.pid}`)
      await expect(async () => backend(other).open(join(directory.path, 'alias'))).rejects.toThrow('in use')
    }
    await storage.close()
    expect(await readdir(path)).toEqual([])
    await (await backend(make).open(join(directory.path, 'alias'))).close()
  })

  it('is had by one of several that open it at once', async () => {
    await using directory = await tempDirectory()
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, async () => backend(make).open(directory.path)))
    const [opened, ...others] = outcomes.filter((outcome) => outcome.status === 'fulfilled')
    expect(others).toEqual([])
    await opened?.value.close()
    expect(await readdir(directory.path)).toEqual([])
  })

  it.each([
    ['a process that is gone', spawnSync(process.execPath, ['--version']).pid],
    ['an earlier process of the same id', process.pid],
    ['nobody', ''],
  ])('takes over the lock of %s', async (_, pid) => {
    await using directory = await tempDirectory()
    await writeFile(join(directory.path, 'LOCK'), String(pid))
    const storage = await backend(make).open(directory.path)
    expect(await readdir(directory.path)).toEqual(['LOCK'])
    await expect(async () => backend(make).open(directory.path)).rejects.toThrow('in use')
    await storage.close()
  })

  it('respects the lock of another process that lives, for as long as it is there', async () => {
    await using directory = await tempDirectory()
    const lock = join(directory.path, 'LOCK')
    await writeFile(lock, String(process.ppid))
    await expect(async () => backend(make).open(directory.path)).rejects.toThrow(`in use by process ${process.ppid}`)
    expect(await readdir(directory.path)).toEqual(['LOCK'])
    await rm(lock)
    await (await backend(make).open(directory.path)).close()
  })

  it('leaves a lock alone that another process is taking over', async () => {
    await using directory = await tempDirectory()
    await writeFile(join(directory.path, 'LOCK'), '')
    await writeFile(join(directory.path, 'LOCK.takeover'), String(process.ppid))
    await expect(async () => backend(make).open(directory.path)).rejects.toThrow('another process is taking it over')
    expect((await readdir(directory.path)).sort()).toEqual(['LOCK', 'LOCK.takeover'])
  })
})

it('keys are sorted by their bytes, in whatever order the file system lists them', () => {
  const keys = ['b', '\u{ffff}', 'a', '𝄞', 'ab']
  expect(keysAmong([...keys.map(fileOf), 'LOCK', '1.new'], '')).toEqual(['a', 'ab', 'b', '\u{ffff}', '𝄞'])
})

it('version 2 removes what a crash left of a write', async () => {
  await using directory = await tempDirectory()
  await writeFile(join(directory.path, '7.new'), 'half of')
  const storage = await backend(entry.v2).open(directory.path)
  expect(await readdir(directory.path)).toEqual(['LOCK'])
  await storage.close()
})

it('version 2 keeps the old value and nothing else where the new one cannot be put in place', async () => {
  await using directory = await tempDirectory()
  const storage = await backend(entry.v2).open(directory.path)
  await mkdir(join(directory.path, '61.blob'))
  await expect(async () => storage.put('a', bytes('new'))).rejects.toThrow(/EISDIR|EEXIST|ENOTEMPTY/)
  expect((await readdir(directory.path)).sort()).toEqual(['61.blob', 'LOCK'])
  await storage.close()
})

const act = fc.oneof(
  fc.record({ put: fc.constantFrom('a', 'ab', 'b', 'ä', ''), value: fc.uint8Array({ maxLength: 10 }) }),
  fc.record({ remove: fc.constantFrom('a', 'ab', 'b', 'ä', '') }),
  fc.constant('reopen' as const),
)

it('I4 each version has what the other wrote', () =>
  fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 25 }), async (acts) => {
      await using directory = await tempDirectory()
      const model = new Map<string, Uint8Array>()
      let turn = 0
      let storage = await backend(entry.v1).open(directory.path)
      for (const what of [...acts, 'reopen' as const]) {
        if (what === 'reopen') {
          await storage.close()
          turn += 1
          storage = await backend(turn % 2 === 0 ? entry.v1 : entry.v2).open(directory.path)
        } else if ('put' in what) {
          model.set(what.put, what.value)
          await storage.put(what.put, what.value)
        } else {
          model.delete(what.remove)
          await storage.delete(what.remove)
        }
        const found = await Promise.all(
          (await keysOf(storage)).map(async (key) => [key, await storage.get(key)] as const),
        )
        expect(new Map(found)).toEqual(model)
      }
      await storage.close()
    }),
    { numRuns: 50 },
  ))

describe('the blobs plugin', () => {
  it('I4 goes from version 1 to 2 and back, one owner of the directory at a time', async () => {
    await using directory = await tempDirectory()
    {
      const { host, put, keys } = await hostWithAttachments(directory.path)
      await using _ = host
      const expected: string[] = []
      for (const [make, version] of [
        [entry.v2, '2.0.0'],
        [entry.v1, '1.0.0'],
        [entry.v2, '2.0.0'],
      ] as const) {
        const names = ['before', 'during', 'after'].map((when) => `${expected.length} ${when}`) as [
          string,
          string,
          string,
        ]
        expected.push(...names)
        await put(names[0])
        await Promise.all([reload(host, entry, make()), put(names[1])])
        await put(names[2])
        expect(servingVersion(host, storageBackend, 'file')).toBe(version)
        expect(await keys()).toEqual(expected.toSorted())
      }
    }
    expect(await readdir(directory.path)).not.toContain('LOCK')
  })

  it('I3 a version that does not open is rolled back, and the old one opened again', async () => {
    await using directory = await tempDirectory()
    const { host, put, keys } = await hostWithAttachments(directory.path)
    await using _ = host
    await put('a')
    for (const bad of entry.bad()) await expectTurnedAway(host, entry, bad)
    await put('b')
    expect(servingVersion(host, storageBackend, 'file')).toBe('1.0.0')
    expect(await keys()).toEqual(['a', 'b'])
    expect(await readFile(join(directory.path, 'LOCK'), 'utf8')).toBe(String(process.pid))
  })

  it('is replaced exclusively, as its provider says, without the caller naming the cutover', async () => {
    await using directory = await tempDirectory()
    const { host, put, keys } = await hostWithAttachments(directory.path)
    await using _ = host
    await put('a')
    const { report } = await host.reload(host.plugin('blobs') ?? { id: 'blobs', generation: -1 }, entry.v2())
    expect(report).toMatchObject({
      cutover: 'exclusive',
      handoffs: [{ resource: 'attachments', cutover: 'exclusive', cutoverBy: 'old provider' }],
    })
    await put('b')
    expect(await keys()).toEqual(['a', 'b'])
  })
})
