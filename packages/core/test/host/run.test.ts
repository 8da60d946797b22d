import { EventEmitter, once } from 'node:events'
import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import { PluginHost, releaseWith, type Lease } from '@uni/reload-core'
import { scalarFn, scalarFnHandoff } from '@uni/reload-core/surfaces'
import { describe, expect, it } from 'vitest'
import { Deferred, standing } from '../fixtures/deferred.js'
import { refusalOf } from '../fixtures/refusal.js'

async function hosted() {
  const host = new PluginHost({ strategies: [scalarFnHandoff()] })
  const handle = await host.add({
    manifest: { id: 'geo', version: '1.0.0' },
    register: (registrar) => void registrar.provide(scalarFn, { name: 'one', call: () => 1 }),
  })
  return { host, handle }
}

const call = (lease: Lease): unknown => lease.get(scalarFn, 'one').call()

/** Whether the lease that `work` is done under is released by now. */
function watched<T>(host: PluginHost, work: (lease: Lease) => T) {
  let held: Lease | undefined
  const outcome = host.run({ label: 'work' }, (lease) => {
    held = lease
    return work(lease)
  })
  const isReleased = (): boolean => {
    try {
      call(held as Lease)
      return false
    } catch {
      return true
    }
  }
  return { outcome, isReleased }
}

describe('work under a lease', () => {
  it('gives what it gives, and releases at once', async () => {
    const { host } = await hosted()
    const { outcome, isReleased } = watched(host, (lease) => call(lease))
    expect({ outcome, released: isReleased() }).toEqual({ outcome: 1, released: true })
    expect(host.run((lease) => call(lease))).toBe(1)
  })

  it('releases where it throws', async () => {
    const { host } = await hosted()
    const work = (): never => {
      throw new Error('broken')
    }
    let lease: Lease | undefined
    expect(() => host.run((given) => [(lease = given), work()])).toThrow('broken')
    await refusalOf(async () => call(lease as Lease)).then(({ code }) => expect(code).toBe('LEASE_RELEASED'))
  })

  it.each(['resolves', 'rejects'] as const)('releases when its promise %s', async (how) => {
    const { host } = await hosted()
    const work = new Deferred<number>()
    const { outcome, isReleased } = watched(host, () => work.promise)
    expect(isReleased()).toBe(false)
    if (how === 'resolves') work.resolve(2)
    else work.reject(new Error('broken'))
    expect(await outcome.catch((error: Error) => error.message)).toBe(how === 'resolves' ? 2 : 'broken')
    expect(isReleased()).toBe(true)
  })

  it('releases at the close of a stream of Node that it gives, or promises', async () => {
    const { host } = await hosted()
    const stream = new PassThrough()
    const { outcome, isReleased } = watched(host, async () => stream)
    expect(await outcome).toBe(stream)
    expect(isReleased()).toBe(false)
    const closed = once(stream, 'close')
    stream.destroy()
    await closed
    expect(isReleased()).toBe(true)
    expect(watched(host, () => stream).isReleased()).toBe(true)
  })

  it('releases at the close of a socket, or of anything else that tells of it', async () => {
    const { host } = await hosted()
    const socket = new EventEmitter()
    const { isReleased } = watched(host, () => socket)
    expect(isReleased()).toBe(false)
    socket.emit('close')
    expect(isReleased()).toBe(true)
    expect(socket.listenerCount('close')).toBe(0)
  })

  it('releases when a response of a server was sent, or its client has gone', async () => {
    const { host } = await hosted()
    const releases: Promise<boolean>[] = []
    const server = createServer((request, response) => {
      const { isReleased } = watched(host, () => response)
      releases.push(once(response, 'close').then(isReleased))
      if (request.url === '/sent') response.end('x')
      else response.write('x')
    }).listen(0)
    const { port } = server.address() as AddressInfo
    const [sent] = await once(get({ port, path: '/sent' }), 'response')
    sent.resume()
    const aborted = get({ port, path: '/aborted' })
    await once(aborted, 'response')
    aborted.destroy()
    expect(await Promise.all(releases)).toEqual([true, true])
    server.close()
  })

  it.each(['read', 'cancelled', 'failed'] as const)('releases when a web stream that it gives was %s', async (how) => {
    const { host } = await hosted()
    let reads = 0
    const source = new ReadableStream<number>({
      pull(controller) {
        reads += 1
        if (how === 'failed' && reads > 1) throw new Error('broken')
        if (reads > 2) controller.close()
        else controller.enqueue(reads)
      },
    })
    const { outcome, isReleased } = watched(host, () => source)
    const reader = outcome.getReader()
    expect(await reader.read()).toEqual({ done: false, value: 1 })
    expect(isReleased()).toBe(false)
    if (how === 'cancelled') await reader.cancel('enough')
    else if (how === 'failed') await expect(reader.read()).rejects.toThrow('broken')
    else expect([await reader.read(), await reader.read()]).toMatchObject([{ value: 2 }, { done: true }])
    expect(isReleased()).toBe(true)
  })

  it('releases when the body of a response that it gives was read; at once where it has none', async () => {
    const { host } = await hosted()
    const { outcome, isReleased } = watched(host, () => new Response('body', { status: 201, headers: { 'x-a': 'b' } }))
    expect({ status: outcome.status, header: outcome.headers.get('x-a'), released: isReleased() }).toEqual({
      status: 201,
      header: 'b',
      released: false,
    })
    expect(await outcome.text()).toBe('body')
    expect(isReleased()).toBe(true)
    expect(watched(host, () => new Response(null, { status: 204 })).isReleased()).toBe(true)
  })

  const GENERATORS: Record<string, (lease: Lease) => Generator<unknown> | AsyncGenerator<unknown>> = {
    sync: function* (lease: Lease) {
      yield call(lease)
      yield call(lease)
    },
    async: async function* (lease: Lease) {
      yield call(lease)
      yield call(lease)
    },
  }

  it.each(Object.entries(GENERATORS))('releases when a %s generator has ended, or was left', async (_, work) => {
    const { host } = await hosted()
    const read = watched(host, work)
    const seen: unknown[] = []
    for await (const value of read.outcome) {
      seen.push(value)
      expect(read.isReleased()).toBe(false)
    }
    expect({ seen, released: read.isReleased() }).toEqual({ seen: [1, 1], released: true })
    const left = watched(host, work)
    for await (const _value of left.outcome) break
    const unbegun = watched(host, work)
    await unbegun.outcome.return(undefined)
    expect([left.isReleased(), unbegun.isReleased()]).toEqual([true, true])
  })

  it('takes collections and plain objects for what they are', async () => {
    const { host } = await hosted()
    for (const value of [[1], new Map([[1, 2]]), { a: 1 }, null, undefined, 'text']) {
      const { outcome, isReleased } = watched(host, () => value)
      expect(outcome).toBe(value)
      expect(isReleased()).toBe(true)
    }
  })

  it('I7 holds the version that serves until it is over, which a drain names', async () => {
    const { host, handle } = await hosted()
    const stream = Readable.from(['a'])
    host.run({ label: 'download' }, () => stream)
    const { finalized } = await host.remove(handle)
    expect(await standing(finalized)).toBe('pending')
    expect(host.plugins()).toMatchObject([{ heldBy: [{ label: 'download' }] }])
    stream.resume()
    await finalized
  })

  it('with uses, waits for what is fenced first', async () => {
    const { host } = await hosted()
    const run = host.run({ uses: [{ surface: scalarFn, key: 'one' }] }, (lease) => call(lease))
    expect(run).toBeInstanceOf(Promise)
    expect(await run).toBe(1)
  })

  it('releases a lease of one provider as well', async () => {
    const { host } = await hosted()
    const lease = host.acquire(scalarFn, 'one')
    const socket = new EventEmitter()
    expect(releaseWith(lease, socket)).toBe(socket)
    expect(lease.provider.call()).toBe(1)
    socket.emit('close')
    expect(() => lease.provider).toThrow('LEASE_RELEASED')
  })

  it('refuses what is no work, with nothing captured', async () => {
    const { host, handle } = await hosted()
    expect(() => host.run({ label: 'x' } as never)).toThrow('run work: expected a function')
    const { finalized } = await host.remove(handle)
    await finalized
  })
})
