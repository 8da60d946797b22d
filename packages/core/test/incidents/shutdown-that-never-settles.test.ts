/**
 * The incident: a plugin's service failed to start, and the host cleaned up by calling its `stop`, which awaited a
 * connection that had never come up. The host awaited that `stop` without a deadline. Reloads wait for one another
 * there, so one plugin's `stop` held up every later reload, and the start of the host itself, for ever. Reported in
 * https://github.com/openclaw/openclaw/issues/126901.
 *
 * What holds here: every call into a plugin has a deadline, the calls that clean up included. What does not settle is
 * reported by name, and neither a rollback, nor the next reload, nor the end of the host waits for it any longer.
 */
import { describe, expect, it } from 'vitest'
import { Deferred, standing, turn } from '../fixtures/deferred.js'
import { hostWithStore } from '../fixtures/host-with-store.js'
import { refusalOf } from '../fixtures/refusal.js'
import { cleanStores } from '../fixtures/store-plugin.js'

const TIMEOUT_MS = 1_000
const hangs = (): Promise<void> => new Promise(() => {})

const timeouts = { stage: TIMEOUT_MS, rollback: TIMEOUT_MS, finalize: TIMEOUT_MS }

describe('a shutdown that never settles', () => {
  it('I8 I10 of the old version: the new one serves meanwhile, and the report names the call', async () => {
    const { clock, host, handle, store } = await hostWithStore({
      plugin: cleanStores('1.0.0', { shutdown: hangs }),
      timeouts,
    })
    const { handle: second, finalized } = await host.reload(handle, cleanStores('2.0.0'))
    await store.write(1)
    expect(await standing(finalized)).toBe('pending')
    clock.advance(TIMEOUT_MS)
    expect(await finalized).toMatchObject({
      status: 'finalized',
      errors: [{ code: 'STEP_TIMEOUT', plugin: 'stores@1.0.0', step: 'shutdown' }],
    })
    expect(host.plugins()).toMatchObject([{ version: '2.0.0', state: 'active' }])
    expect((await host.reload(second, cleanStores('3.0.0'))).status).toBe('committed')
  })

  it('I3 I8 of a new version that could not take over: the old one serves, and the next reload is not held up', async () => {
    const { clock, host, handle, store } = await hostWithStore({ plugin: cleanStores('1.0.0'), timeouts })
    const next = cleanStores('2.0.0', { shutdown: hangs })
    next.provider.open = () => {
      throw new Error('the connection never came up')
    }
    const failing = refusalOf(host.reload(handle, next))
    await turn()
    await store.write(1)
    clock.advance(TIMEOUT_MS)
    const error = await failing
    expect(error).toMatchObject({
      code: 'HANDOFF',
      rollbackErrors: [{ code: 'STEP_TIMEOUT', plugin: 'stores@2.0.0', step: 'shutdown' }],
    })
    await store.write(2)
    expect((await host.reload(handle, cleanStores('2.0.1'))).status).toBe('committed')
  })

  it('I8 of a new version whose init hangs as well, and ends after all when nobody waits for it', async () => {
    const { clock, host, handle, store } = await hostWithStore({ plugin: cleanStores('1.0.0'), timeouts })
    const init = new Deferred()
    const next = cleanStores('2.0.0', { init: () => init.promise, shutdown: hangs })
    const failing = refusalOf(host.reload(handle, next))
    await turn()
    clock.advance(TIMEOUT_MS)
    expect((await failing).code).toBe('STEP_TIMEOUT')
    init.resolve()
    await turn()
    expect(next.calls.shutdown).toBe(1)
    await store.write(1)
    expect((await host.reload(handle, cleanStores('2.0.1'))).status).toBe('committed')
  })

  it('I8 I12 of every plugin at once, while the host is closed', async () => {
    const { clock, host } = await hostWithStore({ plugin: cleanStores('1.0.0', { shutdown: hangs }), timeouts })
    await host.add(cleanStores('1.0.0', { id: 'more', register: () => {}, shutdown: hangs }))
    const closing = host[Symbol.asyncDispose]()
    for (let plugin = 0; plugin < 2; plugin += 1) {
      await turn()
      clock.advance(TIMEOUT_MS)
    }
    await closing
    expect(host.plugins()).toEqual([])
  })
})
