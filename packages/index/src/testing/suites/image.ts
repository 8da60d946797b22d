import type { Expectation } from '@uni/reload-core/testing'
import { collect } from '../../image/chunks.js'
import { keepImage } from '../../image/keep.js'
import { indexContext } from '../../index-context.js'
import type { Bench } from '../bench.js'
import type { Case } from '../case.js'
import { MANY, reopenedNowAndThen } from '../many-changes.js'
import { CHANGES_WORK } from './apply.js'

const FIRST = [0, 1, 2, 3, 4, 5]
const LATER = [6, 7, 8, 9, 10, 11]

/** The images that a handle persists. */
export const imageCases: readonly Case[] = [
  {
    key: 'image/round-trip',
    rule: 'P8',
    title: 'another process that opens an image has the same schema, abilities and answers',
    needs: ['contract/schema', 'probe/k', 'filter/complete'],
    async run(bench: Bench) {
      const handle = await bench.built()
      const meant = await bench.meaning(handle)
      const image = await bench.persisted(handle)
      await bench.expectMeaning(await bench.opened(image, await bench.elsewhere()), meant, 'the index that was opened')
    },
  },
  {
    key: 'image/empty',
    rule: 'P8',
    title: 'the image of an empty index says that it is one',
    needs: ['image/round-trip', ...CHANGES_WORK],
    async run(bench: Bench) {
      const handle = await bench.builtEmpty()
      const meant = await bench.meaning(handle)
      const opened = await bench.opened(await bench.persisted(handle), await bench.elsewhere())
      await bench.expectMeaning(opened, meant, 'the empty index that was opened')
      if (!bench.capabilities.writes) return
      await bench.apply(opened, FIRST)
      await bench.apply(handle, FIRST)
      await bench.expectMeaning(opened, await bench.meaning(handle), 'the empty index that was opened and then changed')
    },
  },
  {
    key: 'image/changed',
    rule: 'P8',
    title: 'an image has the changes made before it',
    claims: ['writes'],
    needs: ['image/round-trip', ...CHANGES_WORK],
    async run(bench: Bench) {
      const handle = await bench.rebuilt(bench.provider, FIRST)
      const meant = await bench.meaning(handle)
      await bench.expectMeaning(
        await bench.opened(await bench.persisted(handle), await bench.elsewhere()),
        meant,
        'the changed index that was opened',
      )
    },
  },
  {
    key: 'image/goes-on',
    rule: 'P4',
    title: 'changes mean the same on an index that was opened',
    claims: ['writes'],
    needs: ['image/changed'],
    async run(bench: Bench) {
      const opened = await bench.opened(await bench.persisted(await bench.rebuilt(bench.provider, FIRST)))
      await bench.apply(opened, LATER)
      await bench.expectMeaning(
        opened,
        await bench.meaning(await bench.rebuilt(bench.provider, [...FIRST, ...LATER])),
        'an index that was opened and then changed',
      )
    },
  },
  {
    key: 'image/many',
    rule: 'P4',
    title: 'hundreds of changes mean the same, whether the index is opened again between them or not',
    claims: ['writes'],
    needs: ['image/goes-on', 'image/again'],
    async run(bench: Bench) {
      await bench.expectRebuilt(
        await reopenedNowAndThen(bench),
        MANY,
        'an index that was opened again between its changes',
      )
    },
  },
  {
    key: 'image/again',
    rule: 'P8',
    title: 'an index that was opened can be persisted and opened again, and again',
    needs: ['image/round-trip'],
    async run(bench: Bench) {
      let handle = await bench.built()
      const meant = await bench.meaning(handle)
      for (const generation of [1, 2, 3]) {
        handle = await bench.opened(await bench.persisted(handle), await bench.elsewhere())
        await bench.expectMeaning(handle, meant, `generation ${generation}`)
      }
    },
  },
  {
    key: 'image/harmless',
    rule: 'P5',
    title: 'persist() changes nothing: the index goes on, and can be persisted again',
    needs: ['image/round-trip', ...CHANGES_WORK],
    async run(bench: Bench) {
      const handle = await bench.built()
      const meant = await bench.meaning(handle)
      for (const times of ['once', 'twice']) {
        const bytes = await bench.bytesOf(handle)
        await bench.expectMeaning(handle, meant, `an index that was persisted ${times}`)
        await bench.expectMeaning(
          await bench.opened(bench.imageOf(bytes)),
          meant,
          `the image of an index that was persisted ${times}`,
        )
      }
      if (!bench.capabilities.writes) return
      await bench.apply(handle, FIRST)
      await bench.expectMeaning(
        handle,
        await bench.meaning(await bench.rebuilt(bench.provider, FIRST)),
        'an index that was persisted and then changed',
      )
    },
  },
  {
    key: 'image/handed-over',
    rule: 'P6',
    title: 'what was persisted is not written to again',
    needs: ['image/harmless'],
    async run(bench: Bench, expect: Expectation) {
      const handle = await bench.built()
      const image = await bench.persisted(handle)
      const before = new Uint8Array(await image.bytes())
      if (bench.capabilities.writes) await bench.apply(handle, FIRST)
      await bench.bytesOf(handle)
      await bench.close(handle)
      const after = await expect.works(
        'reading an image whose index has gone on, was persisted again, and closed',
        () => image.bytes(),
      )
      const at = before.findIndex((byte, nth) => byte !== after[nth])
      expect.that(
        at === -1 && before.byteLength === after.byteLength,
        `the image was changed at byte ${at} of ${before.byteLength} after it was handed over`,
      )
    },
  },
  {
    key: 'image/isolated',
    rule: 'P7',
    title: 'what is written while persist() is pending or its stream is read does not show',
    claims: ['isolated', 'writes'],
    needs: ['image/harmless', 'image/changed'],
    async run(bench: Bench, expect: Expectation) {
      const handle = await bench.rebuilt(bench.provider, [0, 1])
      const meant = await bench.meaning(handle)
      const context = indexContext({ key: 'conformance', name: 'index' })
      const persisting = expect.works('persist()', async () =>
        keepImage(await handle.persist(context), {
          spool: bench.fixture.spool,
          signal: context.signal,
          slices: context.slices(),
          repeatable: false,
          isolated: true,
          transferred() {},
        }),
      )
      bench.later(async () => (await persisting).discard())
      await bench.apply(handle, [2, 3])
      const image = await persisting
      const chunks: Uint8Array[] = []
      let next = 4
      for await (const chunk of image.stream()) {
        chunks.push(new Uint8Array(chunk))
        if (next < 40) await bench.apply(handle, [next])
        next += 1
      }
      const whole = await collect(
        (async function* () {
          yield* chunks
        })(),
        context.slices(),
      )
      await bench.expectMeaning(
        await bench.opened(bench.imageOf(whole)),
        meant,
        'the image of an index that was written to meanwhile',
      )
    },
  },
]
