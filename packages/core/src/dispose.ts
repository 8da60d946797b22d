/**
 * The keys by which `using` and `await using` dispose of something. A realm may not have them (Safari, Chrome before
 * 134, Firefox before 141): there they are the keys that compilers which lower `using` fall back to.
 */
const { dispose, asyncDispose } = Symbol as Partial<Pick<SymbolConstructor, 'dispose' | 'asyncDispose'>>

export const DISPOSE: typeof Symbol.dispose = (dispose ?? Symbol.for('Symbol.dispose')) as typeof Symbol.dispose
export const ASYNC_DISPOSE: typeof Symbol.asyncDispose = (asyncDispose ??
  Symbol.for('Symbol.asyncDispose')) as typeof Symbol.asyncDispose
