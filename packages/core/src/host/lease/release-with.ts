import { isPromiseLike } from '../../maybe-promise.js'
import { DISPOSE } from '../../dispose.js'

/** What tells by a `close` event that it is over: a stream of Node, a response, a socket. */
interface Closing {
  once(event: 'close', listener: () => void): unknown
  readonly closed?: boolean
  readonly destroyed?: boolean
}

/**
 * Releases a lease when what was begun under it is over, and gives `outcome` to go on with:
 *
 * - a promise: when it has settled, and what it resolved with is over;
 * - a stream of Node, or anything else with `once`: at its `close`;
 * - a web stream, or a response with a body: at its end, its failure or its cancellation. What is given is another one,
 *   which has to be read in its place;
 * - an iterator, such as what a generator function gives: when it has ended, or was left. What is given is another one;
 * - anything else: at once.
 */
export function releaseWith<T>(lease: Disposable, outcome: T): T {
  const release = (): void => lease[DISPOSE]()
  return over(outcome, release) as T
}

/** Does `work` under a lease that is released when that is over, and where it throws. */
export function underLease<L extends Disposable, T>(lease: L, work: (lease: L) => T): T {
  try {
    return releaseWith(lease, work(lease))
  } catch (error) {
    lease[DISPOSE]()
    throw error
  }
}

function over(outcome: unknown, release: () => void): unknown {
  if (isPromiseLike(outcome)) {
    return outcome.then(
      (value) => over(value, release),
      (error: unknown) => {
        release()
        throw error
      },
    )
  }
  if (isClosing(outcome)) {
    if (outcome.closed === true || outcome.destroyed === true) release()
    else outcome.once('close', release)
    return outcome
  }
  if (isWebStream(outcome)) return streamTo(outcome, release)
  if (typeof Response === 'function' && outcome instanceof Response && outcome.body !== null) {
    return new Response(streamTo(outcome.body, release), outcome)
  }
  if (isAsyncIterator(outcome)) return asyncTo(outcome, release)
  if (isIterator(outcome)) return to(outcome, release)
  release()
  return outcome
}

function streamTo(stream: ReadableStream<unknown>, release: () => void): ReadableStream {
  const reader = stream.getReader()
  return new ReadableStream<unknown>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read()
          if (!done) return controller.enqueue(value)
          release()
          controller.close()
        } catch (error) {
          release()
          throw error
        }
      },
      cancel(reason) {
        release()
        return reader.cancel(reason)
      },
    },
    // It reads nothing ahead of its own reader.
    { highWaterMark: 0 },
  )
}

/** Not a generator: one that is left before its first step runs no code, and so would never release. */
function asyncTo(iterator: AsyncIterator<unknown>, release: () => void): AsyncIterableIterator<unknown> {
  const step = async (take: Promise<IteratorResult<unknown>> | undefined, value?: unknown) => {
    try {
      const result = (await take) ?? { done: true, value }
      if (result.done === true) release()
      return result
    } catch (error) {
      release()
      throw error
    }
  }
  return {
    next: (...given) => step(iterator.next(...given)),
    return: (value) => step(iterator.return?.(value), value),
    throw: (error) => step(iterator.throw?.(error) ?? Promise.reject(error)),
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

function to(iterator: Iterator<unknown>, release: () => void): IterableIterator<unknown> {
  const step = (take: () => IteratorResult<unknown> | undefined, value?: unknown): IteratorResult<unknown> => {
    try {
      const result = take() ?? { done: true, value }
      if (result.done === true) release()
      return result
    } catch (error) {
      release()
      throw error
    }
  }
  return {
    next: (...given) => step(() => iterator.next(...given)),
    return: (value) => step(() => iterator.return?.(value), value),
    throw: (error) =>
      step(() => {
        if (iterator.throw) return iterator.throw(error)
        throw error
      }),
    [Symbol.iterator]() {
      return this
    },
  }
}

function isClosing(value: unknown): value is Closing {
  return isObject(value) && typeof value['once'] === 'function'
}

function isWebStream(value: unknown): value is ReadableStream<unknown> {
  return isObject(value) && typeof value['getReader'] === 'function' && typeof value['pipeThrough'] === 'function'
}

// Collections can be gone through, too, and have no `next`: they hold what they give already.
function isAsyncIterator(value: unknown): value is AsyncIterableIterator<unknown> {
  return isObject(value) && typeof value['next'] === 'function' && Symbol.asyncIterator in value
}

function isIterator(value: unknown): value is IterableIterator<unknown> {
  return isObject(value) && typeof value['next'] === 'function' && Symbol.iterator in value
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
