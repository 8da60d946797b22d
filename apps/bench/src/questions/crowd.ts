import { askCrowd } from '../crowd/asking.js'
import { noteCrowd } from '../crowd/note-crowd.js'
import type { Result } from '../result.js'

/** What the users of ten thousand empty documents notice: the cost is the library's own. */
export async function* crowd(): AsyncGenerator<Result> {
  yield* await askCrowd({
    id: 'crowd',
    kind: noteCrowd,
    stored: 'notes',
    reloads: 20,
    rounds: 3,
    warmups: 0,
    what: '10,000 empty documents, of which 1,000 are opened and closed a second and 1,000 are written to',
    size: { documents: 10_000, guests: 1_000, hot: 1_000, warm: 1_000, cold: 200 },
  })
}
