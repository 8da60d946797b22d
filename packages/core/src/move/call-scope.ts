/** A call under way, as what is called from inside it finds it. */
export interface ScopedCall {
  readonly ended: boolean
}

/** The calls that a piece of code was called from, the innermost first. */
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
/** Browsers have nothing like it: there, only the synchronous part of a call is known to be inside it. */
const storage = AsyncLocalStorage && new AsyncLocalStorage()
let entered = 0

/**
 * Calls `fn`, so that {@link isInside} is true of all that it starts, across its awaits. {@link leaveScope} has to
 * follow.
 */
export function enterScope<T>(call: ScopedCall, fn: () => T): T {
  if (storage === undefined) return fn()
  entered += 1
  return storage.run({ call, outer: underWay(storage.getStore()) }, fn)
}

/** Following calls across awaits makes every promise of a Node before 24 dearer, so it ends with the last of them. */
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
 * Scopes that have ended are left out: each call of an endless chain, that starts the next one, would keep all before
 * it.
 */
function underWay(scope: Scope | undefined): Scope | undefined {
  let innermost = scope
  while (innermost?.call.ended === true) innermost = innermost.outer
  return innermost
}
