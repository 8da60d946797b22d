import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import type { CdcLsn, CdcOutputProvider, CdcStream, MemoryCommitLog } from '@uni/reload-cdc'
import { batchOf } from './text-index.js'

/** Each of `checkpoint`, `shutdown` and `start` takes the sink itself this long. */
const STEP_MS = 2
const COMMIT = batchOf([{ id: '1', text: 'a commit' }])

/**
 * When deliveries end with one version of a sink and begin with the next, and what the sinks themselves took of that.
 */
export class Handover {
  /** From the last delivery by the old version to the first by the new, less the time that the sinks took. */
  readonly overheadMs: Promise<number>
  #resolve: (ms: number) => void = () => {}
  #deliveries: { version: number; endedAt: number } | undefined
  #ownMs = 0

  constructor() {
    this.overheadMs = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  deliveryBegins(version: number): void {
    const last = this.#deliveries
    if (last !== undefined && version > last.version) this.#resolve(performance.now() - last.endedAt - this.#ownMs)
  }

  deliveryEnds(version: number): void {
    this.#deliveries = { version, endedAt: performance.now() }
    this.#ownMs = 0
  }

  /** A step that takes the sink's own time. */
  async step(): Promise<void> {
    const startedAt = performance.now()
    await sleep(STEP_MS)
    this.#ownMs += performance.now() - startedAt
  }
}

/** A sink that is never short of work: what it is given is committed once more. */
export function timedSink(version: number, log: MemoryCommitLog, handover: Handover): CdcOutputProvider {
  return {
    name: 'sink',
    async start({ fromLsn = 0n }): Promise<CdcStream> {
      await handover.step()
      let durable: CdcLsn = fromLsn
      return {
        async deliver({ lsnEnd }) {
          handover.deliveryBegins(version)
          log.append(COMMIT)
          await turn()
          durable = lsnEnd
          handover.deliveryEnds(version)
        },
        async checkpoint() {
          await handover.step()
          return durable
        },
        shutdown: () => handover.step(),
      }
    },
  }
}

/** A log with something to deliver. */
export function fill(log: MemoryCommitLog): void {
  for (let count = 0; count < 100; count += 1) log.append(COMMIT)
}
