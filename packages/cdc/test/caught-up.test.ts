import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { failure } from './support/dispatch.js'
import { Application, plugin, whatIsDue } from './support/host.js'
import { mutations } from './support/mutations.js'
import { Hang, provider, Sink, type Faults } from './support/sink.js'

async function started(faults: Faults = {}, streams = ['orders']): Promise<{ app: Application; sink: Sink }> {
  const [app, sink] = [new Application(), new Sink()]
  await app.host.add(plugin('1.0.0', provider(sink, { faults, guarantee: 'at-least-once' })))
  await Promise.all(streams.map((name) => app.pump.start(name, 'warehouse')))
  return { app, sink }
}

/** How many batches the sink had stored when `promise` resolved. */
async function storedWhen(promise: Promise<void>, sink: Sink): Promise<number> {
  await promise
  return sink.stored.length
}

describe('to wait until everything has been delivered', () => {
  it('C23 resolves when every stream has what was committed before', async () => {
    const { app, sink } = await started({}, ['orders', 'audit'])
    app.log.append(mutations(3))
    await app.pump.caughtUp()
    expect(sink.lsns.toSorted()).toEqual([0n, 0n, 1n, 1n, 2n, 2n])
  })

  it('C23 resolves at once where nothing is missing, and where there is no stream', async () => {
    const { app } = await started()
    await expect(app.pump.caughtUp()).resolves.toBeUndefined()
    await expect(new Application().pump.caughtUp(100n)).resolves.toBeUndefined()
  })

  it('C23 resolves at the LSN, while more is being delivered', async () => {
    const slow = new Hang()
    const { app, sink } = await started({ deliver: ({ lsnStart }) => (lsnStart < 2n ? undefined : slow.call()) })
    const first = storedWhen(app.pump.caughtUp(2n), sink)
    for (let batch = 0; batch < 3; batch += 1) app.log.append(mutations(1))
    expect(await first).toBe(2)
    const rest = storedWhen(app.pump.caughtUp(), sink)
    slow.release()
    expect(await rest).toBe(3)
  })

  it('C23 waits for the stream that is named only', async () => {
    const slow = new Hang()
    const { app, sink } = await started({}, ['orders'])
    await app.host.add({
      manifest: { id: 'slow', version: '1.0.0' },
      register: (registrar) =>
        plugin('1', provider(sink, { name: 'slow', faults: { deliver: slow.call } })).register(registrar),
    })
    await app.pump.start('audit', 'slow')
    app.log.append(mutations(1))
    await app.pump.caughtUp(1n, { stream: 'orders' })
    expect(app.status('audit').position).toBe(0n)
    slow.release()
    await app.pump.caughtUp(1n, { stream: 'audit' })
    expect(app.status('audit').position).toBe(1n)
    await expect(app.pump.caughtUp(1n, { stream: 'none' })).rejects.toMatchObject({
      code: 'RESOURCE_NOT_FOUND',
      resource: 'none',
    })
  })

  it('C23 waits through a reload, and through a failure that passes', async () => {
    let failures = 1
    const { app, sink } = await started({
      deliver: () => {
        failures -= 1
        if (failures >= 0) throw new Error('busy')
      },
    })
    app.passTimeOnRetry()
    app.log.append(mutations(1))
    const caughtUp = storedWhen(app.pump.caughtUp(2n), sink)
    await app.reload(plugin('2.0.0', provider(sink, { version: 'v2', guarantee: 'at-least-once' })))
    app.log.append(mutations(1))
    expect(await caughtUp).toBe(2)
  })

  it('C12 rejects with what the stream has halted with, before or meanwhile', async () => {
    const broken = Object.assign(new Error('no such table'), { retryable: false })
    const { app } = await started({ deliver: () => Promise.reject(broken) })
    app.log.append(mutations(1))
    const meanwhile = await failure(app.pump.caughtUp())
    expect(app.status().state).toBe('halted')
    expect({ meanwhile, caughtUp: await failure(app.pump.caughtUp()) }).toEqual({
      meanwhile: app.status().error,
      caughtUp: app.status().error,
    })
  })

  it('C17 rejects where the pump is stopped first', async () => {
    const { app } = await started()
    const waiting = failure(app.pump.caughtUp(5n))
    await app.pump.stop()
    expect(await waiting).toMatchObject({ code: 'RESOURCE_CLOSED', resource: 'orders' })
  })

  it('I12 rejects when its signal fires, and leaves nothing at it', async () => {
    const { app } = await started()
    const { signal, abort } = withAbort()
    const waiting = failure(app.pump.caughtUp(5n, { signal }))
    await whatIsDue()
    abort(new Error('shutting down'))
    expect(await waiting).toMatchObject({
      code: 'ABORTED',
      resource: 'orders',
      cause: { message: 'shutting down' },
      hint: expect.stringContaining('The stream goes on.') as string,
    })
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('I12 puts one listener on its signal, however many streams are waited for by it', async () => {
    const names = Array.from({ length: 20 }, (_, nth) => `stream ${nth}`)
    const { app } = await started({}, names)
    const { signal, abort } = withAbort()
    const waiting = failure(app.pump.caughtUp(5n, { signal }))
    await whatIsDue()
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    abort(new Error('shutting down'))
    await waiting
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })
})

function withAbort(): { signal: AbortSignal; abort(reason: unknown): void } {
  const controller = new AbortController()
  return { signal: controller.signal, abort: (reason) => controller.abort(reason) }
}
