/** What a plugin author may return: the value itself, or a promise of it. */
export type MaybePromise<T> = T | Promise<T>

export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}

/** Hears the rejection of what should have been no promise: one that nobody hears ends a Node process. */
export function hear(value: unknown): void {
  if (isPromiseLike(value)) Promise.resolve(value).catch(() => {})
}
