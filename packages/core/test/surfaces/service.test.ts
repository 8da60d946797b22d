import { Readable } from 'node:stream'
import { PluginHost, type Plugin } from '@uni/reload-core'
import { service, serviceHandoff, serviceOf } from '@uni/reload-core/surfaces'
import { describe, expect, it } from 'vitest'
import { Deferred, standing } from '../fixtures/deferred.js'

interface Clock {
  readonly zone: string
  now(): string
  later(): Promise<string>
  ticks(): Readable
}

class ZonedClock implements Clock {
  readonly zone: string
  readonly slow = new Deferred()

  constructor(zone: string) {
    this.zone = zone
  }

  now(): string {
    return `noon in ${this.zone}`
  }

  async later(): Promise<string> {
    await this.slow.promise
    return this.now()
  }

  ticks(): Readable {
    return Readable.from([this.zone])
  }
}

const plugin = (version: string, clock: object): Plugin => ({
  manifest: { id: 'clock', version },
  register: (registrar) => void registrar.provide(service, { name: 'clock', service: clock }),
})

async function served() {
  const host = new PluginHost({ strategies: [serviceHandoff()] })
  const [old, next] = [new ZonedClock('Rome'), new ZonedClock('Oslo')]
  const handle = await host.add(plugin('1.0.0', old))
  return { host, handle, old, next, clock: serviceOf<Clock>(host, 'clock') }
}

describe('a service', () => {
  it('stays the same object, whose calls go to the version that serves', async () => {
    const { host, handle, next, clock } = await served()
    expect({ now: clock.now(), zone: clock.zone }).toEqual({ now: 'noon in Rome', zone: 'Rome' })
    const { now } = clock
    await host.reload(handle, plugin('2.0.0', next))
    expect({ now: clock.now(), kept: now(), zone: clock.zone }).toEqual({
      now: 'noon in Oslo',
      kept: 'noon in Oslo',
      zone: 'Oslo',
    })
    expect(clock.now).toBe(now)
  })

  it('I7 holds the version for as long as a call takes: a promise, a stream', async () => {
    const { host, handle, old, next, clock } = await served()
    const [later, ticks] = [clock.later(), clock.ticks()]
    const { finalized } = await host.reload(handle, plugin('2.0.0', next))
    old.slow.resolve()
    expect(await later).toBe('noon in Rome')
    expect(await standing(finalized)).toBe('pending')
    ticks.resume()
    await finalized
  })

  it('can be awaited and logged, and is not to be changed', async () => {
    const { clock } = await served()
    expect(await clock).toBe(clock)
    expect(Object.keys(clock)).toEqual([])
    expect(() => Object.assign(clock, { zone: 'x' })).toThrow(TypeError)
    expect((clock as { missing?: unknown }).missing).toBeUndefined()
  })

  it('keeps what a framework notes by symbols, from version to version', async () => {
    const { host, handle, next, clock } = await served()
    const tracker = Symbol('tracker')
    Object.defineProperty(clock, tracker, { value: 'of the framework' })
    const noted = Object.assign(clock, { [Symbol.for('noted')]: 1 })
    await host.reload(handle, plugin('2.0.0', next))
    expect(noted).toMatchObject({ [tracker]: 'of the framework', [Symbol.for('noted')]: 1 })
    expect(Reflect.ownKeys(next)).not.toContain(tracker)
    expect(() => Object.defineProperty(clock, 'zone', { value: 'x' })).toThrow(TypeError)
  })

  it('says who provides it no more', async () => {
    const { host, handle, clock } = await served()
    const { now } = clock
    await host.remove(handle)
    expect(() => clock.zone).toThrow('PROVIDER_NOT_FOUND (service "clock")')
    expect(() => now()).toThrow('PROVIDER_NOT_FOUND (service "clock")')
  })

  it('lets go of the version where a method throws', async () => {
    const host = new PluginHost({ strategies: [serviceHandoff()] })
    const broken = {
      fail: () => {
        throw new Error('broken')
      },
    }
    const handle = await host.add(plugin('1.0.0', broken))
    expect(() => serviceOf<typeof broken>(host, 'clock').fail()).toThrow('broken')
    const { finalized } = await host.remove(handle)
    expect((await finalized).status).toBe('finalized')
  })
})
