import { Int64 } from 'apache-arrow'
import type { LogicalTypeProvider } from '../src/index.js'

/** Amounts of money as whole cents: `12.50` is stored as 1250n. */
export function money(changes: Partial<LogicalTypeProvider> = {}): LogicalTypeProvider {
  return {
    name: 'acme.money',
    arrowType: new Int64(),
    encodingVersion: 'cents',
    metadata: '{"currency":"EUR","digits":2}',
    fromLiteral(text) {
      const [, sign, whole, cents] = /^(-?)(\d+)\.(\d\d)$/.exec(text) ?? []
      if (whole === undefined) throw new Error(`no amount: ${text}`)
      const amount = BigInt(`${sign}${whole}${cents}`)
      if (BigInt.asIntN(64, amount) !== amount) throw new RangeError(`too much money for 64 bits: ${text}`)
      return amount
    },
    toDisplay(value) {
      if (typeof value !== 'bigint') throw new TypeError(`no cents: ${String(value)}`)
      const digits = String(value < 0n ? -value : value).padStart(3, '0')
      return `${value < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
    },
    samples: () => ['0.00', '12.50', '-0.01', '92233720368547758.07'],
    ...changes,
  }
}
