import { ConformanceError, declareConformance, Expectation, type ConformanceCase } from '@uni/reload-core/testing'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { Deferred, standing } from '../fixtures/deferred.js'
import { thenable } from '../fixtures/thenable.js'

/** Runs a declared suite, and says which of its tests failed with what. */
async function run(cases: readonly ConformanceCase[], knownGaps?: readonly string[]): Promise<Record<string, string>> {
  const declared: { name: string; body: () => Promise<void> }[] = []
  declareConformance((name, body) => declared.push({ name, body }), cases, {
    kit: 'runKit',
    ...(knownGaps && { knownGaps }),
  })
  const failed: Record<string, string> = {}
  for (const { name, body } of declared)
    await body().catch((error: Error) => {
      failed[name] = error.message
    })
  expect(declared).toHaveLength(cases.length + 1)
  return failed
}

const holds: ConformanceCase = {
  key: 'holds',
  rule: 'X1',
  title: 'it holds',
  run: (expectation: Expectation) => {
    expectation.that(true, 'never')
  },
}
const broken: ConformanceCase = {
  key: 'broken',
  rule: 'X2',
  title: 'it does not',
  run: (expectation) => {
    expectation.fail('expected one, found two')
  },
}

describe('a conformance suite', () => {
  it('passes what holds, and names the rule of what does not', async () => {
    expect(await run([holds, broken])).toEqual({ 'broken: it does not (X2)': 'X2: expected one, found two' })
  })

  it('names the rule of whatever is thrown', async () => {
    const odd: ConformanceCase = {
      ...broken,
      run: () => {
        throw 'a string'
      },
    }
    expect(await run([odd])).toEqual({ 'broken: it does not (X2)': 'X2: broken failed: a string' })
  })

  it('runs known gaps as expected failures: one that is closed has to be taken out', async () => {
    expect(await run([holds, broken], ['broken'])).toEqual({})
    expect(await run([holds, broken], ['broken', 'holds'])).toEqual({
      'holds: it holds (X1), a known gap': 'X1: holds holds now: take it out of knownGaps',
    })
  })

  it('fails where a known gap names no test', async () => {
    expect(await run([holds], ['gone'])).toEqual({
      'knownGaps are current': 'knownGaps names no test of this suite: gone. There are holds',
    })
  })

  it('does not judge what needs a rule that is broken, unless that is a known gap; and runs each case once', async () => {
    let runs = 0
    const counted: ConformanceCase = {
      ...broken,
      run: () => {
        runs += 1
        throw new Error('no')
      },
    }
    const follower: ConformanceCase = {
      key: 'follower',
      rule: 'X3',
      title: 'it follows',
      needs: ['broken'],
      run: (expectation) => expectation.fail('as well'),
    }
    expect(Object.keys(await run([counted, follower]))).toEqual(['broken: it does not (X2)'])
    expect(runs).toBe(1)
    expect(Object.keys(await run([counted, follower], ['broken']))).toEqual(['follower: it follows (X3)'])
    expect(Object.values(await run([follower]))).toEqual(['X3: follower needs broken, which is no case of this suite'])
  })
})

describe('expectations', () => {
  const expectation = new Expectation('X4')

  it('say what had to work and did not, with the cause', async () => {
    const cause = new Error('no disk')
    const error = await expectation.works('open', () => Promise.reject(cause)).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ConformanceError)
    expect(error).toMatchObject({ rule: 'X4', message: 'X4: open has to work here, and failed: no disk', cause })
    expect(await expectation.works('open', () => 7)).toBe(7)
  })

  it('give what was refused, and fail what was not', async () => {
    expect(
      await expectation.refused('a write', () => {
        throw 'no'
      }),
    ).toBe('no')
    await expect(expectation.refused('a write', () => 1)).rejects.toThrow('X4: a write has to be refused, and was not')
  })
})

/** What never comes. */
const never = <T>(): Promise<T> => new Promise<T>(() => {})

/** Runs a declared suite one test after the other, as a runner does. */
async function failuresWithin(deadlineMs: number, cases: readonly ConformanceCase[]): Promise<Map<string, Error>> {
  const bodies = new Map<string, () => Promise<void>>()
  declareConformance((name, body) => bodies.set(name.split(':')[0] as string, body), cases, {
    kit: 'runStoreKit',
    deadlineMs,
  })
  const failed = new Map<string, Error>()
  for (const [key, body] of bodies)
    await body().catch((error: Error) => {
      failed.set(key, error)
    })
  return failed
}

describe('a case that waits for what never settles', () => {
  const store = {
    load: () => Promise.resolve(1),
    save: () => never<void>(),
    session: () => Promise.resolve({ commit: () => never<void>() }),
  }

  it('fails with the kit, the case and the calls that are pending, and those after it run', async () => {
    const failed = await failuresWithin(20, [
      {
        ...holds,
        key: 'save',
        rule: 'X5',
        run: async (expectation) => {
          await expectation.named(store, 'store').save()
        },
      },
      {
        ...holds,
        key: 'commit',
        rule: 'X6',
        run: async (expectation) => {
          const session = await expectation.named(store, 'store', { session: ['commit'] }).session()
          await expectation.works('the commit of 3 rows', () => session.commit())
        },
      },
      { ...holds, key: 'event', rule: 'X7', run: () => never() },
      holds,
      broken,
    ])
    const says = (key: string): string | undefined => failed.get(key)?.message
    expect([...failed.keys()]).toEqual(['save', 'commit', 'event', 'broken'])
    expect(says('save')).toBe(
      'X5: save of runStoreKit: the test has not ended: nothing has happened for 20 ms, and store.save() has not settled. Raise deadlineMs where a call may take longer.',
    )
    expect(says('commit')).toContain('session.commit(), the commit of 3 rows have not settled.')
    expect(says('event')).toContain('no call that has a name is pending.')
    expect(failed.get('save')).toMatchObject({ name: 'ConformanceError', rule: 'X5' })
  })

  it('says what it had found before, and at which part it is', async () => {
    const failed = await failuresWithin(20, [
      {
        ...holds,
        key: 'closing',
        rule: 'X8',
        run: async (expectation) => {
          expectation.begin('the second cell')
          try {
            expectation.fail('expected one, found two')
          } finally {
            await expectation.named(store, 'store').save()
          }
        },
      },
    ])
    expect(failed.get('closing')?.message).toContain(
      'closing of runStoreKit, at the second cell: the test has not ended',
    )
    expect(failed.get('closing')?.message).toContain(
      'store.save() has not settled. Before that: X8: expected one, found two.',
    )
    expect(failed.get('closing')?.cause).toMatchObject({ rule: 'X8' })
  })

  it('does not fail as long as calls begin and settle, however long it takes', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => {
      vi.useRealTimers()
    })
    let settle = (): void => {}
    const slow = {
      load: () =>
        new Promise<void>((resolve) => {
          settle = resolve
        }),
    }
    const failing = failuresWithin(1_000, [
      {
        ...holds,
        key: 'slow',
        run: async (expectation) => {
          const { load } = expectation.named(slow, 'slow')
          for (let calls = 0; calls < 10; calls += 1) await load()
          await never()
        },
      },
    ])
    for (let calls = 0; calls < 10; calls += 1) {
      await vi.advanceTimersByTimeAsync(900)
      settle()
    }
    await vi.advanceTimersByTimeAsync(900)
    expect(await standing(failing)).toBe('pending')
    await vi.advanceTimersByTimeAsync(1_000)
    expect((await failing).get('slow')?.message).toContain('no call that has a name is pending')
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('what is undone after a case', () => {
  it('is undone the last first, whether it ended, failed or never ends, each for itself', async () => {
    const undone: string[] = []
    const undoing =
      (run: ConformanceCase['run']): ConformanceCase['run'] =>
      (expectation, after) => {
        after(() => {
          undone.push('the world')
        })
        after(() => never())
        after(() => {
          undone.push('the handle')
        })
        return run(expectation, after)
      }
    const failed = await failuresWithin(20, [
      { ...holds, key: 'ends', run: undoing(() => {}) },
      { ...holds, key: 'fails', run: undoing((expectation) => expectation.fail('found two')) },
      { ...holds, key: 'hangs', run: undoing(() => never()) },
    ])
    expect(undone).toEqual(['the handle', 'the world', 'the handle', 'the world', 'the handle', 'the world'])
    expect(failed.get('ends')?.message).toContain('ends of runStoreKit: what is undone after the test has not ended')
    expect(failed.get('fails')?.message).toBe('X1: found two')
    expect(failed.get('hangs')?.message).toContain('hangs of runStoreKit: the test has not ended')
  })

  it('is undone at once where a call settles after all, and what fails in it fails the case', async () => {
    const made = new Deferred()
    const undone = new Deferred()
    const failed = await failuresWithin(20, [
      {
        ...holds,
        key: 'late',
        run: async (_, after) => {
          await made.promise
          after(() => {
            undone.resolve()
          })
        },
      },
      {
        ...holds,
        key: 'unclean',
        run: (_, after) =>
          after(() => {
            throw new Error('no disk')
          }),
      },
    ])
    expect([...failed.keys()]).toEqual(['late', 'unclean'])
    expect(failed.get('unclean')?.message).toBe('X1: unclean failed: no disk')
    made.resolve()
    await undone.promise
  })
})

describe('named calls', () => {
  class Account {
    #balance = 1
    readonly name = 'a'
    balance(): number {
      return this.#balance
    }
    take(other: Account): number {
      return this.#balance + other.#balance
    }
    itself(): Account {
      return this
    }
    later(): Promise<Account> {
      return thenable((resolve) => resolve(this))
    }
    get twin(): Account {
      return this
    }
  }
  const named = <T extends object>(target: T): T =>
    new Expectation('X9').named(target, 'account', { account: ['balance', 'take'] })

  it('leave an object what it is: its private state, its class, and what is fixed', async () => {
    const account = named(new Account())
    expect([
      account.balance(),
      account.take(account),
      account.name,
      'take' in account,
      account instanceof Account,
    ]).toEqual([1, 2, 'a', true, true])
    expect({
      itself: account.itself(),
      later: await account.later(),
      twin: account.twin,
      constructor: account.constructor,
    }).toEqual({ itself: account, later: account, twin: account, constructor: Account })
    const fixed = named(Object.freeze({ balance: () => 5, take: () => 6 }))
    expect({ balance: fixed.balance(), take: fixed.take() }).toEqual({ balance: 5, take: 6 })
  })

  it('are of the method that is there now', () => {
    const account: { balance(): number; take(): number } = named({ balance: () => 1, take: () => 2 })
    expect(account.balance()).toBe(1)
    account.balance = () => 3
    expect(account.balance()).toBe(3)
  })
})
