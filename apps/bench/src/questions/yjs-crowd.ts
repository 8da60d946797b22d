import { PluginHost } from '@uni/reload-core'
import { crdtHandoff } from '@uni/reload-crdt'
import { askCrowd } from '../crowd/asking.js'
import { handedOverByHand, writtenPages, yjsCrowd } from '../crowd/yjs-crowd.js'
import { compare, millisecondsOf, PLATFORM } from '../measure.js'
import type { Result } from '../result.js'

/** Handed over for the price of one. */
const PRICED = 200

/** What the users of real documents notice, which take their time themselves. */
export async function* yjsPages(): AsyncGenerator<Result> {
  yield await pricing()
  yield* await askCrowd({
    id: 'yjs-crowd',
    kind: yjsCrowd,
    stored: 'pages',
    // It takes as long as all of its documents take to be written and read.
    reloads: 1,
    rounds: 1,
    warmups: 0,
    what: '2,000 Yjs documents of 20 KiB, of which 200 are opened and closed a second and 200 are written to',
    size: { documents: 2_000, guests: 200, hot: 1_000, warm: 200, cold: 200 },
  })
}

/** What a document takes of the thread, where nobody else wants it. */
async function pricing(): Promise<Result> {
  const { surface, key, open } = yjsCrowd
  await using host = new PluginHost({ strategies: [crdtHandoff()] })
  let handle = await host.add(yjsCrowd.plugin(1))
  for (let at = 0; at < PRICED; at += 1) {
    const name = `document ${at}`
    await host.attach(surface, { name, key, open: (provider) => open(provider, name) })
  }
  let version = 1
  let pages = writtenPages(PRICED)
  return await compare({
    id: 'yjs-crowd/document',
    question: 'One document of 20 KiB, from the reload to the closing of the old one, that nobody writes to',
    unit: 'ms',
    rounds: 5,
    withinS: 15,
    async ours() {
      version += 1
      const ms = await millisecondsOf(async () => {
        const result = await host.reload(handle, yjsCrowd.plugin(version))
        handle = result.handle
        await result.finalized
      })
      return ms / PRICED
    },
    peers: [
      {
        name: 'encoded, decoded and compared, by hand',
        version: PLATFORM.version,
        run: async () =>
          (await millisecondsOf(() => {
            pages = handedOverByHand(pages)
          })) / PRICED,
      },
    ],
  })
}
