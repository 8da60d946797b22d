import { cleanHandoff } from '../move/clean.js'
import type { HandoffStrategy } from '../strategy.js'
import { defineSurface, narrowable, type Surface } from '../surface.js'

/** A function of many rows. The state belongs to the query that runs it, and never outlives it. */
export interface AggregateFnProvider<S = unknown, A extends readonly unknown[] = readonly unknown[], T = unknown> {
  readonly name: string
  init(): S
  step(state: S, ...args: A): S
  finish(state: S): T
}

export interface AggregateFnSurface extends Surface<AggregateFnProvider> {
  /** Functions of rows with these arguments, that give a `T`. The state between two rows is an `S`. */
  of<A extends readonly unknown[], T, S = unknown>(): Surface<AggregateFnProvider<S, A, T>>
}

export const aggregateFn: AggregateFnSurface = narrowable(
  defineSurface<AggregateFnProvider>({
    id: 'aggregate-fn',
    keyOf: (provider) => provider.name,
    methods: ['init', 'step', 'finish'],
  }),
)

/** Clean: a state begun by one version is stepped and finished by that version, which its lease holds. */
export function aggregateFnHandoff(): HandoffStrategy<AggregateFnProvider> {
  return cleanHandoff(aggregateFn)
}
