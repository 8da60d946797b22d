import { askCrowd } from '../crowd/asking.js'
import { yjsCrowd } from '../crowd/yjs-crowd.js'
import type { Result } from '../result.js'

/** What the users of real documents notice, which take their time themselves. */
export async function* yjsPages(): AsyncGenerator<Result> {
  yield* await askCrowd({
    id: 'yjs-crowd',
    kind: yjsCrowd,
    stored: 'pages',
    rounds: 1,
    what: '2,000 Yjs documents of 20 KiB, of which 200 are opened and closed a second and 200 are written to',
    size: { documents: 2_000, guests: 200, hot: 1_000, warm: 200, cold: 200 },
  })
}
