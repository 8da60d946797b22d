/** A call under way, as code that it calls finds it. */
export interface ScopedCall {
  readonly ended: boolean
}

/** The calls that the running code was called from, the innermost first. */
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
 * Calls `fn`. {@link isInside} is true in all code that `fn` starts, across its awaits. {@link leaveScope} has to
 * follow.
 */
export function enterScope<T>(call: ScopedCall, fn: () => T): T {
  if (storage === undefined) return fn()
  entered += 1
  return storage.run({ call, outer: underWay(storage.getStore()) }, fn)
}

/**
 * The last scope that is left ends the following of calls across awaits: in a Node before 24, it makes every promise
 * slower.
 */
export function leaveScope(): void {
  if (storage === undefined) return
  entered -= 1
  if (entered === 0) storage.disable()
}

/** Whether the code that runs now was called from inside `call`. */
export function isInside(call: ScopedCall): boolean {
  for (let scope = storage?.getStore(); scope !== undefined; scope = scope.outer) if (scope.call === call) return true
  return false
}

/**
 * The innermost scope whose call has not ended. In an endless chain, in which each call starts the next one, a new
 * scope would otherwise keep all those before it.
 */
function underWay(scope: Scope | undefined): Scope | undefined {
  let innermost = scope
  while (innermost?.call.ended === true) innermost = innermost.outer
  return innermost
}
