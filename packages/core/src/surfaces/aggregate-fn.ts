import { cleanHandoff } from '../move/clean.js'
import type { HandoffStrategy } from '../strategy.js'
import { defineSurface, type Surface } from '../surface.js'

/** A function of many rows. The state belongs to the query that runs it, and never outlives it. */
export interface AggregateFnProvider<S = unknown> {
  readonly name: string
  init(): S
  step(state: S, ...args: readonly unknown[]): S
  finish(state: S): unknown
}

export const aggregateFn: Surface<AggregateFnProvider> = defineSurface<AggregateFnProvider>({
  id: 'aggregate-fn',
  keyOf: (provider) => provider.name,
  methods: ['init', 'step', 'finish'],
})

/** Clean: a state begun by one version is stepped and finished by that version, which its lease holds. */
export function aggregateFnHandoff(): HandoffStrategy<AggregateFnProvider> {
  return cleanHandoff(aggregateFn)
}
