import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  realpath,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { PluginHost } from '@uni/reload-core'
import { FileJournal, replaceFile } from '@uni/reload-core/node'
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest'
import { refusalOf } from '../fixtures/refusal.js'
import { TestPlugin } from '../fixtures/test-plugin.js'

let directory: string
let file: string
beforeEach(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), 'journal-file-')))
  file = join(directory, 'journal')
})
afterEach(() => rm(directory, { recursive: true, force: true }))

async function openAndClose(path: string): Promise<void> {
  await (await FileJournal.open(path)).journal[Symbol.asyncDispose]()
}

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777

describe('the file of a journal', () => {
  it.skipIf(process.platform === 'win32')('keeps its mode', async () => {
    await openAndClose(file)
    for (const mode of [0o600, 0o640, 0o664]) {
      await chmod(file, mode)
      await openAndClose(file)
      expect(await modeOf(file)).toBe(mode)
    }
  })

  it.skipIf(process.platform === 'win32' || process.getuid?.() !== 0)(
    'keeps its owner, where the process may give files away',
    async () => {
      await openAndClose(file)
      execFileSync('chown', ['1:1', file])
      await openAndClose(file)
      const { uid, gid } = await stat(file)
      expect({ uid, gid }).toEqual({ uid: 1, gid: 1 })
    },
  )

  it('is written to where a link leads, which stays one, whether there is a file yet or not', async () => {
    const target = join(directory, 'elsewhere', 'of-plugins')
    const links = [join(directory, 'link'), join(directory, 'link-to-a-link')]
    await symlink(target, links[0] as string)
    await symlink('link', links[1] as string)
    for (const link of links.toReversed()) {
      const { journal } = await FileJournal.open(link)
      // By whatever name: it is one journal.
      expect(await refusalOf(FileJournal.open(target))).toMatchObject({ code: 'JOURNAL' })
      await journal[Symbol.asyncDispose]()
    }
    expect(await Promise.all(links.map((link) => readlink(link)))).toEqual([target, 'link'])
    expect(await readFile(target, 'utf8')).toContain('uni-reload journal')
    expect((await readdir(directory)).toSorted()).toEqual(['elsewhere', 'link', 'link-to-a-link'])
  })

  it.each<[string, string, () => Promise<unknown>, string]>([
    ['a directory', 'EISDIR', () => mkdir(file), 'Name a regular file'],
    [
      'below a file',
      'ENOTDIR',
      async () => {
        await writeFile(file, '')
        file = join(file, 'journal')
      },
      'Name a regular file',
    ],
    [
      'a device',
      'EINVAL',
      async () => {
        await symlink('/dev/null', file)
      },
      'Name a regular file',
    ],
    [
      'too large to be read',
      'ERR_FS_FILE_TOO_LARGE',
      async () => {
        await writeFile(file, '')
        await truncate(file, 2 ** 32)
      },
      'longer than any journal becomes',
    ],
  ])('says what is wrong with one that is %s, and what to do', async (_, errno, make, hint) => {
    await make()
    const error = await refusalOf(FileJournal.open(file))
    expect(error).toMatchObject({
      code: 'JOURNAL',
      step: 'open',
      message: expect.stringContaining(`${file} cannot be opened`) as string,
      hint: expect.stringContaining(hint) as string,
    })
    expect(error.cause).toMatchObject({ code: errno })
  })
})

interface FullDisk {
  readonly path: string
  fill(): void
  makeRoom(): void
}

/**
 * Runs `use` with a file system of 64 KiB, mounted for it; where none may be mounted, the test is skipped, and says so.
 */
async function withSmallDisk(
  { skip, annotate }: Pick<TestContext, 'skip' | 'annotate'>,
  use: (disk: FullDisk) => Promise<void>,
): Promise<void> {
  const path = join(directory, 'small')
  const mounted = spawnSync('sh', ['-c', `mkdir -p ${path} && mount -t tmpfs -o size=64k tmpfs ${path}`])
  if (mounted.status !== 0) {
    await annotate('NOT RUN: no file system may be mounted here. It takes root on Linux.', 'warning')
    console.warn('NOT RUN: the test of a full disk. No file system may be mounted here; it takes root on Linux.')
    return skip()
  }
  try {
    await use({
      path,
      fill: () => {
        spawnSync('dd', ['if=/dev/zero', `of=${join(path, 'filler')}`, 'bs=1k'])
      },
      makeRoom: () => {
        execFileSync('rm', [join(path, 'filler')])
      },
    })
  } finally {
    spawnSync('sh', ['-c', `umount -l ${path}`])
  }
}

const PAGE = 4096

/** Installs two plugins; `beforeCommit` is called between the intent of the second and its commit. */
async function installed(path: string, id: string, beforeCommit: () => void) {
  const { journal } = await FileJournal.open(path)
  let commits = 0
  let sizeAtCommit = 0
  const host = new PluginHost({
    strategies: [],
    journal: {
      append: async (record) => {
        if (record.type === 'committed' && (commits += 1) === 2) {
          sizeAtCommit = (await stat(path)).size
          beforeCommit()
        }
        await journal.append(record)
      },
    },
  })
  await host.add(new TestPlugin('before', '1.0.0'))
  const handle = await host.add(new TestPlugin(id, '1.0.0'))
  return { journal, host, handle, sizeAtCommit }
}

describe('J2 a disk that is full', () => {
  it('an install is not permanent; when there is room, makePermanent writes it, and the next run starts it', ({
    skip,
    annotate,
  }) =>
    withSmallDisk({ skip, annotate }, async (disk) => {
      // A page that has been begun takes records without any room: the commit is to need another one.
      const ordinary = await installed(join(directory, 'ordinary'), 'a', () => {})
      await ordinary.journal[Symbol.asyncDispose]()
      const id = 'a'.repeat(1 + PAGE - 5 - (ordinary.sizeAtCommit % PAGE))
      const path = join(disk.path, 'plugins.journal')
      const { journal, host, handle } = await installed(path, id, disk.fill)
      const permanent = (): boolean[] => host.plugins().map((plugin) => plugin.permanent)
      expect(permanent()).toEqual([true, false])
      expect(await refusalOf(host.makePermanent(handle))).toMatchObject({
        code: 'JOURNAL',
        hint: expect.stringContaining('Make room on the disk') as string,
        cause: { code: 'ENOSPC' },
      })
      expect(await refusalOf(host.add(new TestPlugin('other', '1.0.0')))).toMatchObject({ code: 'JOURNAL' })
      expect(permanent()).toEqual([true, false])
      disk.makeRoom()
      await host.makePermanent(handle)
      expect(permanent()).toEqual([true, true])
      await journal[Symbol.asyncDispose]()
      const { journal: next, plan } = await FileJournal.open(path)
      await next[Symbol.asyncDispose]()
      expect([...plan.plugins.values()].map(({ version, ...plugin }) => [plugin.id, version])).toEqual([
        ['before', '1.0.0'],
        [id, '1.0.0'],
      ])
    }))

  it('a journal that cannot be begun is left as it was', ({ skip, annotate }) =>
    withSmallDisk({ skip, annotate }, async (disk) => {
      const path = join(disk.path, 'plugins.journal')
      await openAndClose(path)
      const before = await readFile(path)
      disk.fill()
      const error = await refusalOf(FileJournal.open(path))
      expect(error).toMatchObject({
        code: 'JOURNAL',
        hint: expect.stringContaining('Make room') as string,
        cause: { code: 'ENOSPC' },
      })
      expect(await readFile(path)).toEqual(before)
      disk.makeRoom()
      await openAndClose(path)
      expect((await readdir(dirname(path))).toSorted()).toEqual(['plugins.journal'])
    }))
})

describe('replaceFile', () => {
  it('makes a file and its directory, replaces it, and leaves nothing beside it', async () => {
    const path = join(directory, 'a', 'b', 'file')
    await replaceFile(path, 'one')
    await replaceFile(path, new Uint8Array([116, 119, 111]))
    expect({ content: await readFile(path, 'utf8'), files: await readdir(dirname(path)) }).toEqual({
      content: 'two',
      files: ['file'],
    })
  })

  it('I3 leaves the old content where it fails, and nothing beside it', async () => {
    await mkdir(join(directory, 'file'))
    await expect(replaceFile(join(directory, 'file'), 'x')).rejects.toMatchObject({ code: 'EISDIR' })
    expect(await readdir(directory)).toEqual(['file'])
  })
})
