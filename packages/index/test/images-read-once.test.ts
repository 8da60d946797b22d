import { fileSpool } from '@uni/reload-index/node'
import { describe, expect, test } from 'vitest'
import { Slices } from '@uni/reload-core'
import { ChunkReader } from '../src/image/chunk-reader.js'
import { StreamImage } from '../src/image/stream-image.js'
import { deferred } from './fixtures/deferred.js'
import { failureOf } from './fixtures/reload.js'
import { temporaryDirectory } from './fixtures/directory.js'
import type { Form } from './fixtures/full-text-options.js'
import { WHOLE, streamed, all, READERS, handOver } from './fixtures/images.js'

describe('X7: an image of one read', () => {
  test('is refused a second time, with what to do', async () => {
    const { reload } = handOver({ persist: () => streamed(), isolated: true }, async (image) => {
      await all(image.stream())
      await all(image.stream())
    })
    const error = await failureOf(reload.dispatch())
    expect(error).toMatchObject({ code: 'HANDOFF', phase: 'prepare', step: 'open' })
    expect(error.message).toMatch(/has been read already.*bytes\(\) or file\(\)/)
  })

  test.for<Form>(['bytes', 'file'])('can be read again after it was read as %s', async (first) => {
    await using directory = await temporaryDirectory()
    const { reload, opened } = handOver(
      { persist: () => streamed(), isolated: true, spool: directory.path },
      async (image) => {
        expect(image.byteLength).toBeUndefined()
        expect(await READERS[first](image)).toEqual(WHOLE)
        expect(image.byteLength).toBe(6)
        for (const read of Object.values(READERS)) expect(await read(image)).toEqual(WHOLE)
      },
    )
    await reload.run()
    expect(opened()).toBe(1)
    expect(await directory.list()).toEqual([])
  })

  test('that nobody reads is ended when the handoff is over', async () => {
    let ended = 0
    const persist = (): AsyncIterable<Uint8Array> => ({
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: false, value: new Uint8Array([1]) }),
        return: async () => {
          ended += 1
          return { done: true, value: undefined }
        },
      }),
    })
    const { reload } = handOver({ persist, isolated: true }, () => {})
    await reload.run()
    expect(ended).toBe(1)
  })

  test.for<Form>(['bytes', 'file'])(
    'that is being kept as %s, by a reader whose source is stuck, is told and not waited for',
    async (form) => {
      await using directory = await temporaryDirectory()
      const stuck = deferred()
      const image = new StreamImage(
        new ChunkReader(
          {
            [Symbol.asyncIterator]: () => ({
              next: () => {
                stuck.resolve()
                return new Promise<never>(() => {})
              },
            }),
          },
          new Slices(),
        ),
        fileSpool(directory.path),
      )
      const reading = READERS[form](image).then(
        () => 'read',
        (error: Error) => error.message,
      )
      await stuck.promise
      await image.discard()
      expect(await reading).toMatch(/the image is gone/)
    },
  )

  test('that is abandoned half-way is ended too, and never looks complete', async () => {
    let ended = 0
    let kept: AsyncIterator<Uint8Array> | undefined
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield new Uint8Array([1])
      } finally {
        ended += 1
      }
    }
    const { reload } = handOver({ persist: endless, isolated: true }, async (image) => {
      kept = image.stream()[Symbol.asyncIterator]()
      await kept.next()
      throw new Error('no further')
    })
    await failureOf(reload.dispatch())
    expect(ended).toBe(1)
    await expect(kept?.next()).rejects.toThrow(/the image is gone/)
  })
})
