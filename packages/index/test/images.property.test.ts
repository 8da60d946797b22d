import { fc, test } from '@fast-check/vitest'
import { imageOf } from '@uni/reload-index'
import { fileSpool } from '@uni/reload-index/node'
import { readFile } from 'node:fs/promises'
import { describe, expect } from 'vitest'
import { temporaryDirectory } from './fixtures/directory.js'

async function* streamed(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
}

describe('X3', () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 12 }).filter((parts) => parts.some(({ byteLength }) => byteLength > 0))
  const reads = fc.array(fc.constantFrom('bytes', 'stream', 'file'), { minLength: 1, maxLength: 5 })

  test.prop([chunks, reads, fc.boolean()])('an image is the same bytes however it is cut and read; only a stream that is passed on is read once', async (parts, order, whole) => {
    await using directory = await temporaryDirectory()
    const expected = Buffer.concat(parts)
    const image = imageOf(whole ? new Uint8Array(expected) : streamed(parts), fileSpool(directory.path))
    // The model: what makes the image repeatable is having been kept, and what ends it is having been passed on before that.
    let kept = whole
    let passedOn = false
    for (const form of order) {
      const read = async (): Promise<Uint8Array> => {
        if (form === 'bytes') return image.bytes()
        if (form === 'file') return readFile(await image.file())
        const got: Uint8Array[] = []
        for await (const chunk of image.stream()) got.push(chunk)
        return Buffer.concat(got)
      }
      if (passedOn) {
        await expect(read()).rejects.toThrow('has been read already')
      } else {
        expect(Buffer.compare(await read(), expected)).toBe(0)
        if (form === 'stream' && !kept) passedOn = true
        else kept = true
      }
    }
  })
})
