import { PluginHost } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { Deferred, failureOf, turn } from '../fixtures/deferred.js'
import { sceneOfOne } from '../fixtures/store-scene.js'
import { openStore, StorePlugin } from '../fixtures/store-plugin.js'
import { STORES, storeStrategy, type Image } from '../fixtures/store.js'

const no = (): never => {
  throw new Error('no')
}

/** Its file cannot be removed. */
function pin(image: Image | undefined): void {
  if (image === undefined) throw new Error('no image was taken')
  Object.defineProperty(image, 'discarded', { get: no, set: no })
}

describe('an error names the step it arose in', () => {
  it.each(['clean', 'pre-copy'] as const)('I10 closing the old resource of %s', async (discipline) => {
    const { scene, part } = sceneOfOne({ discipline })
    const outcome = await scene.dispatch()
    outcome.commit()
    part.old.breakNext('close', no)
    expect(await failureOf(outcome.finalize())).toMatchObject({ errors: [{ phase: 'finalize', step: 'close' }] })
  })

  it.each(['clean', 'pre-copy'] as const)('I10 closing the new resource of %s in a rollback', async (discipline) => {
    const { scene, part } = sceneOfOne({ discipline })
    const outcome = await scene.dispatch()
    part.next.breakNext('close', no)
    expect(await failureOf(outcome.rollback())).toMatchObject({ errors: [{ phase: 'rollback', step: 'close' }] })
  })

  it.each([
    ['pre-copy', 'discard image'],
    ['stop-and-copy', 'discard checkpoint'],
  ] as const)('I10 removing what %s left', async (discipline, step) => {
    const { scene, part } = sceneOfOne({ discipline })
    const outcome = await scene.dispatch()
    outcome.commit()
    pin(part.old.images[0])
    expect(await failureOf(outcome.finalize())).toMatchObject({ errors: [{ phase: 'finalize', step }] })
  })

  it('I10 each of several that fail in one disposal', async () => {
    const { scene, part } = sceneOfOne({})
    const outcome = await scene.dispatch()
    outcome.commit()
    part.old.breakNext('close', no)
    pin(part.old.images[0])
    expect(await failureOf(outcome.finalize())).toMatchObject({
      errors: [
        {
          message: expect.stringContaining('disposing of a resource and its image failed') as string,
          cause: { errors: [{ step: 'close' }, { step: 'discard image' }] },
        },
      ],
    })
  })

  it('I10 each of several that fail in one undoing of a stop', async () => {
    const { scene, part } = sceneOfOne({ discipline: 'stop-and-copy' })
    const outcome = await scene.dispatch()
    part.next.breakNext('close', no)
    part.old.breakNext('open', no)
    expect(await failureOf(outcome.rollback())).toMatchObject({
      errors: [
        {
          message: expect.stringContaining('undoing the stop of a resource failed') as string,
          cause: { errors: [{ step: 'stop' }, { step: 'restart' }] },
        },
      ],
    })
  })

  it('I10 holding the writes of a resource whose gate was closed, and observing it', async () => {
    const closed = sceneOfOne({})
    await closed.part.gate.close()
    expect(await failureOf(closed.scene.dispatch())).toMatchObject({ phase: 'prepare', step: 'hold writes' })
    const unseen = sceneOfOne({})
    unseen.part.old.breakNext('observe', no)
    expect(await failureOf(unseen.scene.dispatch())).toMatchObject({ phase: 'prepare', step: 'observe' })
  })
})

describe('a way back', () => {
  it.each(['clean', 'pre-copy'] as const)(
    'I10 names the closing of the %s resource that it took out of service',
    async (discipline) => {
      const clock = new ManualClock()
      const host = new PluginHost({ clock, strategies: [storeStrategy(discipline)] })
      const v2 = new StorePlugin('2.0.0', { discipline })
      const handle = await host.add(new StorePlugin('1.0.0', { discipline }))
      await host.attach(STORES[discipline], openStore('main'))
      const { finalized } = await host.reload(handle, v2, { bake: { ms: 10, healthy: () => false } })
      v2.provider.breakNext('close', no)
      clock.advance(10)
      const report = (await finalized).bake
      const [result] = report?.outcome === 'taken-back' ? report.results : []
      expect((await result?.finalized)?.errors).toMatchObject([{ phase: 'finalize', step: 'close' }])
    },
  )

  it('I8 goes on past a write of the new version that does not let the hold begin', async () => {
    const clock = new ManualClock()
    const host = new PluginHost({ clock, strategies: [storeStrategy('pre-copy')], timeouts: { prepare: 50 } })
    const v2 = new StorePlugin('2.0.0')
    const handle = await host.add(new StorePlugin('1.0.0'))
    const store = await host.attach(STORES['pre-copy'], openStore('main'))
    const { finalized } = await host.reload(handle, v2, { bake: { ms: 10, healthy: () => false } })
    const slow = new Deferred()
    v2.provider.breakNext('apply', async (run) => {
      await slow.promise
      run()
    })
    const write = store.write(1).catch((error: unknown) => error)
    clock.advance(10)
    await turn()
    clock.advance(50)
    expect((await finalized).bake).toMatchObject({ outcome: 'taken-back' })
    expect(await write).toMatchObject({
      code: 'STEP_TIMEOUT',
      message: expect.stringContaining('outcome is unknown') as string,
    })
    slow.resolve()
  })
})
