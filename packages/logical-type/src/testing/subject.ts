import type { Vector } from 'apache-arrow'
import { attempt, type Attempt } from '../attempt.js'
import { readColumn, writeColumn, writeValues } from '../column.js'
import type { LogicalTypeProvider } from '../contract.js'
import { displayColumn, displayLiteral } from '../display.js'
import { parse } from '../parse.js'
import { readSamples, SAMPLE_LIMIT } from '../samples.js'
import { contractOf, type TypeContract } from '../type-contract.js'

/** The provider under test, and what the cases need of it. */
export class Subject {
  readonly make: () => LogicalTypeProvider
  readonly seed: number

  constructor(make: () => LogicalTypeProvider, seed: number) {
    this.make = make
    this.seed = seed
  }

  get contract(): TypeContract {
    return contractOf(this.make())
  }

  /** The samples that a host would judge by. */
  get literals(): string[] {
    return [...readSamples(this.make(), SAMPLE_LIMIT).literals]
  }

  /** How a new provider displays each sample. */
  get displays(): ReadonlyMap<string, Attempt<string>> {
    const provider = this.make()
    return new Map(this.literals.map((literal) => [literal, displayLiteral(provider, literal)]))
  }

  /** A column of the literals' values with a null after each, written to Arrow IPC and read back. */
  column(literals: readonly string[]): Vector {
    const provider = this.make()
    return readColumn(
      writeValues(
        this.contract,
        literals.flatMap((literal) => [parse(provider, literal), null]),
      ),
    )
  }

  /**
   * The column of one literal.
   *
   * @throws Error where it cannot be made.
   */
  store(provider: LogicalTypeProvider, literal: string): Uint8Array {
    return writeColumn(this.contract, parse(provider, literal))
  }

  /** How a literal that the provider accepts is not kept; `undefined` where it is kept or refused. */
  lossOf(literal: string): string | undefined {
    const provider = this.make()
    const parsed = attempt(() => parse(provider, literal))
    if ('throws' in parsed) return undefined
    const shown = displayLiteral(provider, literal)
    if ('throws' in shown) return `it is accepted, and then toDisplay fails: ${shown.throws}`
    const column = attempt(() => this.store(provider, literal))
    if ('throws' in column) return `it is accepted, and its value cannot be stored: ${column.throws}`
    const again = displayColumn(provider, column.value)
    if ('throws' in again) return `it is accepted, and its value read back from a column fails: ${again.throws}`
    return again.value === shown.value
      ? undefined
      : `it is displayed as ${shorten(shown.value)}, and once stored as ${shorten(again.value)}`
  }
}

function shorten(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}
