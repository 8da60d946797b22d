import { cleanHandoff } from '../move/clean.js'
import type { HandoffStrategy } from '../strategy.js'
import { defineSurface, type Surface } from '../surface.js'

/** A stateless function of one row: same arguments, same result. */
export interface ScalarFnProvider {
  readonly name: string
  call(...args: readonly unknown[]): unknown
}

export const scalarFn: Surface<ScalarFnProvider> = defineSurface<ScalarFnProvider>({
  id: 'scalar-fn',
  keyOf: (provider) => provider.name,
  methods: ['call'],
})

/** Clean: a query in flight goes on with the function it captured. */
export function scalarFnHandoff(): HandoffStrategy<ScalarFnProvider> {
  return cleanHandoff(scalarFn)
}
