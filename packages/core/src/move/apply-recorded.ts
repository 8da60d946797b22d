import { isPromiseLike } from '../maybe-promise.js'
import type { Slices } from '../slices.js'
import type { Surface } from '../surface.js'
import type { WriteRecord } from './write-record.js'

export interface ApplyRecordedOptions {
  readonly signal: AbortSignal
  /** How many writes are let in, while it runs, for each one that is applied. */
  readonly share: number
  readonly slices: Slices
  /** Called when other writes may go on. */
  resume(): void
}

/** Applies to `target` what is recorded so far, in order, and forgets it. Resolves with the number applied. */
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
