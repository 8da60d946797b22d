import type { Expectation } from '@uni/reload-core/testing'
import type { Bench } from '../bench.js'
import type { Case } from '../case.js'
import { imageOf } from '../../image/image-of.js'

/** Images in each of their forms. */
export const formCases: readonly Case[] = [
  {
    key: 'form/bytes',
    rule: 'P9',
    title: 'an image of bytes is read',
    needs: ['image/round-trip'],
    async run(bench: Bench) {
      const { bytes, expectOpens } = await persisted(bench)
      await expectOpens(bench.imageOf(bytes), 'bytes')
    },
  },
  {
    key: 'form/stream',
    rule: 'P9',
    title: 'an image of a stream is read, however it is cut',
    needs: ['image/round-trip'],
    async run(bench: Bench) {
      const { bytes, expectOpens } = await persisted(bench)
      // Cuts through the middle of characters, numbers and lines; a large image is not cut into millions.
      for (const size of [
        Math.ceil(bytes.byteLength / 5000),
        7 + Math.ceil(bytes.byteLength / 1000),
        bytes.byteLength,
      ]) {
        await expectOpens(imageOf(cut(bytes, size), bench.fixture.spool), `chunks of ${size} bytes`)
      }
    },
  },
  {
    key: 'form/file',
    rule: 'P9',
    title: 'an image of a file is read',
    claims: ['files'],
    needs: ['image/round-trip'],
    async run(bench: Bench, expect: Expectation) {
      const { bytes, expectOpens } = await persisted(bench)
      const spool = bench.fixture.spool ?? expect.fail('make() gives no `spool`. The capability `files` needs one')
      const image = await spool.write([bytes])
      bench.later(() => image.discard())
      await expectOpens(image, 'a file')
    },
  },
  {
    key: 'form/read-only',
    rule: 'P11',
    title: 'an image is left as it is: it can be opened again, and by two at once',
    needs: ['image/round-trip'],
    async run(bench: Bench, expect: Expectation) {
      const { bytes, expectOpens } = await persisted(bench)
      const given = new Uint8Array(bytes)
      const image = bench.imageOf(given)
      await expectOpens(image, 'bytes')
      await Promise.all([
        expectOpens(image, 'bytes that were opened before'),
        expectOpens(image, 'bytes that are opened twice at once'),
      ])
      const at = bytes.findIndex((byte, nth) => byte !== given[nth])
      expect.that(at === -1, `open() wrote to byte ${at} of the image`)
    },
  },
  {
    key: 'form/gone',
    rule: 'P10',
    title: 'an image is not needed once open() has settled',
    needs: ['image/goes-on', 'image/again', 'image/harmless', 'independent/close'],
    async run(bench: Bench) {
      const handle = await bench.built()
      const meant = await bench.meaning(handle)
      const image = await bench.persisted(handle)
      const opened = await bench.opened(image)
      await image.discard()
      await bench.close(handle)
      await bench.expectMeaning(opened, meant, 'an index whose image is gone')
      await bench.expectMeaning(
        await bench.opened(await bench.persisted(opened)),
        meant,
        'the image of an index whose own image is gone',
      )
      if (!bench.capabilities.writes) return
      await bench.apply(opened, [0, 1, 2])
      await bench.expectMeaning(
        opened,
        await bench.meaning(await bench.rebuilt(bench.provider, [0, 1, 2])),
        'an index that was changed when its image was gone',
      )
    },
  },
]

async function persisted(bench: Bench) {
  const handle = await bench.built()
  const meant = await bench.meaning(handle)
  const bytes = await bench.bytesOf(handle)
  return {
    bytes,
    expectOpens: async (image: Parameters<Bench['opened']>[0], what: string) => {
      await bench.expectMeaning(await bench.opened(image), meant, `an index opened from ${what}`)
    },
  }
}

async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.slice(at, at + size)
}
