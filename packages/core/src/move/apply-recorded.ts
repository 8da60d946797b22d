import { isPromiseLike } from '../maybe-promise.js'
import type { Slices } from '../slices.js'
import type { Surface } from '../surface.js'
import type { WriteRecord } from './write-record.js'

export interface ApplyRecordedOptions {
  readonly signal: AbortSignal
  /** How many new writes are let in for each recorded write that is applied. */
  readonly share: number
  readonly slices: Slices
  /** Called whenever `allowance` has grown, so that writes which wait at the gate may go on. */
  resume(): void
}

/**
 * Takes the writes recorded so far out of `record`, applies them to `target` in order, and resolves with their number.
 */
export async function applyRecorded<R, W>(
  record: WriteRecord<W>,
  surface: Surface<unknown, R, W>,
  target: R,
  { signal, share, slices, resume }: ApplyRecordedOptions,
): Promise<number> {
  const round = record.take()
  if (round.length === 0) return 0
  record.allowance = share
  resume()
  try {
    for (const write of round) {
      signal.throwIfAborted()
      const applied = surface.apply?.(target, write)
      if (isPromiseLike(applied)) await applied
      record.allowance += share
      if (slices.due()) {
        resume()
        await slices.pause()
      }
    }
  } finally {
    record.allowance = undefined
    resume()
  }
  return round.length
}
