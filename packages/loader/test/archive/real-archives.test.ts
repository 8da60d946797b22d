import { execFile } from 'node:child_process'
import { chmod, copyFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { PluginStore } from '@uni/reload-loader'
import { describe, expect, it } from 'vitest'
import { openPackage } from '../../src/archive/open-package.js'
import { paxRecord, tarOf, tgzOf } from '../fixtures/tarball.js'
import { tempFolder } from '../fixtures/temp-folder.js'
import { treeOf } from '../fixtures/tree-of.js'

const inFolder = tempFolder()
const run = promisify(execFile)
const open = (): Promise<PluginStore> => PluginStore.open(inFolder('store'), { journal: 'none' })

/** Every sort of file that a plugin has, one with a name of more than 100 bytes among them. */
async function plugin(): Promise<string> {
  const folder = inFolder('plugin')
  const deep = join(folder, 'lib', 'a'.repeat(90), 'b'.repeat(90))
  await mkdir(deep, { recursive: true })
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'search', version: '1.2.3', bin: 'tool.sh' }, null, 2),
  )
  await writeFile(join(folder, 'index.ts'), 'export default 1\n')
  await writeFile(join(folder, 'data.bin'), Buffer.from([0, 255, 10, 13]))
  await writeFile(join(folder, 'lib', 'empty.js'), '')
  await writeFile(join(folder, 'lib', 'naïve ✓.js'), 'x')
  await writeFile(join(deep, 'deep.js'), 'x'.repeat(3000))
  await writeFile(join(folder, 'tool.sh'), '#!/bin/sh\n')
  await chmod(join(folder, 'tool.sh'), 0o755)
  return folder
}

const PACKERS: readonly [string, (folder: string) => Promise<unknown>][] = [
  ['npm pack', (folder) => run('npm', ['pack', '--pack-destination', inFolder()], { cwd: folder })],
  ['pnpm pack', () => copyFile(join(import.meta.dirname, 'golden', 'packed-by-pnpm-10.tgz'), inFolder('search.tgz'))],
  [
    'GNU tar',
    (folder) => run('tar', ['czf', inFolder('search.tgz'), '-C', inFolder(), folder.slice(inFolder().length + 1)]),
  ],
]

describe('A3 a package is unpacked as it was packed', () => {
  it.each(PACKERS)('by %s', async (_, pack) => {
    const folder = await plugin()
    await pack(folder)
    const archive = (await readdir(inFolder())).find((name) => name.endsWith('.tgz')) as string
    await using store = await open()
    const opened = await openPackage(inFolder(archive), store, {})
    expect(await treeOf(opened.folder)).toEqual(await treeOf(folder))
    expect((await stat(join(opened.folder, 'tool.sh'))).mode & 0o777).toBe(0o555)
    expect((await stat(join(opened.folder, 'index.ts'))).mode & 0o777).toBe(0o444)
  })

  it('whatever its folder is called, and with headers that say nothing of what is in it', async () => {
    await writeFile(
      inFolder('plugin.tgz'),
      gzipSync(
        Buffer.concat([
          tarOf(
            { path: 'pax_global_header', type: 'GlobalExtendedHeader', content: paxRecord('comment', 'of a commit') },
            { path: 'owner-plugin-1a2b3c/', type: 'Directory' },
            { path: 'x', content: 'long', pax: paxRecord('mtime', '1.5') + paxRecord('path', 'owner-plugin-1a2b3c/é') },
            { path: 'x', content: 'longer', longName: `owner-plugin-1a2b3c/${'n'.repeat(120)}` },
            { path: 'owner-plugin-1a2b3c/zeros', content: Buffer.alloc(2000) },
          ),
          Buffer.alloc(9 * 512),
        ]),
      ),
    )
    await using store = await open()
    const { folder } = await openPackage(inFolder('plugin.tgz'), store, {})
    expect(await treeOf(folder)).toEqual({ é: 'long', ['n'.repeat(120)]: 'longer', zeros: '\0'.repeat(2000) })
  })
})

describe('a package in the store', () => {
  const archive = tgzOf({ path: 'p/package.json', content: '{}' }, { path: 'p/lib/a.js', content: 'a' })

  it('S1 is written once, and mended where it is not as it was unpacked', async () => {
    await writeFile(inFolder('plugin.tgz'), archive)
    await using store = await open()
    const { folder } = await openPackage(inFolder('plugin.tgz'), store, {})
    const { ino } = await stat(folder)
    expect((await openPackage(inFolder('plugin.tgz'), store, {})).folder).toBe(folder)
    expect((await stat(folder)).ino).toBe(ino)
    const whole = await treeOf(folder)
    for (const damage of [
      () => writeFile(join(folder, 'more.js'), ''),
      async () => {
        await chmod(join(folder, 'lib', 'a.js'), 0o600)
        await writeFile(join(folder, 'lib', 'a.js'), 'b')
      },
    ]) {
      await damage()
      await openPackage(inFolder('plugin.tgz'), store, {})
      expect(await treeOf(folder)).toEqual(whole)
    }
    expect(await readdir(inFolder('store', 'trash'))).not.toEqual([])
    await store.collect()
    expect(await readdir(inFolder('store', 'trash'))).toEqual([])
  })

  it('S5 stays while it is held, and then as long as the version that was built from it', async () => {
    await writeFile(inFolder('plugin.tgz'), archive)
    await using store = await open()
    const opened = await openPackage(inFolder('plugin.tgz'), store, {})
    await store.collect()
    expect(await readFile(join(opened.folder, 'lib', 'a.js'), 'utf8')).toBe('a')
    const put = { id: 'search', version: '1.0.0', code: 'code', package: opened.digest, notes: {} }
    const { hold } = await store.put(put)
    await opened.hold.letGo()
    await store.collect()
    expect((await store.get('search', '1.0.0'))?.package).toEqual({ digest: opened.digest, folder: opened.folder })
    await using second = await open()
    await hold.letGo()
    await store[Symbol.asyncDispose]()
    await second.collect()
    expect(await readdir(inFolder('store', 'packages'))).toEqual([])
  })
})
