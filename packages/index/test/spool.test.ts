import { spawnSync } from 'node:child_process'
import { appendFile, open, readFile, stat, truncate, utimes, writeFile, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { fileImage, fileSpool } from '@uni/reload-index/node'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { temporaryDirectory, type TemporaryDirectory } from './fixtures/directory.js'
import { failureOf, Reload } from './fixtures/reload.js'
import { plainHandle, plainKind } from './fixtures/plain-index.js'
import { LARGE } from './fixtures/spool.js'

const spoolName = (pid: number): string => `uni-reload-${pid}-00000000-0000-4000-8000-000000000000.image`

async function* torn(): AsyncGenerator<Uint8Array> {
  yield LARGE
  throw new Error('torn')
}

async function onlyFile(directory: TemporaryDirectory): Promise<string> {
  const names = await directory.list()
  expect(names).toHaveLength(1)
  return join(directory.path, names[0] as string)
}

describe('X10: what the spool wrote', () => {
  test('is named where the disk does not take it, with what to do, and nothing of it is left', async () => {
    await using directory = await temporaryDirectory()
    await using other = await open(join(directory.path, 'other'), 'w')
    const full = vi
      .spyOn(Object.getPrototypeOf(other) as FileHandle, 'write')
      .mockRejectedValueOnce(Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' }))
    const error = await fileSpool(directory.path)
      .write([LARGE])
      .then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
    full.mockRestore()
    expect(error).toMatchObject({
      message: expect.stringMatching(/cannot be written to .*\.image: ENOSPC.* Make room on its disk/) as string,
      cause: { code: 'ENOSPC' },
    })
    expect((error as Error).message).toContain(directory.path)
    expect(await directory.list()).toEqual(['other'])
  })

  test('is written whole, by a platform that takes a part at a time', async () => {
    await using directory = await temporaryDirectory()
    await using other = await open(join(directory.path, 'other'), 'w')
    const parts: number[] = []
    const partly = vi.spyOn(Object.getPrototypeOf(other) as FileHandle, 'write').mockImplementation(async function (
      this: FileHandle,
      ...[chunk, at]: unknown[]
    ) {
      const buffer = (chunk as Uint8Array).subarray(at as number, (at as number) + 1000)
      parts.push(buffer.byteLength)
      const { bytesWritten } = await this.writev([buffer])
      return { bytesWritten, buffer: '' }
    })
    const image = await fileSpool(directory.path).write([LARGE.subarray(0, 2500)])
    partly.mockRestore()
    expect(parts).toEqual([1000, 1000, 500])
    expect(Buffer.compare(await image.bytes(), LARGE.subarray(0, 2500))).toBe(0)
  })

  test('is read back as it was, in every form, and removed once', async () => {
    await using directory = await temporaryDirectory()
    const image = await fileSpool(directory.path).write([LARGE.subarray(0, 100), LARGE.subarray(100)])
    expect(image.byteLength).toBe(LARGE.byteLength)
    expect(Buffer.compare(await image.bytes(), LARGE)).toBe(0)
    const chunks: Uint8Array[] = []
    for await (const chunk of image.stream()) chunks.push(chunk)
    expect(Buffer.compare(Buffer.concat(chunks), LARGE)).toBe(0)
    expect(Buffer.compare(await readFile(await image.file()), LARGE)).toBe(0)
    await image.discard()
    await image.discard()
    expect(await directory.list()).toEqual([])
    await expect(image.bytes()).rejects.toThrow('the image is gone')
    await expect(image.file()).rejects.toThrow('the image is gone')
  })

  const damages: Record<string, readonly [damage: (path: string) => Promise<void>, message: RegExp]> = {
    truncated: [(path) => truncate(path, 1000), /truncated: 1000 of 3145739 bytes/],
    longer: [(path) => appendFile(path, 'x'), /too long: 3145740 of 3145739 bytes/],
    changed: [
      async (path) => {
        const bytes = await readFile(path)
        bytes[12345]! ^= 1
        await writeFile(path, bytes)
      },
      /was changed since it was written: its CRC-32/,
    ],
  }
  test.for(Object.entries(damages))('is refused when it is %s', async ([, [damage, message]]) => {
    await using directory = await temporaryDirectory()
    const image = await fileSpool(directory.path).write([LARGE])
    await damage(await onlyFile(directory))
    await expect(image.bytes()).rejects.toThrow(message)
    await expect(image.file()).rejects.toThrow(message)
    await expect(
      (async () => {
        for await (const chunk of image.stream()) expect(chunk.byteLength).toBeGreaterThan(0)
      })(),
    ).rejects.toThrow(message)
    await image.discard()
    expect(await directory.list()).toEqual([])
  })

  test('is read by nobody else: an image is as private as the index', async () => {
    await using directory = await temporaryDirectory()
    const image = await fileSpool(directory.path).write([LARGE])
    expect((await stat(await onlyFile(directory))).mode & 0o777).toBe(0o600)
    await image.discard()
  })

  test('is closed when its reader stops half-way', async () => {
    await using directory = await temporaryDirectory()
    await using other = await open(join(directory.path, 'other'), 'w')
    const image = await fileSpool(directory.path).write([LARGE])
    const asked = vi.spyOn(Object.getPrototypeOf(other) as FileHandle, 'stat')
    onTestFinished(() => {
      asked.mockRestore()
    })
    for await (const _ of image.stream()) break
    expect((asked.mock.contexts as FileHandle[]).map(({ fd }) => fd)).toEqual([-1])
    await image.discard()
  })

  test('is not there when its source failed', async () => {
    await using directory = await temporaryDirectory()
    await expect(fileSpool(directory.path).write(torn())).rejects.toThrow('torn')
    expect(await directory.list()).toEqual([])
  })

  test('I3: a truncated image fails the handoff, and the old index serves on', async () => {
    await using directory = await temporaryDirectory()
    const old = plainHandle({
      persist: async function* () {
        yield LARGE
      },
    })
    const next = plainKind(async (image) => {
      await truncate(await onlyFile(directory), 5)
      await image.bytes()
      return plainHandle()
    })
    const reload = new Reload({ old: plainKind(() => old), next, handoff: { spool: fileSpool(directory.path) } }, old)
    const error = await failureOf(reload.dispatch())
    expect(error).toMatchObject({ code: 'HANDOFF', phase: 'prepare', step: 'open', resource: 'articles', key: 'plain' })
    expect(error.message).toMatch(/truncated: 5 of 3145739 bytes/)
    expect(error.rollbackErrors).toEqual([])
    expect(reload.gate.resource).toBe(old)
    expect(old.closes).toBe(0)
    expect(await directory.list()).toEqual([])
  })
})

describe('X10: what a crash left behind', () => {
  test('is removed when the next spool is made, and nothing else is', async () => {
    await using directory = await temporaryDirectory()
    // The pid of a process that has ended, and one that runs: that of the test runner's parent.
    const ended = spawnSync(process.execPath, ['-e', '']).pid
    const running = process.ppid
    for (const file of [spoolName(ended), spoolName(running), 'uni-reload-notes.txt', `${spoolName(ended)}.bak`])
      await writeFile(join(directory.path, file), 'x')
    fileSpool(directory.path)
    expect((await directory.list()).sort()).toEqual(
      [spoolName(running), 'uni-reload-notes.txt', `${spoolName(ended)}.bak`].sort(),
    )
  })

  test("is recognised where the process that crashed had this one's number", async () => {
    await using directory = await temporaryDirectory()
    const path = join(directory.path, spoolName(process.pid))
    await writeFile(path, 'x')
    fileSpool(directory.path)
    expect(await directory.list()).toEqual([spoolName(process.pid)])
    await utimes(path, 1000, 1000)
    fileSpool(directory.path)
    expect(await directory.list()).toEqual([])
  })

  test('is not confused with an image of a process that runs for another user', async () => {
    await using directory = await temporaryDirectory()
    await writeFile(join(directory.path, spoolName(process.ppid)), 'x')
    const kill = vi.spyOn(process, 'kill').mockImplementation(() => {
      throw Object.assign(new Error('kill EPERM'), { code: 'EPERM' })
    })
    onTestFinished(() => {
      kill.mockRestore()
    })
    fileSpool(directory.path)
    expect(await directory.list()).toEqual([spoolName(process.ppid)])
  })

  test('is not confused with an image in use: a second spool leaves it alone', async () => {
    await using directory = await temporaryDirectory()
    const image = await fileSpool(directory.path).write([LARGE])
    fileSpool(directory.path)
    expect((await image.bytes()).byteLength).toBe(LARGE.byteLength)
    await image.discard()
  })

  test('the directory is made where there is none', async () => {
    await using directory = await temporaryDirectory()
    const image = await fileSpool(join(directory.path, 'a', 'b')).write([LARGE])
    expect(await directory.list()).toEqual(['a'])
    await image.discard()
  })
})

test("X9: the image of a host's own file is read, and the file stays", async () => {
  await using directory = await temporaryDirectory()
  const path = join(directory.path, 'stored.index')
  await writeFile(path, LARGE)
  const image = await fileImage(path)
  expect(image.byteLength).toBe(LARGE.byteLength)
  expect(Buffer.compare(await image.bytes(), LARGE)).toBe(0)
  expect(await image.file()).toBe(path)
  expect(await directory.list()).toEqual(['stored.index'])
  await writeFile(path, '')
  await expect(fileImage(path)).rejects.toThrow('0 bytes')
})
