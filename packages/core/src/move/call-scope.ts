/** A call that {@link isInside} can be asked about. */
export interface ScopedCall {
  readonly ended: boolean
}

/** A linked list of the calls that the running code is inside of, innermost first. */
interface Scope {
  readonly call: ScopedCall
  readonly outer: Scope | undefined
}

/** The part of Node's `AsyncLocalStorage` that is used; Deno and Bun have it too. */
interface Storage {
  run<T>(scope: Scope, fn: () => T): T
  getStore(): Scope | undefined
  disable(): void
}

interface Platform {
  readonly process?: { getBuiltinModule?(name: string): { readonly AsyncLocalStorage?: new () => Storage } | undefined }
}

const { AsyncLocalStorage } = (globalThis as Platform).process?.getBuiltinModule?.('node:async_hooks') ?? {}
/** `undefined` in browsers, which have nothing like it: {@link isInside} is false there. */
const storage = AsyncLocalStorage && new AsyncLocalStorage()
let entered = 0

/**
 * Calls `fn`. In all code that `fn` starts, across its awaits, {@link isInside} is true of `call`. Each call of it has
 * to be followed by one of {@link leaveScope}.
 */
export function enterScope<T>(call: ScopedCall, fn: () => T): T {
  if (storage === undefined) return fn()
  entered += 1
  return storage.run({ call, outer: underWay(storage.getStore()) }, fn)
}

/**
 * Ends what {@link enterScope} began. When no scope is left, the storage is disabled: before Node 24, an enabled one
 * makes every promise slower.
 */
export function leaveScope(): void {
  if (storage === undefined) return
  entered -= 1
  if (entered === 0) storage.disable()
}

/** Whether the running code was started by `call`. */
export function isInside(call: ScopedCall): boolean {
  for (let scope = storage?.getStore(); scope !== undefined; scope = scope.outer) if (scope.call === call) return true
  return false
}

/**
 * The innermost scope whose call has not ended. Ended ones are dropped: otherwise, where each call starts the next one,
 * the list would grow without end.
 */
function underWay(scope: Scope | undefined): Scope | undefined {
  let innermost = scope
  while (innermost?.call.ended === true) innermost = innermost.outer
  return innermost
}
