import { imageOf, type IndexImage } from '@uni/reload-index'
import { fileSpool } from '@uni/reload-index/node'
import * as fc from 'fast-check'
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { temporaryDirectory } from './fixtures/directory.js'

async function* streamed(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
}

const chunks = fc
  .array(fc.uint8Array({ maxLength: 40 }), { maxLength: 12 })
  .filter((parts) => parts.some(({ byteLength }) => byteLength > 0))
const reads = fc.array(fc.constantFrom('bytes', 'stream', 'file'), { minLength: 1, maxLength: 5 })

async function readAs(form: string, image: IndexImage): Promise<Uint8Array> {
  if (form === 'bytes') return image.bytes()
  if (form === 'file') return readFile(await image.file())
  const got: Uint8Array[] = []
  for await (const chunk of image.stream()) got.push(chunk)
  return Buffer.concat(got)
}

test('X3, X7: an image has the same bytes however it is cut; only a stream that is passed on is read once', async () => {
  await fc.assert(
    fc.asyncProperty(chunks, reads, fc.boolean(), async (parts, order, whole) => {
      await using directory = await temporaryDirectory()
      const expected = Buffer.concat(parts)
      const image = imageOf(whole ? new Uint8Array(expected) : streamed(parts), fileSpool(directory.path))
      // The model: what makes the image repeatable is having been kept, and what ends it is having been passed on
      // before that.
      let kept = whole
      let passedOn = false
      for (const form of order) {
        const outcome = await readAs(form, image).then(
          (bytes) => (Buffer.compare(bytes, expected) === 0 ? 'whole' : 'torn'),
          (error: Error) => (error.message.includes('has been read already') ? 'refused' : error.message),
        )
        expect(outcome).toBe(passedOn ? 'refused' : 'whole')
        if (form === 'stream' && !kept) passedOn = true
        else if (!passedOn) kept = true
      }
    }),
  )
})
