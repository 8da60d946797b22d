import { attempt, type Attempt } from './attempt.js'
import type { LogicalTypeProvider } from './contract.js'
import { readColumn } from './column.js'
import { parse } from './parse.js'
import { settled } from './settled.js'

/** What `provider` displays the literal as. */
export function displayLiteral(provider: LogicalTypeProvider, literal: string): Attempt<string> {
  return displayValue(provider, () => parse(provider, literal))
}

/** What `provider` displays the value of a column as. */
export function displayColumn(provider: LogicalTypeProvider, column: Uint8Array): Attempt<string> {
  return displayValue(provider, () => readColumn(column).get(0))
}

/**
 * What `provider` displays a value as. The value is made anew for each call: a provider may change what it is given.
 */
export function displayValue(provider: LogicalTypeProvider, make: () => unknown): Attempt<string> {
  return attempt(() => {
    const display: unknown = settled(provider.toDisplay(make()), 'toDisplay')
    if (typeof display !== 'string')
      throw new TypeError(`toDisplay returned a value of type ${typeof display}, expected a string`)
    return display
  })
}
