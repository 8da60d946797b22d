import {
  mkdtemp,
  open,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
  type FileHandle,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { FileJournal } from '@uni/reload-core/node'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { refusalOf } from '../fixtures/refusal.js'

let file: string
/** What every file handle inherits from: the calls that reach the disk are counted, and made to fail, there. */
let disk: FileHandle
beforeEach(async () => {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'journal-disk-')))
  file = join(directory, 'journal')
  await using handle = await open(join(directory, 'other'), 'w')
  disk = Object.getPrototypeOf(handle) as FileHandle
})
afterEach(async () => {
  vi.restoreAllMocks()
  await rm(dirname(file), { recursive: true })
})

/** The files and directories below the journal's that this process holds open. */
async function heldOpen(): Promise<string[]> {
  const links = (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => ''))
  return (await Promise.all(links)).filter((path) => path.startsWith(dirname(file)))
}

describe('a journal and its disk', () => {
  it('begins a run with the file flushed, and the directory it was moved within', async () => {
    const flushed = vi.spyOn(disk, 'sync')
    const { journal } = await FileJournal.open(file)
    expect(flushed).toHaveBeenCalledTimes(process.platform === 'win32' ? 1 : 2)
    await journal[Symbol.asyncDispose]()
  })

  it('flushes each record before the append resolves', async () => {
    const { journal } = await FileJournal.open(file)
    const flushed = vi.spyOn(disk, 'datasync')
    for (const operation of [1, 2, 3]) {
      await journal.append({ type: 'committed', operation })
      expect(flushed).toHaveBeenCalledTimes(operation)
    }
    await journal[Symbol.asyncDispose]()
  })

  it.each(['datasync', 'appendFile'] as const)(
    'J2 relies on nothing that is written behind a record which may not have reached the disk: what follows goes to a new file, with all before it (%s)',
    async (call) => {
      const { journal } = await FileJournal.open(file)
      await journal.append({ type: 'intent', operation: 1, changes: [{ plugin: 'a', to: '1.0.0' }] })
      const cause = new Error('input/output error')
      vi.spyOn(disk, call).mockRejectedValueOnce(cause)
      const before = (await stat(file)).ino
      const [first, second] = await Promise.allSettled([
        journal.append({ type: 'intent', operation: 2, changes: [{ plugin: 'b', to: '1.0.0' }] }),
        journal.append({ type: 'committed', operation: 1 }),
      ])
      expect(first).toMatchObject({
        reason: {
          code: 'JOURNAL',
          step: 'append',
          message: expect.stringContaining(`${file} cannot be written to: input/output error`) as string,
          hint: expect.stringContaining('try again') as string,
          cause,
        },
      })
      expect(second.status).toBe('fulfilled')
      expect((await stat(file)).ino).not.toBe(before)
      await journal[Symbol.asyncDispose]()
      const { journal: next, plan } = await FileJournal.open(file)
      await next[Symbol.asyncDispose]()
      expect([...plan.plugins.values()]).toEqual([{ id: 'a', version: '1.0.0', abandoned: [] }])
    },
  )

  it('J2 a file that was removed or moved away under it is written anew', async () => {
    const { journal } = await FileJournal.open(file)
    await journal.append({ type: 'intent', operation: 1, changes: [{ plugin: 'a', to: '1.0.0' }] })
    await rename(file, `${file}.aside`)
    await journal.append({ type: 'committed', operation: 1 })
    await journal[Symbol.asyncDispose]()
    const { journal: next, plan } = await FileJournal.open(file)
    await next[Symbol.asyncDispose]()
    expect(plan.plugins.get('a')?.version).toBe('1.0.0')
  })

  it('J2 J6 a record is not acknowledged where another host takes the file over while it is written: that one may have read the file before it', async () => {
    const { journal } = await FileJournal.open(file)
    const intent = { type: 'intent', operation: 1, changes: [{ plugin: 'a', to: '1.0.0' }] } as const
    await journal.append(intent)
    const { datasync } = disk
    vi.spyOn(disk, 'datasync').mockImplementationOnce(async function (this: FileHandle) {
      await datasync.call(this)
      const lock = `${file}.lock`
      await writeFile(
        lock,
        JSON.stringify({ ...(JSON.parse(await readFile(lock, 'utf8')) as object), id: 'of somebody else' }),
      )
    })
    expect(await refusalOf(journal.append({ type: 'committed', operation: 1 }))).toMatchObject({
      code: 'JOURNAL',
      step: 'append',
      message: expect.stringContaining('was taken over') as string,
    })
    await journal[Symbol.asyncDispose]()
  })

  it('a file that has grown is replaced by a short one that says the same, and one that cannot be replaced grows on', async () => {
    const { journal } = await FileJournal.open(file)
    const plugin = 'a'.repeat(60_000)
    const reload = async (operation: number): Promise<void> => {
      await journal.append({
        type: 'intent',
        operation,
        changes: [{ plugin, from: `${operation - 1}.0.0`, to: `${operation}.0.0` }],
      })
      await journal.append({ type: 'permanent', operation })
    }
    const sizes: number[] = []
    let replaced = vi.spyOn(disk, 'sync')
    const flushes = process.platform === 'win32' ? 1 : 2
    for (let operation = 1; operation <= 40; operation += 1) {
      await reload(operation)
      sizes.push((await stat(file)).size)
    }
    expect(replaced).toHaveBeenCalledTimes(2 * flushes)
    expect(Math.max(...sizes)).toBeLessThan(1_300_000)
    replaced = replaced.mockRejectedValue(new Error('no space left on device'))
    for (let operation = 41; operation <= 70; operation += 1) await reload(operation)
    replaced.mockRestore()
    await journal[Symbol.asyncDispose]()
    expect((await stat(file)).size).toBeGreaterThan(1_300_000)
    const { journal: next, plan } = await FileJournal.open(file)
    await next[Symbol.asyncDispose]()
    expect(plan.plugins.get(plugin)).toEqual({ id: plugin, version: '70.0.0', abandoned: [] })
  })

  it.runIf(process.platform === 'linux')(
    'I12 holds nothing but its own file open, and nothing once it is closed or could not begin',
    async () => {
      const { journal } = await FileJournal.open(file)
      expect(await heldOpen()).toEqual([file])
      await journal[Symbol.asyncDispose]()
      expect(await heldOpen()).toEqual([])
      const cause = new Error('no space left on device')
      vi.spyOn(disk, 'sync').mockRejectedValueOnce(cause)
      await expect(FileJournal.open(file)).rejects.toMatchObject({
        code: 'JOURNAL',
        step: 'open',
        message: expect.stringContaining(`${file} cannot be opened: no space left on device`) as string,
        cause,
      })
      expect(await heldOpen()).toEqual([])
    },
  )
})
