import type { CdcBatch, CdcLsn } from '../contract.js'
import type { CommitLog } from '../log/commit-log.js'
import { heard } from './heard.js'
import { within, type Patience } from './within.js'

/**
 * The batches of the log from `from` on. Each step has a deadline, and so has `return`, where the reader stops early.
 */
export async function* readLog(
  log: CommitLog,
  from: CdcLsn,
  patience: Patience,
): AsyncGenerator<CdcBatch, void, undefined> {
  const reader = log.read(from)[Symbol.asyncIterator]()
  let reading = true
  try {
    for (;;) {
      const step = await within('log.read()', patience, () => reader.next()).catch((error: unknown) => {
        reading = false
        // A reader that does not answer will not end in time, either.
        heard(reader.return?.())
        throw error
      })
      if (step.done) {
        reading = false
        return
      }
      yield step.value
    }
  } finally {
    if (reading) {
      await within('the end of log.read()', patience, async () => {
        await reader.return?.()
      }).catch(() => {})
    }
  }
}
