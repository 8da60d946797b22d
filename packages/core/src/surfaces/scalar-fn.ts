import { cleanHandoff } from '../move/clean.js'
import type { HandoffStrategy } from '../strategy.js'
import { defineSurface, narrowable, type Surface } from '../surface.js'

/** A stateless function of one row: the same arguments give the same result. */
export interface ScalarFnProvider<A extends readonly unknown[] = readonly unknown[], T = unknown> {
  readonly name: string
  call(...args: A): T
}

export interface ScalarFnSurface extends Surface<ScalarFnProvider> {
  /** Functions of these arguments, that give a `T`. */
  of<A extends readonly unknown[], T>(): Surface<ScalarFnProvider<A, T>>
}

export const scalarFn: ScalarFnSurface = narrowable(
  defineSurface<ScalarFnProvider>({ id: 'scalar-fn', keyOf: (provider) => provider.name, methods: ['call'] }),
)

/** Clean: a query in flight goes on with the function it captured. */
export function scalarFnHandoff(): HandoffStrategy<ScalarFnProvider> {
  return cleanHandoff(scalarFn)
}
