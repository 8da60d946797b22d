import { describe, expect, it } from 'vitest'
import { failureOf, turn } from '../fixtures/deferred.js'
import { sceneOfOne } from '../fixtures/store-scene.js'

describe('pre-copy with an exclusive cutover', () => {
  it('I3 goes by stop-and-copy: the old resource is closed before the new one is opened', async () => {
    const { scene, part } = sceneOfOne({}, { cutover: 'exclusive' })
    const order: string[] = []
    part.old.breakNext('close', (run) => {
      order.push('close old')
      run()
    })
    part.next.breakNext('open', (run) => {
      order.push('open new')
      return run()
    })
    const outcome = await scene.dispatch()
    expect(order).toEqual(['close old', 'open new'])
    outcome.commit()
    await outcome.finalize()
    expect(part.store.closed).toBe(1)
    expect(await part.breaches('new')).toEqual([])
  })

  it('I3 reopens with the old provider where the new one fails, from the same image', async () => {
    const { scene, part } = sceneOfOne({}, { cutover: 'exclusive' })
    part.next.breakNext('open', () => {
      throw new Error('cannot read it')
    })
    expect(await failureOf(scene.dispatch())).toMatchObject({
      code: 'HANDOFF',
      phase: 'converge',
      step: 'start',
      rollbackErrors: [],
    })
    expect(part.store.closed).toBe(1)
    expect(part.replaced).toEqual([{ resource: part.gate.resource }])
    expect(await scene.breaches('old')).toEqual([])
    expect(await scene.reload()).toEqual([])
  })

  it('I6 closes a new resource that means something else, and does not judge the old provider', async () => {
    const { scene, part } = sceneOfOne({}, { cutover: 'exclusive' })
    part.next.breakNext('open', () => part.next.make([9]))
    part.old.breakNext('verify', () => {
      throw new Error('the last resort is not judged')
    })
    expect(await failureOf(scene.dispatch())).toMatchObject({
      code: 'HANDOFF',
      phase: 'converge',
      step: 'verify',
      rollbackErrors: [],
    })
    expect(await scene.breaches('old')).toEqual([])
  })

  it('I8 closes a new resource whose verification hangs', async () => {
    const { scene, part, clock } = sceneOfOne({}, { cutover: 'exclusive', timeouts: { converge: 100 } })
    part.next.breakNext('verify', () => new Promise(() => {}))
    const failure = failureOf(scene.dispatch())
    await turn()
    clock.advance(100)
    expect(await failure).toMatchObject({ code: 'STEP_TIMEOUT', step: 'verify' })
    expect(part.newStores.map(({ closed }) => closed)).toEqual([1])
    expect(await scene.breaches('old')).toEqual([])
  })
})
