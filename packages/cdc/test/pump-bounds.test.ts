import { describe, expect, it } from 'vitest'
import {
  MemoryCheckpointStore,
  MemoryCommitLog,
  type CdcBatch,
  type CdcLsn,
  type CheckpointStore,
  type PumpEvent,
} from '../src/index.js'
import { Application, plugin, turn, whatIsDue } from './support/host.js'
import { mutations } from './support/mutations.js'
import { Hang, provider, Sink } from './support/sink.js'

const TIMEOUT_MS = 1_000

/** One stream, open and idle, of an application whose log or store is another than it should be. */
async function running(
  options: ConstructorParameters<typeof Application>[0],
): Promise<{ app: Application; sink: Sink }> {
  const [app, sink] = [new Application({ timeoutMs: TIMEOUT_MS, ...options }), new Sink()]
  await app.host.add(plugin('1.0.0', provider(sink)))
  await app.pump.start('orders', 'warehouse')
  return { app, sink }
}

/** Says at once that there is more, while `empty` of its promises are left. */
class PromisingLog extends MemoryCommitLog {
  empty = Number.POSITIVE_INFINITY
  asked = 0

  override waitFor(lsn: CdcLsn, signal: AbortSignal): Promise<void> {
    this.asked += 1
    if (this.asked > this.empty) return super.waitFor(lsn, signal)
    return Promise.resolve()
  }
}

/** Gives one batch and does not answer any more, for as long as `hangs`. */
class HangingLog extends MemoryCommitLog {
  hangs = true
  readonly end = new Hang()
  reads = 0

  override read(from: CdcLsn): AsyncGenerator<CdcBatch, void, undefined> {
    this.reads += 1
    const reader = super.read(from)
    if (!this.hangs) return reader
    let given = 0
    return Object.assign(Object.create(reader) as typeof reader, {
      [Symbol.asyncIterator]() {
        return this as unknown as AsyncGenerator<CdcBatch, void, undefined>
      },
      next: async () => ((given += 1) > 1 ? await new Promise<never>(() => {}) : await reader.next()),
      return: this.end.call,
    })
  }
}

describe('a log that does not keep its word', () => {
  it('C18 I8 that promises more and gives nothing is reported, asked ever less often, and blocks no event loop', async () => {
    const log = new PromisingLog()
    const { app, sink } = await running({ log })
    app.passTimeOnRetry()
    const { error } = await app.events.nth('halted')
    expect(error).toMatchObject({
      code: 'LOG_STALLED',
      expected: 0n,
      found: 0n,
      message: expect.stringContaining('waitFor(0) of the log resolved, and read(0) gave nothing') as string,
    })
    expect(app.events.of('retry').map(({ step, delayMs }) => [step, delayMs])).toEqual([
      ['wait', 100],
      ['wait', 200],
    ])
    expect({ state: app.status().state, asked: log.asked }).toEqual({ state: 'halted', asked: 3 })
    log.empty = 0
    app.pump.resume('orders')
    log.append(mutations(1))
    await app.events.idleAt(1n)
    expect({ state: app.status().state, lsns: sink.lsns }).toEqual({ state: 'running', lsns: [0n] })
  })

  it('C18 is forgiven one empty promise, once something comes', async () => {
    const log = new PromisingLog()
    log.empty = 2
    const { app, sink } = await running({ log })
    app.passTimeOnRetry()
    await app.events.nth('retry', 2)
    for (let commit = 1n; commit <= 4n; commit += 1n) {
      log.append(mutations(1))
      await app.events.idleAt(commit)
      log.empty = log.asked + 1
    }
    expect({ halted: app.events.of('halted'), lsns: sink.lsns }).toEqual({ halted: [], lsns: [0n, 1n, 2n, 3n] })
  })

  it.each(['read', 'canReadFrom', 'load'] as const)(
    'C18 I8 does not hold up a stop by a %s that never answers',
    async (hanging) => {
      const log = new MemoryCommitLog()
      const never = new Hang()
      if (hanging === 'read')
        log.read = () =>
          ({ [Symbol.asyncIterator]: () => ({ next: never.call as () => Promise<never> }) }) as unknown as ReturnType<
            typeof log.read
          >
      if (hanging === 'canReadFrom') log.canReadFrom = never.call as () => never
      const store = new MemoryCheckpointStore()
      if (hanging === 'load') store.load = never.call as () => Promise<undefined>
      const app = new Application({ log, checkpoints: store })
      await app.host.add(plugin('1.0.0', provider(new Sink())))
      const started = app.pump.start('orders', 'warehouse').catch(() => {})
      await never.reached
      await app.pump.stop()
      await started
      expect(app.status().state).toBe('stopped')
    },
  )

  it('C18 I8 is read anew where a step of its reading does not answer, whether or not that can be ended', async () => {
    const log = new HangingLog()
    log.append(mutations(1))
    log.append(mutations(1))
    const { app, sink } = await running({ log })
    await sink.called('v1.deliver 0')
    await whatIsDue()
    app.clock.advance(TIMEOUT_MS)
    const { step, error } = await app.events.nth('retry')
    expect({ step, error }).toMatchObject({
      step: 'read',
      error: {
        code: 'STEP_TIMEOUT',
        message: expect.stringContaining('log.read() has not answered for 1000 ms') as string,
      },
    })
    log.hangs = false
    app.clock.advance(100)
    await app.events.idleAt(2n)
    expect({ lsns: sink.lsns, reads: log.reads }).toEqual({ lsns: [0n, 1n], reads: 2 })
  })

  it('C18 I8 does not hold up a stop that comes while it is read by an end that never comes', async () => {
    const log = new HangingLog()
    log.append(mutations(1))
    const app = new Application({ log })
    const [sink, slow] = [new Sink(), new Hang()]
    await app.host.add(plugin('1.0.0', provider(sink, { faults: { deliver: slow.call } })))
    await app.pump.start('orders', 'warehouse')
    await slow.reached
    const stopped = app.pump.stop()
    slow.release()
    await stopped
    expect(sink.lsns).toEqual([0n])
  })
})

describe('a store that does not answer', () => {
  /** A store whose next save stays pending until it is let go. */
  class PendingStore implements CheckpointStore {
    readonly saved: CdcLsn[] = []
    readonly asked: CdcLsn[] = []
    pending: Hang | undefined

    async load(): Promise<CdcLsn | undefined> {
      return this.saved.at(-1)
    }

    async save(_: string, lsn: CdcLsn): Promise<void> {
      this.asked.push(lsn)
      await this.pending?.call()
      this.saved.push(lsn)
    }
  }

  it('C14 C18 I8 holds the log, and is not asked to save once more, until it has saved; and is told', async () => {
    const store = new PendingStore()
    const { app, sink } = await running({
      checkpoints: store,
      retry: { attempts: 9, initialMs: 100, maxMs: 100, random: () => 1 },
    })
    const hang = (store.pending = new Hang())
    app.log.append(mutations(1))
    await hang.reached
    expect({ checkpoint: app.status().checkpoint, oldest: app.log.oldest }).toEqual({
      checkpoint: undefined,
      oldest: 0n,
    })
    app.clock.advance(TIMEOUT_MS)
    expect(await app.events.nth('retry')).toMatchObject({ step: 'checkpoint', error: { code: 'STEP_TIMEOUT' } })
    app.log.append(mutations(1))
    app.clock.advance(100)
    await sink.called('v1.deliver 1')
    await whatIsDue()
    app.clock.advance(TIMEOUT_MS)
    expect((await app.events.nth('retry', 2)).error).toMatchObject({
      message: expect.stringContaining('an earlier save() of the checkpoint store') as string,
    })
    expect({ asked: store.asked, oldest: app.log.oldest }).toEqual({ asked: [1n], oldest: 0n })
    store.pending = undefined
    hang.release()
    app.clock.advance(100)
    await app.events.idleAt(2n)
    expect({ saved: store.saved, oldest: app.log.oldest, state: app.status().state }).toEqual({
      saved: [1n, 2n],
      oldest: 2n,
      state: 'running',
    })
  })

  it('C17 C18 I8 holds up a stop for as long as one call may take, and that is told', async () => {
    const store = new PendingStore()
    const { app, sink } = await running({ checkpoints: store })
    store.pending = new Hang()
    app.log.append(mutations(1))
    await store.pending.reached
    const stopped = app.pump.stop()
    app.clock.advance(TIMEOUT_MS)
    await whatIsDue()
    app.clock.advance(TIMEOUT_MS)
    await stopped
    expect(app.events.of('unclean')).toMatchObject([{ step: 'checkpoint', error: { code: 'STEP_TIMEOUT' } }])
    expect(sink.open).toEqual([])
  })
})

describe('what is called back', () => {
  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('read-only')
      },
    ],
    ['rejects', () => Promise.reject(new Error('read-only'))],
  ])('C14 is told of, and called again later, where it %s: the release of the log', async (_, fail) => {
    const log = new MemoryCommitLog()
    const release = log.release.bind(log)
    log.release = fail as () => void
    const { app, sink } = await running({ log })
    log.append(mutations(1))
    await app.events.idleAt(1n)
    await turn()
    expect(app.events.of('unclean')).toMatchObject([{ step: 'release', error: { message: 'read-only' } }])
    log.release = release
    log.append(mutations(1))
    await app.events.idleAt(2n)
    expect({ retry: app.events.of('retry'), lsns: sink.lsns, oldest: log.oldest }).toEqual({
      retry: [],
      lsns: [0n, 1n],
      oldest: 2n,
    })
  })

  it.each<[string, (event: PumpEvent) => unknown]>([
    [
      'throws',
      () => {
        throw new Error('log server down')
      },
    ],
    ['rejects', () => Promise.reject(new Error('log server down'))],
  ])('C19 does not end the pump where it %s: onEvent', async (_, fail) => {
    let idle: () => void = () => {}
    const { app, sink } = await running({
      onEvent: (event) => {
        if (event.type === 'idle' && event.position === 1n) idle()
        return fail(event) as void
      },
    })
    const caughtUp = new Promise<void>((resolve) => {
      idle = resolve
    })
    app.log.append(mutations(1))
    await caughtUp
    // A rejection that nobody hears fails the run.
    await turn()
    expect(sink.lsns).toEqual([0n])
  })

  it.each<[string, () => number]>([
    [
      'throws',
      () => {
        throw new Error('no entropy')
      },
    ],
    ['is not a number', () => Number.NaN],
    ['is out of range', () => 17],
  ])('C12 waits the whole delay where random %s', async (_, random) => {
    const app = new Application({ retry: { attempts: 3, initialMs: 100, maxMs: 1_000, random } })
    let failing = true
    const sink = new Sink()
    await app.host.add(
      plugin(
        '1.0.0',
        provider(sink, {
          faults: {
            deliver: () => {
              if (failing) throw new Error('busy')
            },
          },
        }),
      ),
    )
    app.log.append(mutations(1))
    await app.pump.start('orders', 'warehouse')
    expect((await app.events.nth('retry')).delayMs).toBe(100)
    failing = false
    app.clock.advance(100)
    await app.events.idleAt(1n)
    expect(sink.lsns).toEqual([0n])
  })
})
