import { attempt, type Expectation } from '@uni/reload-core/testing'
import type { Bench } from '../bench.js'
import type { Case } from '../case.js'

/** What is left when everything is closed. */
export const endingCases: readonly Case[] = [
  {
    key: 'ending/close',
    rule: 'P18',
    title: 'a closed index leaves nothing open or lying about',
    needs: ['form/gone'],
    async run(bench: Bench) {
      const handle = await bench.built()
      const image = await bench.persisted(handle)
      const opened = await bench.opened(image)
      if (bench.capabilities.writes) await bench.apply(opened, [0, 1, 2])
      const again = await bench.persisted(opened)
      await again.discard()
      await image.discard()
      await bench.close(opened)
      await bench.close(handle)
      await bench.expectNothingLeft('when all is closed')
    },
  },
  {
    key: 'ending/failed',
    rule: 'P18',
    title: 'an open() that fails leaves nothing open or lying about',
    needs: ['ending/close', 'damage/torn'],
    async run(bench: Bench, expect: Expectation) {
      const handle = await bench.built()
      const bytes = await bench.bytesOf(handle)
      await bench.close(handle)
      for (const length of [1, bytes.byteLength >> 1, bytes.byteLength - 1]) {
        const image = bench.imageOf(bytes.subarray(0, Math.max(1, length)))
        const opened = await attempt(() => bench.tryOpen(image))
        if ('value' in opened) await bench.close(opened.value)
        await image.discard()
      }
      const gone = (): never => {
        throw new Error('the disk is gone')
      }
      await expect.refused('an image that cannot be read', () =>
        bench.tryOpen({ bytes: async () => gone(), file: async () => gone(), stream: gone }),
      )
      await bench.expectNothingLeft('when open() has failed')
    },
  },
  {
    key: 'ending/aborted',
    rule: 'P18',
    title: 'an open() whose time is up ends, one way or the other',
    needs: ['form/bytes'],
    async run(bench: Bench) {
      const handle = await bench.built()
      const meant = await bench.meaning(handle)
      const bytes = await bench.bytesOf(handle)
      const opened = await attempt(() =>
        bench.tryOpen(bench.imageOf(new Uint8Array(bytes)), bench.provider, AbortSignal.abort(new Error('time is up'))),
      )
      if ('value' in opened)
        await bench.expectMeaning(opened.value, meant, 'an index that was opened although its time was up')
      await bench.expectMeaning(
        await bench.opened(bench.imageOf(bytes)),
        meant,
        'an index that was opened after another whose time was up',
      )
    },
  },
]
