import { Fault, FAULT_NAMES, withFault, type FaultName, type FaultSort } from '@uni/reload-core/testing'
import { describe, expect, it, vi } from 'vitest'
import { standing, turn } from '../fixtures/deferred.js'

/** Something with private state, as providers may have. */
class Counter {
  #count = 0
  readonly step = 1

  count(): number {
    this.#count += this.step
    return this.#count
  }

  async countLater(): Promise<number> {
    return this.count()
  }
}

describe('a fault in one call', () => {
  it('strikes the call that it is aimed at, and leaves the others and their private state alone', () => {
    const fault = new Fault('throws')
    const counter = withFault(new Counter(), 'count', fault, 2)
    expect(counter.count()).toBe(1)
    expect(fault.struck).toBe(false)
    expect(() => counter.count()).toThrow('broken')
    expect(counter.count()).toBe(2)
    expect(counter.step).toBe(1)
  })

  it('refuses to be aimed at what is no method', () => {
    expect(() => withFault(new Counter(), 'step', new Fault('throws'))).toThrow(
      new TypeError('there is no method step to strike'),
    )
  })

  it('says when it has struck', async () => {
    const fault = new Fault('never settles')
    const counter = withFault(new Counter(), 'countLater', fault)
    expect(await standing(fault.reached)).toBe('pending')
    expect(await standing(counter.countLater())).toBe('pending')
    expect(await standing(fault.reached)).toBe('fulfilled')
  })

  it.each(['resolves late', 'rejects late'] as const)('%s once it is released', async (name) => {
    const fault = new Fault(name)
    const late = withFault(new Counter(), 'countLater', fault).countLater()
    expect(await standing(late)).toBe('pending')
    fault.release()
    expect(await standing(late)).toBe(name === 'resolves late' ? 'fulfilled' : 'rejected')
  })

  it.each([
    ['gives nothing', undefined],
    ['gives a stranger', {}],
  ] as const)('%s in place of what the call would give', (name, given) => {
    expect(withFault(new Counter(), 'count', new Fault(name)).count()).toEqual(given)
  })

  it('gives what serves elsewhere, which has to be said', () => {
    const name = 'gives what serves elsewhere'
    const elsewhere = {}
    expect(withFault(new Counter(), 'count', new Fault(name, { elsewhere: () => elsewhere })).count()).toBe(elsewhere)
    expect(() => new Fault(name)).toThrow(
      new TypeError(`the fault ${name} needs the option elsewhere: what gives the live resource`),
    )
  })

  it.each([
    ['throws undefined', undefined],
    ['rejects', new Error('broken')],
  ] as const)('%s', async (name, thrown) => {
    const counter = withFault(new Counter(), 'countLater', new Fault(name))
    expect(
      await (async () => counter.countLater())().then(
        () => 'nothing',
        (error: unknown) => error,
      ),
    ).toEqual(thrown)
  })

  it.each([
    ['is aborted during it, and ends well', 'fulfilled', true],
    ['is aborted during it, and rejects', 'rejected', true],
    ['is aborted just after it', 'fulfilled', false],
    ['is aborted soon after it', 'fulfilled', false],
  ] as const)('%s', async (name, standsAt, atOnce) => {
    const abort = vi.fn<() => void>()
    const call = withFault(new Counter(), 'countLater', new Fault(name, { abort })).countLater()
    const stands = standing(call)
    expect(abort).toHaveBeenCalledTimes(atOnce ? 1 : 0)
    await turn()
    expect(await stands).not.toBe(standsAt === 'fulfilled' ? 'rejected' : 'fulfilled')
    expect(await standing(call)).toBe(standsAt)
    expect(abort).toHaveBeenCalledTimes(1)
  })

  it('is of one sort', () => {
    const sorts = (sort: FaultSort): FaultName[] =>
      FAULT_NAMES.filter((name) => new Fault(name, { elsewhere: () => ({}) }).sort === sort)
    expect(sorts('hangs')).toEqual(['never settles', 'resolves late', 'rejects late'])
    expect(sorts('misshapes')).toEqual(['gives nothing', 'gives a stranger'])
    expect(sorts('shares')).toEqual(['gives what serves elsewhere'])
    const all = (['fails', 'hangs', 'misshapes', 'shares', 'aborts'] as const).flatMap(sorts)
    expect(all.toSorted()).toEqual(FAULT_NAMES.toSorted())
  })
})
