import type { LogicalTypeProvider } from './contract.js'
import { settled } from './settled.js'

/**
 * The value of a literal.
 *
 * @throws what the provider throws; TypeError where it returned a promise.
 */
export function parse(provider: LogicalTypeProvider, literal: string): unknown {
  return settled(provider.fromLiteral(literal), 'fromLiteral')
}
