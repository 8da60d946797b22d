import { Context, Logger, Service } from 'cordis'
import { describe, expect, it, onTestFinished } from 'vitest'
import { cordisHost, cordisPlugin } from '../src/index.js'

declare module 'cordis' {
  interface Context {
    clock: { now(): Promise<string> }
    absent: object
  }
  interface Events {
    tick(log: string[]): void | Promise<void>
    ask(): string | undefined
  }
}

// Cordis prints what a plugin throws.
Logger.levels.base = Logger.SILENT

async function bridge() {
  const ctx = new Context()
  await ctx.start()
  const host = cordisHost(ctx)
  onTestFinished(() => host.close())
  return { ctx, host }
}

/** Sets `clock`, whose `now` is slow where it is told so, and listens to both events. */
const clock = (ctx: Context, version: string, now: () => Promise<string> = async () => version) =>
  cordisPlugin(ctx, {
    id: 'clock',
    version,
    implements: ['clock'],
    plugin: () => (own: Context) => {
      own.set('clock', { now })
      own.on('tick', (log) => {
        log.push(version)
      })
      own.on('ask', () => version)
    },
  })

const tick = async (ctx: Context): Promise<string[]> => {
  const log: string[] = []
  await ctx.parallel('tick', log)
  return log
}

describe('a version of a cordis plugin', () => {
  it('serves its calls and events from the commit on, and whoever injects it is not restarted', async () => {
    const { ctx, host } = await bridge()
    const handle = await host.add(clock(ctx, '1.0.0'))
    let starts = 0
    let own = ctx
    ctx.plugin({
      inject: ['clock'],
      apply(inner: Context) {
        starts += 1
        own = inner
      },
    })
    await ctx.lifecycle.flush()
    expect({ now: await own.clock.now(), ticks: await tick(ctx), starts }).toEqual({
      now: '1.0.0',
      ticks: ['1.0.0'],
      starts: 1,
    })
    await host.reload(handle, clock(ctx, '2.0.0'))
    expect({ now: await own.clock.now(), ticks: await tick(ctx), starts }).toEqual({
      now: '2.0.0',
      ticks: ['2.0.0'],
      starts: 1,
    })
    expect(ctx.bail('ask')).toBe('2.0.0')
  })

  it('is isolated while it is tried: its events and services are those of nobody else', async () => {
    const { ctx, host } = await bridge()
    const handle = await host.add(clock(ctx, '1.0.0'))
    const seen: unknown[] = []
    const tried = clock(ctx, '2.0.0')
    await host.reload(handle, {
      ...tried,
      async init(context) {
        await tried.init?.(context)
        seen.push(await ctx.clock.now(), await tick(ctx), ctx.bail('ask'))
      },
    })
    expect(seen).toEqual(['1.0.0', ['1.0.0'], '1.0.0'])
  })

  it('hears an event to the end that began before it was replaced', async () => {
    const { ctx, host } = await bridge()
    const handle = await host.add(clock(ctx, '1.0.0'))
    let reached = (): void => {}
    let go = (): void => {}
    const before = new Promise<void>((resolve) => {
      reached = resolve
    })
    const meanwhile = new Promise<void>((resolve) => {
      go = resolve
    })
    ctx.on(
      'tick',
      async () => {
        reached()
        await meanwhile
      },
      { prepend: true },
    )
    const log: string[] = []
    const serial = ctx.serial('tick', log)
    await before
    const { finalized } = await host.reload(handle, clock(ctx, '2.0.0'))
    go()
    await serial
    expect(log).toEqual(['1.0.0'])
    expect((await finalized).status).toBe('finalized')
  })

  it('goes on with a call that began before it was replaced, and is disposed of after that', async () => {
    const { ctx, host } = await bridge()
    let end: (time: string) => void = () => {}
    let disposed = false
    const slow = cordisPlugin(ctx, {
      id: 'clock',
      version: '1.0.0',
      implements: ['clock'],
      plugin: () => (own: Context) => {
        own.set('clock', {
          now: () =>
            new Promise<string>((resolve) => {
              end = resolve
            }),
        })
        own.on('dispose', () => {
          disposed = true
        })
      },
    })
    const handle = await host.add(slow)
    const begun = ctx.clock.now()
    const { finalized } = await host.reload(handle, clock(ctx, '2.0.0'))
    expect(disposed).toBe(false)
    end('1.0.0')
    expect(await begun).toBe('1.0.0')
    await finalized
    expect(disposed).toBe(true)
  })
})

describe('a version that is refused leaves nothing behind, and the one before it serves', () => {
  class Failing extends Service {
    constructor(ctx: Context) {
      super(ctx, 'clock')
    }
    override async start() {
      return Promise.reject(new Error('no clock'))
    }
  }
  it.each<[string, () => (ctx: Context) => void, string]>([
    [
      'throws where it is applied',
      () => () => {
        throw new Error('no clock')
      },
      'no clock',
    ],
    [
      'rejects in its start',
      () => (ctx) => {
        ctx.plugin(class extends Failing {})
      },
      'no clock',
    ],
    [
      'applies a plugin that throws',
      () => (ctx) => {
        ctx.plugin(() => {
          throw new Error('no hands')
        })
      },
      'no hands',
    ],
    ['sets no service', () => () => {}, 'did not set clock'],
    ['injects what is not there', () => Object.assign(() => {}, { inject: ['absent'] }), 'injects absent'],
  ])('%s', async (_, plugin, message) => {
    const { ctx, host } = await bridge()
    const handle = await host.add(clock(ctx, '1.0.0'))
    const scopes = ctx.registry.size
    const disposables = ctx.scope.disposables.length
    const bad = cordisPlugin(ctx, {
      id: 'clock',
      version: '2.0.0',
      implements: ['clock'],
      plugin: () => {
        const applied = plugin()
        return Object.assign((own: Context) => {
          own.on('tick', (log) => {
            log.push('2.0.0')
          })
          return applied(own)
        }, applied)
      },
    })
    await expect(host.reload(handle, bad)).rejects.toThrow(message)
    expect({ now: await ctx.clock.now(), ticks: await tick(ctx) }).toEqual({ now: '1.0.0', ticks: ['1.0.0'] })
    expect({ scopes: ctx.registry.size, disposables: ctx.scope.disposables.length }).toEqual({ scopes, disposables })
  })

  it('lacks a service of the version that serves', async () => {
    const { ctx, host } = await bridge()
    const handle = await host.add(clock(ctx, '1.0.0'))
    const without = cordisPlugin(ctx, { id: 'clock', version: '2.0.0', plugin: () => () => {} })
    await expect(host.reload(handle, without)).rejects.toThrow('does not implement clock')
    expect(await ctx.clock.now()).toBe('1.0.0')
  })

  it('is the object that serves already', async () => {
    const { ctx, host } = await bridge()
    const plugin = (): void => {}
    const handle = await host.add(cordisPlugin(ctx, { id: 'nothing', version: '1.0.0', plugin: () => plugin }))
    const again = cordisPlugin(ctx, { id: 'nothing', version: '2.0.0', plugin: () => plugin })
    await expect(host.reload(handle, again)).rejects.toThrow('another object')
  })
})

it('a plugin that is removed takes its services with it, and stops those who inject them', async () => {
  const { ctx, host } = await bridge()
  const handle = await host.add(clock(ctx, '1.0.0'))
  let stopped = false
  ctx.plugin({
    inject: ['clock'],
    apply(own: Context) {
      own.on('dispose', () => {
        stopped = true
      })
    },
  })
  await ctx.lifecycle.flush()
  await host.remove(handle)
  expect({ clock: ctx.get('clock'), ticks: await tick(ctx), stopped }).toEqual({
    clock: undefined,
    ticks: [],
    stopped: true,
  })
})
