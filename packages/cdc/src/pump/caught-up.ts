import { ReloadError } from '@uni/reload-core'
import type { CdcLsn } from '../contract.js'
import { cdcOutput } from '../surface.js'
import { stoppedError } from './attach-stream.js'
import type { PumpStatus } from './events.js'
import { aborted, firstOf, type Source } from './first-of.js'

/** Callers who wait for one stream to reach an LSN. */
export class CaughtUp {
  readonly #waiting = new Set<() => void>()

  /** Call it whenever the stream may have delivered more, has halted, or has stopped. */
  changed(): void {
    for (const look of this.#waiting) look()
  }

  /**
   * Resolves once the stream that `status` describes has delivered everything below `lsn`.
   *
   * @throws ReloadError `ABORTED` by `signal`, `RESOURCE_CLOSED` where the stream stops; the error that it halted with.
   */
  async wait(lsn: CdcLsn, status: () => PumpStatus, signal?: AbortSignal): Promise<void> {
    const { name, key } = status()
    const arrived: Source = (fire, fail) => {
      const look = (): void => {
        const { state, position, error } = status()
        if (state !== 'opening' && position >= lsn) fire()
        else if (state === 'halted') fail(error)
        else if (state === 'stopped') fail(stoppedError(name, key))
      }
      this.#waiting.add(look)
      look()
      return () => this.#waiting.delete(look)
    }
    if ((await firstOf({ arrived, ...(signal && { aborted: aborted(signal) }) })) === 'arrived') return
    throw new ReloadError('ABORTED', `the caller waits no longer for LSN ${lsn} to be delivered`, {
      surface: cdcOutput.id,
      key,
      resource: name,
      hint: 'The stream goes on. Wait again, or see pump.status() for its position.',
      cause: signal?.reason,
    })
  }
}
