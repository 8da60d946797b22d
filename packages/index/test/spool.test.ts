import { spawnSync } from 'node:child_process'
import { appendFile, mkdir, open, readFile, stat, truncate, utimes, writeFile, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { IndexImage } from '@uni/reload-index'
import { fileImage, fileSpool } from '@uni/reload-index/node'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { deferred } from './fixtures/deferred.js'
import { temporaryDirectory, type TemporaryDirectory } from './fixtures/directory.js'
import { failureOf, Reload } from './fixtures/reload.js'
import { plainHandle, plainKind } from './fixtures/plain-index.js'

const LARGE = new Uint8Array(3 * 2 ** 20 + 11).map((_, at) => (at * 31) % 251)

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
      .spyOn(Object.getPrototypeOf(other) as FileHandle, 'writeFile')
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

describe('X5: a persist that is given up', () => {
  test('leaves no file, though its stream never says another word', async () => {
    await using directory = await temporaryDirectory()
    const controller = new AbortController()
    const stuck = deferred()
    let asked = 0
    const persist = (): AsyncIterable<Uint8Array> => ({
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          asked += 1
          if (asked === 1) return { done: false, value: LARGE }
          stuck.resolve()
          return new Promise(() => {})
        },
        return: async () => new Promise(() => {}),
      }),
    })
    const old = plainHandle({ persist })
    const removed = deferred()
    const spool = fileSpool(directory.path)
    const reload = new Reload(
      {
        old: plainKind(() => old),
        next: plainKind(() => plainHandle()),
        handoff: { spool: { adopt: spool.adopt, write: (chunks) => spool.write(chunks).finally(removed.resolve) } },
      },
      old,
    )
    const failure = failureOf(reload.dispatch({ signal: controller.signal }))
    await stuck.promise
    controller.abort()
    expect((await failure).code).toBe('ABORTED')
    await removed.promise
    expect(await directory.list()).toEqual([])
  })

  test('reads nothing of a stream that arrives after all, and ends it', async () => {
    const controller = new AbortController()
    const [begun, ended] = [deferred(), deferred()]
    const late = deferred<AsyncIterable<Uint8Array>>()
    let read = 0
    const old = plainHandle({
      persist: () => {
        begun.resolve()
        return late.promise
      },
    })
    const reload = new Reload({ old: plainKind(() => old), next: plainKind(() => plainHandle()) }, old)
    const failure = failureOf(reload.dispatch({ signal: controller.signal }))
    await begun.promise
    controller.abort()
    expect((await failure).code).toBe('ABORTED')
    late.resolve({
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          read += 1
          if (read < 4) return { done: false, value: LARGE }
          ended.resolve()
          return { done: true, value: undefined }
        },
        return: async () => {
          ended.resolve()
          return { done: true, value: undefined }
        },
      }),
    })
    await ended.promise
    expect(read).toBe(0)
  })

  test('removes a file that arrives after all', async () => {
    await using directory = await temporaryDirectory()
    const controller = new AbortController()
    const begun = deferred()
    const late = deferred<{ file: string }>()
    const file = join(directory.path, 'late.index')
    await writeFile(file, LARGE)
    const old = plainHandle({
      persist: () => {
        begun.resolve()
        return late.promise
      },
    })
    const discarded = deferred()
    const spool = fileSpool(directory.path)
    const reload = new Reload(
      {
        old: plainKind(() => old),
        next: plainKind(() => plainHandle()),
        handoff: {
          spool: {
            write: spool.write,
            adopt: async (path) => {
              const image = await spool.adopt(path)
              const discard = image.discard.bind(image)
              return Object.assign(image, { discard: () => discard().then(discarded.resolve) })
            },
          },
        },
      },
      old,
    )
    const failure = failureOf(reload.dispatch({ signal: controller.signal }))
    await begun.promise
    controller.abort()
    expect((await failure).code).toBe('ABORTED')
    late.resolve({ file })
    await discarded.promise
    expect(await directory.list()).toEqual([])
  })
})

describe('X5: a file that a handle hands over', () => {
  test('is there until the old version is finalized, and then removed', async () => {
    await using directory = await temporaryDirectory()
    const file = join(directory.path, 'own.index')
    await writeFile(file, LARGE)
    const old = plainHandle({ persist: () => ({ file }) })
    let given: string | undefined
    const reload = new Reload(
      {
        old: plainKind(() => old),
        next: plainKind(async (image) => {
          given = await image.file()
          return plainHandle()
        }),
        handoff: { spool: fileSpool(directory.path) },
      },
      old,
    )
    const outcome = await reload.dispatch()
    outcome.commit()
    expect(given).toBe(file)
    expect(await directory.list()).toEqual(['own.index'])
    await outcome.finalize()
    expect(await directory.list()).toEqual([])
  })

  test.for([true, false])(
    'is checked by the checksum it came with before it is read, or its path given away: in order %s',
    async (whole) => {
      await using directory = await temporaryDirectory()
      const file = join(directory.path, 'own.index')
      const stored = LARGE.slice()
      if (!whole) stored[LARGE.byteLength - 5]! ^= 1
      await writeFile(file, stored)
      const old = plainHandle({ persist: () => ({ file, crc32: crc32(LARGE) }) })
      const readers: ((image: IndexImage) => Promise<unknown>)[] = [
        (image) => image.file(),
        (image) => image.bytes(),
        async (image) => {
          for await (const chunk of image.stream()) expect(chunk.byteLength).toBeGreaterThan(0)
        },
      ]
      const outcomes: unknown[] = []
      const next = plainKind(async (image) => {
        for (const read of readers)
          outcomes.push(
            await read(image).then(
              () => 'read',
              (error: Error) => error.message,
            ),
          )
        return plainHandle()
      })
      await new Reload({ old: plainKind(() => old), next, handoff: { spool: fileSpool(directory.path) } }, old).run()
      const expected = whole
        ? 'read'
        : (expect.stringMatching(/own\.index was changed since it was written: its CRC-32 is/) as string)
      expect(outcomes).toEqual([expected, expected, expected])
      expect(await directory.list()).toEqual([])
    },
  )

  test.for([
    ['is missing', 'missing.index', /missing\.index that was persisted cannot be read/],
    ['is a directory', 'folder', /folder is not a file/],
    ['has no byte', 'empty.index', /has 0 bytes/],
  ] as const)('is refused when it %s', async ([, name, message]) => {
    await using directory = await temporaryDirectory()
    await mkdir(join(directory.path, 'folder'))
    await writeFile(join(directory.path, 'empty.index'), '')
    const old = plainHandle({ persist: () => ({ file: join(directory.path, name) }) })
    const reload = new Reload(
      {
        old: plainKind(() => old),
        next: plainKind(() => plainHandle()),
        handoff: { spool: fileSpool(directory.path) },
      },
      old,
    )
    expect((await failureOf(reload.dispatch())).message).toMatch(message)
    expect(reload.gate.state).toBe('open')
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
