import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { IndexImage } from '@uni/reload-index'
import { fileSpool } from '@uni/reload-index/node'
import { describe, expect, test } from 'vitest'
import { deferred } from './fixtures/deferred.js'
import { temporaryDirectory } from './fixtures/directory.js'
import { failureOf, Reload } from './fixtures/reload.js'
import { plainHandle, plainKind } from './fixtures/plain-index.js'
import { LARGE } from './fixtures/spool.js'

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
