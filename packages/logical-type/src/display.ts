import { attempt, type Attempt } from './attempt.js'
import type { LogicalTypeProvider } from './contract.js'
import { readColumn } from './column.js'
import { parse } from './parse.js'
import { settled } from './settled.js'

/** How `provider` displays the literal. */
export function displayLiteral(provider: LogicalTypeProvider, literal: string): Attempt<string> {
  return displayValue(provider, () => parse(provider, literal))
}

/** How `provider` displays the value of a column. */
export function displayColumn(provider: LogicalTypeProvider, column: Uint8Array): Attempt<string> {
  return displayValue(provider, () => readColumn(column).get(0))
}

/** How `provider` displays a value. The value is made anew for each call, as a provider may change it. */
export function displayValue(provider: LogicalTypeProvider, make: () => unknown): Attempt<string> {
  return attempt(() => {
    const display: unknown = settled(provider.toDisplay(make()), 'toDisplay')
    if (typeof display !== 'string')
      throw new TypeError(`toDisplay returned a value of type ${typeof display}, expected a string`)
    return display
  })
}
