import { describe, expect, it } from 'vitest'
import { Deferred, turn } from '../fixtures/deferred.js'
import { handoffsOf, notesStrategy, type Note } from '../fixtures/handoffs-of.js'

describe('N5 a resource that comes while others are handed over', () => {
  it.each(['before they are prepared', 'while they are', 'once they are'] as const)(
    'joins them, %s',
    async (moment) => {
      const opening = new Deferred()
      const made = handoffsOf(['a', 'b'], {
        next: {
          key: 'k',
          open: async (text) => {
            if (text === 'a:') await opening.promise
            return { text, closed: 0 }
          },
        },
      })
      const { handoffs, moveOf, gateOf } = made
      const late = moveOf('late')
      const join = (): void => {
        expect(handoffs.join(late)).toBe(true)
      }
      if (moment === 'before they are prepared') join()
      const preparing = handoffs.prepare()
      await turn()
      if (moment === 'while they are') join()
      opening.resolve()
      await preparing
      if (moment === 'once they are') join()
      await late.gate.write('1')
      await handoffs.converge()
      const write = late.gate.write('2')
      handoffs.commit()
      await write
      expect({ lateResource: late.gate.resource, aResource: gateOf('a').resource }).toEqual({
        lateResource: { text: 'late:12', closed: 0 },
        aResource: { text: 'a:', closed: 0 },
      })
      expect(handoffs.report.map(({ resource }) => resource)).toEqual(['a', 'b', 'late'])
    },
  )

  it('cannot join once writes are held for the commit, nor once it was decided', async () => {
    for (const ending of ['commit', 'rollback'] as const) {
      const { handoffs, moveOf } = handoffsOf(['a'])
      await handoffs.prepare()
      await handoffs.converge()
      expect({ open: handoffs.open, joined: handoffs.join(moveOf('late')) }).toEqual({ open: false, joined: false })
      if (ending === 'commit') handoffs.commit()
      else await handoffs.rollback()
      expect(handoffs.join(moveOf('later'))).toBe(false)
    }
  })

  it('I3 fails them where its handoff fails, and is rolled back with them', async () => {
    const { handoffs, moveOf, gateOf } = handoffsOf(['a'], {
      next: {
        key: 'k',
        open: (text) =>
          text === 'late:' ? Promise.reject(new Error('no room')) : Promise.resolve({ text, closed: 0 }),
      },
    })
    await handoffs.prepare()
    const late = moveOf('late')
    handoffs.join(late)
    await expect(handoffs.converge()).rejects.toMatchObject({
      code: 'HANDOFF',
      resource: 'late',
      cause: new Error('no room'),
    })
    expect(await handoffs.rollback()).toEqual([])
    await Promise.all([late.gate.write('1'), gateOf('a').write('1')])
    expect({ lateState: late.gate.state, aState: gateOf('a').state }).toEqual({ lateState: 'open', aState: 'open' })
  })
})

describe('N5 O7 a resource that joins is judged', () => {
  it('with those that came with it, before anything is prepared for it', async () => {
    const log: string[] = []
    const { handoffs, moveOf } = handoffsOf(['a'], {
      judgeJoined: (joined) => {
        log.push(`judge ${joined.map(({ name }) => name).join(', ')}`)
        return Promise.resolve()
      },
      onHandoff: ({ place, step }) => {
        log.push(`${step} ${place.resource}`)
      },
    })
    await handoffs.prepare()
    for (const name of ['b', 'c']) handoffs.join(moveOf(name))
    await handoffs.converge()
    expect(log.slice(0, 4)).toEqual(['prepare a', 'judge b, c', 'prepare b', 'prepare c'])
    await handoffs.rollback()
  })

  it('I3 fails them where it is refused', async () => {
    const { handoffs, moveOf, gateOf } = handoffsOf(['a'], {
      judgeJoined: () => Promise.reject(new Error('another meaning')),
    })
    await handoffs.prepare()
    const late = moveOf('late')
    handoffs.join(late)
    await expect(handoffs.converge()).rejects.toThrow('another meaning')
    expect(await handoffs.rollback()).toEqual([])
    await Promise.all([late.gate.write('1'), gateOf('a').write('1')])
  })

  it('again without one that leaves meanwhile, as that cannot be read; alone, not at all', async () => {
    for (const names of [['b', 'c'], ['b']]) {
      const judged: string[][] = []
      const left = new Deferred()
      const { handoffs, moveOf } = handoffsOf(['a'], {
        judgeJoined: async (joined) => {
          judged.push(joined.map(({ name }) => name))
          await left.promise
          await Promise.all(joined.map(({ gate }) => gate.use(() => {})))
        },
      })
      await handoffs.prepare()
      const moves = names.map(moveOf)
      for (const move of moves) handoffs.join(move)
      const converging = handoffs.converge()
      await turn()
      void handoffs.withdraw(moves[0]?.gate as never)
      void moves[0]?.gate.close()
      left.resolve()
      await converging
      handoffs.commit()
      expect(judged).toEqual(names.length === 1 ? [['b']] : [['b', 'c'], ['c']])
      expect([...handoffs.results()].map(([{ name }]) => name)).toEqual(names.length === 1 ? ['a'] : ['a', 'c'])
    }
  })

  it('I8 those that join while others are judged or prepared do not keep them from the commit', async () => {
    let serial = 0
    const made = handoffsOf(['a'], {
      judgeJoined: () => {
        joinAnother()
        return Promise.resolve()
      },
    })
    const joinAnother = (): void => {
      serial += 1
      made.handoffs.join(made.moveOf(`late ${serial}`))
    }
    joinAnother()
    await made.handoffs.prepare()
    await made.handoffs.converge()
    made.handoffs.commit()
    expect([...made.handoffs.results()]).toHaveLength(serial)
  })
})

describe('N5 a resource that leaves while it is handed over', () => {
  it('has its successor closed, and the others go on', async () => {
    const log: string[] = []
    const { handoffs, gateOf, gates } = handoffsOf(['a', 'b', 'c'], { strategy: notesStrategy(log) })
    await handoffs.prepare()
    await gateOf('b').write('x')
    const left = handoffs.withdraw(gates[1] as never)
    void gateOf('b').close()
    await left
    expect(log).toEqual(['close b'])
    await handoffs.converge()
    handoffs.refuseUncommittable()
    handoffs.commit()
    await handoffs.finalize()
    expect(log).toEqual(['close b', 'close a', 'close c'])
    expect([...handoffs.results()].map(([{ name }]) => name)).toEqual(['a', 'c'])
    expect(gateOf('b').resource).toEqual({ text: 'b:x', closed: 0 })
  })

  it('I8 leaves while it is prepared, which ends that; what that opens late is closed', async () => {
    const log: string[] = []
    const opening = new Deferred<Note>()
    const { handoffs, gateOf, gates } = handoffsOf(['a', 'b'], {
      strategy: notesStrategy(log),
      next: { key: 'k', open: (text) => (text === 'b:' ? opening.promise : Promise.resolve({ text, closed: 0 })) },
    })
    const preparing = handoffs.prepare()
    await turn()
    await handoffs.withdraw(gates[1] as never)
    await preparing
    const late = { text: 'late', closed: 0 }
    opening.resolve(late)
    await turn()
    expect({ closed: late.closed, log }).toEqual({ closed: 1, log: ['close b'] })
    await gateOf('b').write('!')
    await handoffs.converge()
    handoffs.commit()
    expect({ aText: gateOf('a').resource.text, bText: gateOf('b').resource.text }).toEqual({
      aText: 'a:',
      bText: 'b:!',
    })
  })

  it('leaves before it is begun: nothing of it is', async () => {
    const log: string[] = []
    const { handoffs, gates } = handoffsOf(['a', 'b'], { strategy: notesStrategy(log) })
    await handoffs.withdraw(gates[0] as never)
    await handoffs.prepare()
    await handoffs.converge()
    handoffs.commit()
    expect([...handoffs.results()].map(([{ name }]) => name)).toEqual(['b'])
    expect(log).toEqual([])
  })

  it('waits for the decision once writes are held for the commit', async () => {
    const { handoffs, gates } = handoffsOf(['a'])
    await handoffs.prepare()
    await handoffs.converge()
    expect(handoffs.withdraw(gates[0] as never)).toBeUndefined()
    await handoffs.rollback()
  })

  it('I3 has left also where the others are rolled back then', async () => {
    const log: string[] = []
    const { handoffs, gates } = handoffsOf(['a', 'b'], { strategy: notesStrategy(log) })
    await handoffs.prepare()
    const left = handoffs.withdraw(gates[0] as never)
    expect(await handoffs.rollback()).toEqual([])
    await left
    expect(log.toSorted()).toEqual(['close a', 'close b'])
  })
})
