import {
  OldProviders,
  ReloadDispatcher,
  ReloadKindHandlers,
  defineSurface,
  stopAndCopy,
  type HandoffStrategy,
  type MaybePromise,
  type Surface,
} from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { Deferred, failureOf, turn } from '../fixtures/deferred.js'
import { turnUntil } from '../fixtures/turn-until.js'

interface Connection {
  readonly to: string
}
interface Sink {
  readonly via: Connection | undefined
  deliver(): void
}
interface SinkProvider {
  readonly name: string
  connect(): MaybePromise<Connection>
  start(via: Connection | undefined): MaybePromise<Sink>
}

const sinkKind: Surface<SinkProvider, Sink, number> = defineSurface<SinkProvider, Sink, number>({
  id: 'sink',
  keyOf: ({ name }) => name,
  apply: () => {},
})

/** One sink that is handed over, and everything that is called of it, in order. */
function scene({ connect, start }: Partial<Pick<SinkProvider, 'connect' | 'start'>> = {}) {
  const calls: string[] = []
  const clock = new ManualClock()
  const provider = (version: string, more: Partial<SinkProvider> = {}): SinkProvider => ({
    name: 'only',
    connect: () => ({ to: version }),
    start: (via) => ({ via, deliver: () => {} }),
    ...more,
  })
  const strategy: HandoffStrategy<SinkProvider, Sink, number> = {
    surface: sinkKind,
    discipline: 'stop-and-copy',
    handoff: (job, ctx) =>
      stopAndCopy<SinkProvider, Sink, number, Connection>(job, ctx, {
        prepare: (of) => {
          calls.push('prepare')
          return of.connect()
        },
        checkpoint: () => {
          calls.push('checkpoint')
          return 1
        },
        stop: (sink) => {
          calls.push(`stop via ${sink.via?.to}`)
        },
        start: (of, _checkpoint, _ctx, via) => {
          calls.push(`start via ${via?.to}`)
          return of.start(via)
        },
        abandon: ({ to }) => {
          calls.push(`abandon ${to}`)
        },
        methods: ['deliver'],
      }),
  }
  const dispatch = (more: { dryRun?: boolean; signal?: AbortSignal } = {}) =>
    new ReloadDispatcher([strategy], { clock, timeouts: { prepare: 100, converge: 100 } }).dispatch({
      old: new OldProviders().add(sinkKind, provider('1')),
      next: new OldProviders().add(sinkKind, provider('2', { ...(connect && { connect }), ...(start && { start }) })),
      handlers: new ReloadKindHandlers().add(sinkKind, {
        name: 'a',
        key: 'only',
        resource: { via: { to: '1' }, deliver: () => {} },
      }),
      ...more,
    })
  return { calls, clock, dispatch }
}

describe('what stop-and-copy prepares', () => {
  it('I2 is done before the old one is stopped, and handed to start', async () => {
    const { calls, dispatch } = scene()
    const outcome = await dispatch()
    outcome.commit()
    await outcome.finalize()
    expect(calls).toEqual(['prepare', 'checkpoint', 'stop via 1', 'start via 2'])
  })

  it('I3 stops nothing where it cannot be prepared', async () => {
    const { calls, dispatch } = scene({
      connect: () => {
        throw new Error('no route')
      },
    })
    expect(await failureOf(dispatch())).toMatchObject({
      code: 'HANDOFF',
      phase: 'prepare',
      step: 'prepare',
      rollbackErrors: [],
    })
    expect(calls).toEqual(['prepare'])
  })

  it('I3 is let go of where nothing was started with it, and the old provider starts without', async () => {
    const { calls, dispatch } = scene({
      start: () => {
        throw new Error('taken')
      },
    })
    expect(await failureOf(dispatch())).toMatchObject({ step: 'start', rollbackErrors: [] })
    expect(calls).toEqual(['prepare', 'checkpoint', 'stop via 1', 'start via 2', 'abandon 2', 'start via undefined'])
  })

  it('I3 goes with what was started with it', async () => {
    const { calls, dispatch } = scene()
    await (await dispatch()).rollback()
    expect(calls).toEqual(['prepare', 'checkpoint', 'stop via 1', 'start via 2', 'stop via 2', 'start via undefined'])
  })

  it('is let go of in a dry run, which stops nothing', async () => {
    const { calls, dispatch } = scene()
    await dispatch({ dryRun: true })
    expect(calls).toEqual(['prepare', 'checkpoint', 'abandon 2'])
  })

  it('I8 is let go of where it comes too late', async () => {
    const late = new Deferred<Connection>()
    const { calls, clock, dispatch } = scene({ connect: () => late.promise })
    const failure = failureOf(dispatch())
    await turn()
    clock.advance(100)
    expect(await failure).toMatchObject({ code: 'STEP_TIMEOUT', step: 'prepare' })
    late.resolve({ to: 'late' })
    await turn()
    expect(calls).toEqual(['prepare', 'abandon late'])
  })

  it('I3 goes with what was started too late, where that is waited for', async () => {
    const [late, abort] = [new Deferred<Sink>(), new AbortController()]
    const { calls, dispatch } = scene({
      start: (via) => (calls.includes('stop via 2') ? { via, deliver: () => {} } : late.promise),
    })
    const failure = failureOf(dispatch({ signal: abort.signal }))
    await turnUntil(() => calls.includes('start via 2'))
    abort.abort()
    await turn()
    late.resolve({ via: { to: '2' }, deliver: () => {} })
    expect(await failure).toMatchObject({ code: 'ABORTED', step: 'start', rollbackErrors: [] })
    expect(calls).toEqual(['prepare', 'checkpoint', 'stop via 1', 'start via 2', 'stop via 2', 'start via undefined'])
  })

  it('I10 refuses a started resource without its methods, which is stopped', async () => {
    const { calls, dispatch } = scene({ start: (via) => ({ via }) as unknown as Sink })
    expect(await failureOf(dispatch())).toMatchObject({
      step: 'start',
      message: expect.stringContaining('expected a live resource with deliver, and got one without deliver') as string,
    })
    expect(calls).toEqual([
      'prepare',
      'checkpoint',
      'stop via 1',
      'start via 2',
      'stop via 2',
      'abandon 2',
      'start via undefined',
    ])
  })
})
