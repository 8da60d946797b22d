import { mkdtemp, open, readdir, readFile, readlink, realpath, rm, type FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { FileJournal } from '@uni/reload-core/node'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

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

  it('I3 takes no record behind one that may not have reached the disk, and says why', async () => {
    const { journal } = await FileJournal.open(file)
    const cause = new Error('input/output error')
    vi.spyOn(disk, 'datasync').mockRejectedValueOnce(cause)
    const appends = [1, 2].map((operation) => journal.append({ type: 'committed', operation }).catch((error: unknown) => error))
    const [first, second] = await Promise.all(appends)
    expect(first).toMatchObject({
      code: 'JOURNAL', step: 'append', message: expect.stringContaining('cannot be written to: input/output error') as string,
      hint: expect.stringContaining('restart the host') as string, cause,
    })
    expect(second).toBe(first)
    await journal[Symbol.asyncDispose]()
    expect(await journal.append({ type: 'committed', operation: 3 }).catch((error: unknown) => error)).toBe(first)
    expect(await readFile(file, 'utf8')).not.toContain('"operation":2')
  })

  it.runIf(process.platform === 'linux')('I12 holds nothing but its own file open, and nothing once it is closed or could not begin', async () => {
    const { journal } = await FileJournal.open(file)
    expect(await heldOpen()).toEqual([file])
    await journal[Symbol.asyncDispose]()
    expect(await heldOpen()).toEqual([])
    const cause = new Error('no space left on device')
    vi.spyOn(disk, 'sync').mockRejectedValueOnce(cause)
    await expect(FileJournal.open(file)).rejects.toBe(cause)
    expect(await heldOpen()).toEqual([])
  })
})
