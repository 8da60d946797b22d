import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Transaction } from '../../src/mvcc/transaction.js'
import { VersionChain } from '../../src/mvcc/version-chain.js'

const KEYS = 3

/** One of a history. Transactions are named by the order in which they began. */
type Command =
  | { readonly does: 'write'; readonly by: number; readonly key: number; readonly value: number | undefined }
  | { readonly does: 'commit' | 'abort' | 'withdraw'; readonly by: number }
  /** From here on only the last epoch and those of `held` are asked for. */
  | { readonly does: 'prune'; readonly held: readonly number[] }

const by = fc.nat(3)
const commands: fc.Arbitrary<Command[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        does: fc.constant('write' as const),
        by,
        key: fc.nat(KEYS - 1),
        value: fc.option(fc.nat(), { nil: undefined }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ does: fc.constant('commit' as const), by }) },
    { weight: 1, arbitrary: fc.record({ does: fc.constantFrom('abort' as const, 'withdraw' as const), by }) },
    { weight: 1, arbitrary: fc.record({ does: fc.constant('prune' as const), held: fc.array(fc.nat(20)) }) },
  ),
  { maxLength: 60 },
)

/** Whole tables, copied at each commit: what epochs were before there were versions. */
class Tables {
  readonly #epochs = new Map<number, ReadonlyMap<number, number>>([[0, new Map()]])
  #number = 0
  readonly #pending = new Map<number, (readonly [key: number, value: number | undefined])[]>()

  get last(): number {
    return this.#number
  }
  get held(): number[] {
    return [...this.#epochs.keys()]
  }

  at(epoch: number, key: number): number | undefined {
    return this.#epochs.get(epoch)?.get(key)
  }

  write(transaction: number, key: number, value: number | undefined): void {
    this.#pending.set(transaction, [...(this.#pending.get(transaction) ?? []), [key, value]])
  }

  commit(transaction: number): void {
    const table = new Map(this.#epochs.get(this.#number))
    for (const [key, value] of this.#pending.get(transaction) ?? []) {
      if (value === undefined) table.delete(key)
      else table.set(key, value)
    }
    this.drop(transaction)
    this.#number += 1
    this.#epochs.set(this.#number, table)
  }

  drop(transaction: number): void {
    this.#pending.delete(transaction)
  }

  keep(held: readonly number[]): void {
    for (const epoch of this.held) if (epoch !== this.#number && !held.includes(epoch)) this.#epochs.delete(epoch)
  }
}

/** A transaction that is committed or aborted is followed by another of its name. */
class Chains {
  readonly chains = Array.from({ length: KEYS }, () => {
    const chain = new VersionChain<number>(0, Transaction.committed(0))
    chain.prepend(undefined, Transaction.committed(0))
    return chain
  })
  readonly #pending = new Map<number, Transaction>()

  of(name: number): Transaction {
    const transaction = this.#pending.get(name) ?? new Transaction()
    this.#pending.set(name, transaction)
    return transaction
  }

  end(name: number): Transaction {
    const transaction = this.of(name)
    this.#pending.delete(name)
    return transaction
  }
}

describe('chains of versions', () => {
  it('I1, I3: epochs see what tables that are copied at each commit would show them, whatever was pruned', () => {
    fc.assert(
      fc.property(commands, (history) => {
        const [tables, versions] = [new Tables(), new Chains()]
        for (const command of history) {
          switch (command.does) {
            case 'write':
              tables.write(command.by, command.key, command.value)
              versions.chains[command.key]?.prepend(command.value, versions.of(command.by))
              break
            case 'commit':
              tables.commit(command.by)
              versions.end(command.by).commit(tables.last)
              break
            case 'abort':
              tables.drop(command.by)
              versions.end(command.by).abort()
              break
            case 'withdraw':
              tables.drop(command.by)
              for (const chain of versions.chains) chain.withdraw(versions.of(command.by))
              break
            case 'prune':
              tables.keep(command.held)
              for (const chain of versions.chains) chain.prune(tables.held)
          }
          versions.chains.forEach((chain, key) => {
            for (const epoch of tables.held) expect(chain.at(epoch)).toBe(tables.at(epoch, key))
            expect(chain.latest).toBe(tables.at(tables.last, key))
            if (chain.isEmpty)
              expect(tables.held.map((epoch) => tables.at(epoch, key))).toEqual(tables.held.map(() => undefined))
          })
        }
      }),
      { numRuns: 500 },
    )
  })
})
