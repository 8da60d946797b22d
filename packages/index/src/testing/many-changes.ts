import type { IndexHandle } from '../contract.js'
import type { Bench } from './bench.js'

/** So many changes that an approximate search which degrades misses some. */
export const MANY = 500
const REOPENED_AFTER = [7, 40, 200, 450]

/**
 * An index to which the changes 0 to `MANY` − 1 were applied, and which was persisted and opened a few times in
 * between.
 */
export async function reopenedNowAndThen(bench: Bench): Promise<IndexHandle> {
  let handle = await bench.built()
  let applied = 0
  for (const until of [...REOPENED_AFTER, MANY]) {
    await bench.apply(
      handle,
      Array.from({ length: until - applied }, (_, nth) => applied + nth),
    )
    applied = until
    if (until < MANY) handle = await bench.opened(await bench.persisted(handle), await bench.elsewhere())
  }
  return handle
}
