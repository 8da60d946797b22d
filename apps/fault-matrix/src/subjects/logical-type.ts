import type { LogicalTypeProvider } from '@uni/reload-logical-type'
import type { StrategySubject } from '@uni/reload-core/testing'
import { Int64 } from 'apache-arrow'

/** Amounts of money as whole cents. A version adds nothing to the contract: it only knows its own number. */
class Money implements LogicalTypeProvider {
  readonly name: string
  readonly version: number
  readonly arrowType = new Int64()
  readonly encodingVersion = 'cents'
  readonly metadata = '{"currency":"EUR"}'
  readonly literals: readonly string[]

  constructor(name: string, version: number, samples: readonly string[]) {
    this.name = name
    this.version = version
    this.literals = samples
  }

  fromLiteral(text: string): bigint {
    if (!/^-?\d+\.\d\d$/.test(text)) throw new Error(`no amount: ${text}`)
    return BigInt(text.replace('.', ''))
  }

  toDisplay(value: unknown): string {
    if (typeof value !== 'bigint') throw new TypeError(`no cents: ${String(value)}`)
    const digits = String(value < 0n ? -value : value).padStart(3, '0')
    return `${value < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
  }

  *samples(): Generator<string> {
    yield* this.literals
  }

  compatCheck(): { level: 'compatible' } {
    return { level: 'compatible' }
  }
}

/** L9 of the specification of logical types. */
const UNJUDGED = 'what cannot be judged for a reason that lies with the old version is listed as unjudged'

export const logicalTypeSubject: StrategySubject<LogicalTypeProvider> = {
  tolerates: ['samples', 'samples().next', 'fromLiteral', 'toDisplay'].map((call) => ({
    call: `preflight: old provider.${call}`,
    because: UNJUDGED,
  })),
  scene: ({ samples }) => ({
    provider: (key, version) => new Money(key, version, samples ? ['12.50', '-0.01'] : []),
    answer: (provider) =>
      provider.toDisplay(provider.fromLiteral('12.50')) === '12.50' ? (provider as Money).version : 0,
  }),
}
