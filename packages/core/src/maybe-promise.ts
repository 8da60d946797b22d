/** What a plugin author may return: the value itself, or a promise of it. */
export type MaybePromise<T> = T | Promise<T>

export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}
