import { readFile } from 'node:fs/promises'
import type { IndexImage } from '@uni/reload-index'
import { fileSpool } from '@uni/reload-index/node'
import { describe, expect, test } from 'vitest'
import { CHUNK_BYTES } from '../src/image/chunks.js'
import { failureOf } from './fixtures/reload.js'
import { temporaryDirectory } from './fixtures/directory.js'
import { PARTS, streamed, all, handOver } from './fixtures/images.js'

describe('X2: what persist() may not give', () => {
  const wrong: Record<string, readonly [persist: () => unknown, message: RegExp]> = {
    nothing: [() => undefined, /persist\(\) resolved with undefined\. Expected a Uint8Array/],
    'a string': [async () => 'bytes', /resolved with a string/],
    'an ArrayBuffer': [() => new ArrayBuffer(8), /resolved with an ArrayBuffer/],
    'an array of chunks': [() => PARTS, /resolved with an array/],
    'no bytes': [() => new Uint8Array(0), /has 0 bytes/],
    'a stream of no bytes': [() => streamed([new Uint8Array(0)]), /the persisted stream has 0 bytes/],
    'a stream of strings': [() => streamed([PARTS[0], 'text']), /chunk 1 of the persisted stream is a string/],
    'a file with a checksum that is none': [
      () => ({ file: '/somewhere', crc32: 'ab12' }),
      /resolved with an object with file, crc32.*or \{ file, crc32\? \}/,
    ],
    'a file without a name': [() => ({ file: '' }), /resolved with an object with file/],
  }
  test.for(
    Object.entries(wrong).flatMap(([name, [persist, message]]) =>
      [true, false].map((isolated) => ({ name, persist, message, isolated })),
    ),
  )('$name, isolated $isolated', async ({ persist, message, isolated }) => {
    await using directory = await temporaryDirectory()
    const { reload } = handOver({ persist, isolated, spool: directory.path }, (image) => image.bytes())
    expect((await failureOf(reload.dispatch())).message).toMatch(message)
    expect(reload.gate.state).toBe('open')
    expect(await directory.list()).toEqual([])
  })
})

describe('X10: a reader may do as it likes with the chunks of a file', () => {
  test.for<readonly [what: string, read: (image: IndexImage) => Promise<unknown>]>([
    ['reading them', (image) => all(image.stream())],
    [
      'writing to each',
      async (image) => {
        for await (const chunk of image.stream()) chunk.fill(0)
      },
    ],
    [
      'writing to each once the next has come',
      async (image) => {
        const kept: Uint8Array[] = []
        for await (const chunk of image.stream()) {
          kept.at(-1)?.fill(0)
          kept.push(chunk)
        }
      },
    ],
    [
      'giving each away',
      async (image) => {
        for await (const chunk of image.stream()) structuredClone(chunk, { transfer: [chunk.buffer] })
      },
    ],
    [
      'stopping half-way',
      async (image) => {
        for await (const _ of image.stream()) break
      },
    ],
    [
      'writing to the whole',
      async (image) => {
        ;(await image.bytes()).fill(0)
      },
    ],
    [
      'writing to two of them at once',
      async (image) => {
        const [one, two] = [image.stream()[Symbol.asyncIterator](), image.stream()[Symbol.asyncIterator]()]
        for (let more = true; more;) {
          const [a, b] = await Promise.all([one.next(), two.next()])
          for (const { value } of [a, b]) if (value) value.fill(0)
          more = a.done !== true || b.done !== true
        }
      },
    ],
  ])('%s: the image is whole, then and afterwards', async ([, read]) => {
    await using directory = await temporaryDirectory()
    const whole = Uint8Array.from({ length: CHUNK_BYTES * 2 + 7 }, (_, at) => at % 251)
    const image = await fileSpool(directory.path).write([whole.slice()])
    await read(image)
    expect(Buffer.compare(await image.bytes(), whole)).toBe(0)
    await read(image)
    expect(Buffer.compare(await readFile(await image.file()), whole)).toBe(0)
    await image.discard()
  })

  test('a writer may change a chunk when it is asked for the next', async () => {
    await using directory = await temporaryDirectory()
    const image = await fileSpool(directory.path).write(
      (function* () {
        const chunk = new Uint8Array(3)
        for (let nth = 1; nth < 4; nth += 1) yield chunk.fill(nth)
      })(),
    )
    expect(await all(image.stream())).toEqual([1, 1, 1, 2, 2, 2, 3, 3, 3])
    await image.discard()
  })
})
