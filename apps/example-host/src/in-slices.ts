import { Slices } from '@uni/reload-core'

/** `items`, one after the other, in slices, so that the event loop turns in between. @throws the reason of `signal`. */
export async function* inSlices<T>(items: Iterable<T>, signal?: AbortSignal): AsyncGenerator<T, void, undefined> {
  const slices = new Slices(2)
  for (const item of items) {
    yield item
    if (!slices.due()) continue
    await slices.pause()
    signal?.throwIfAborted()
  }
}
