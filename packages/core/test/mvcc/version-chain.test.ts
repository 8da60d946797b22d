import { describe, expect, it } from 'vitest'
import { Transaction } from '../../src/mvcc/transaction.js'
import { VersionChain } from '../../src/mvcc/version-chain.js'

/** A chain with one value, committed in epoch 1. */
function chainOf(value: string): VersionChain<string> {
  return new VersionChain(value, Transaction.committed(1))
}

describe('a transaction', () => {
  it('is pending, and then committed or aborted, once', () => {
    const [committed, aborted] = [new Transaction(), new Transaction()]
    expect(committed.state).toBe('pending')
    committed.commit(3)
    aborted.abort()
    expect({ committed: committed.state, aborted: aborted.state }).toEqual({
      committed: 'committed',
      aborted: 'aborted',
    })
    expect(committed.epoch).toBe(3)
    expect(() => committed.commit(4)).toThrow('the transaction is committed already')
    expect(() => committed.abort()).toThrow('the transaction is committed already')
    expect(() => aborted.commit(4)).toThrow('the transaction is aborted already')
    expect(() => aborted.abort()).toThrow('the transaction is aborted already')
    expect(committed.epoch).toBe(3)
  })
})

describe('a chain of versions', () => {
  it('I1: an epoch sees what was committed last up to then, and nothing later', () => {
    const chain = chainOf('a')
    chain.prepend('b', Transaction.committed(4))
    expect([0, 1, 3, 4, 9].map((epoch) => chain.at(epoch))).toEqual([undefined, 'a', 'a', 'b', 'b'])
    expect(chain.latest).toBe('b')
  })

  it('I3: what is written ahead is seen by nobody until its transaction is committed, and by everybody then', () => {
    const [one, other] = [chainOf('a'), chainOf('A')]
    const transaction = new Transaction()
    one.prepend('b', transaction)
    other.prepend(undefined, transaction)
    expect({ one: one.latest, other: other.latest }).toEqual({ one: 'a', other: 'A' })
    transaction.commit(2)
    expect({ one: one.at(1), other: other.at(1) }).toEqual({ one: 'a', other: 'A' })
    expect({ one: one.at(2), other: other.at(2) }).toEqual({ one: 'b', other: undefined })
  })

  it('I3: what was aborted is seen by nobody, and unlinked by the next pruning', () => {
    const chain = new VersionChain('a', new Transaction())
    const transaction = new Transaction()
    const never = new VersionChain('never', transaction)
    chain.prepend('b', transaction)
    transaction.abort()
    expect({ chain: chain.latest, never: never.latest }).toEqual({ chain: undefined, never: undefined })
    never.prune([1])
    expect(never.isEmpty).toBe(true)
    expect(chain.isEmpty).toBe(false)
  })

  it('sees versions in the order of their commits, and not in that of their writing', () => {
    const chain = chainOf('a')
    const [first, second] = [new Transaction(), new Transaction()]
    chain.prepend('written first', first)
    chain.prepend('written second', second)
    second.commit(2)
    first.commit(3)
    expect([1, 2, 3].map((epoch) => chain.at(epoch))).toEqual(['a', 'written second', 'written first'])
  })

  it('of two values of one transaction it sees the later one', () => {
    const chain = chainOf('a')
    const transaction = new Transaction()
    chain.prepend('b', transaction)
    chain.prepend('c', transaction)
    transaction.commit(2)
    expect(chain.latest).toBe('c')
  })

  it('I11: transactions that write to the same thing while both are pending are told, and no others', () => {
    const chain = chainOf('a')
    const [own, other, late] = [new Transaction(), new Transaction(), new Transaction()]
    for (const transaction of [own, other]) {
      chain.contend(transaction)
      chain.prepend('b', transaction)
    }
    expect({ own: own.contended, other: other.contended }).toEqual({ own: true, other: true })
    own.commit(2)
    other.abort()
    chain.contend(late)
    expect(late.contended).toBe(false)
  })

  it('takes back what one transaction has written, and nothing else', () => {
    const chain = chainOf('a')
    const [mine, other] = [new Transaction(), new Transaction()]
    chain.prepend('mine', mine)
    chain.prepend('other', other)
    chain.withdraw(mine)
    for (const transaction of [mine, other]) transaction.commit(2)
    expect(chain.latest).toBe('other')
  })

  it('is empty once nobody sees anything, and not while a value or a removal is pending', () => {
    const chain = chainOf('a')
    expect(chain.isEmpty).toBe(false)
    const removal = new Transaction()
    chain.prepend(undefined, removal)
    expect(chain.isEmpty).toBe(false)
    removal.commit(2)
    chain.prune([1, 2])
    expect(chain.isEmpty).toBe(false)
    chain.prune([2])
    expect(chain.isEmpty).toBe(true)
  })
})
