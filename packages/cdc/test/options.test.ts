import { describe, expect, it } from 'vitest'
import {
  cdcHandoff,
  CdcPump,
  MemoryCheckpointStore,
  MemoryCommitLog,
  type CdcPumpOptions,
  type ResumeOptions,
  type StartOptions,
} from '../src/index.js'
import { FileCheckpointStore } from '../src/node/index.js'
import {
  runCdcConformance,
  runCheckpointStoreConformance,
  runCommitLogConformance,
  writeCdcGolden,
} from '../src/testing/index.js'

const PUMP = {
  host: { attach: () => Promise.reject(new Error('no host')) },
  log: new MemoryCommitLog(),
  checkpoints: new MemoryCheckpointStore(),
}
const WRONG_NUMBERS = [Number.NaN, -1, '64', null, {}]

const pump = (options: object) => () => new CdcPump({ ...PUMP, ...options } as CdcPumpOptions)

/** What is called, by the path that its message begins with, and what it must not take. */
const REFUSED: Record<string, [call: (value: unknown) => unknown, values: readonly unknown[]]> = {
  'CdcPump options.host': [(host) => pump({ host })(), [undefined, null, {}]],
  'CdcPump options.log': [(log) => pump({ log })(), [undefined, {}, []]],
  'CdcPump options.checkpoints': [(checkpoints) => pump({ checkpoints })(), [undefined, new Map()]],
  'CdcPump options.retry.attempts': [(attempts) => pump({ retry: { attempts } })(), [...WRONG_NUMBERS, 0, 1.5]],
  'CdcPump options.retry.initialMs': [(initialMs) => pump({ retry: { initialMs } })(), WRONG_NUMBERS],
  'CdcPump options.retry.maxMs': [(maxMs) => pump({ retry: { maxMs } })(), WRONG_NUMBERS],
  'CdcPump options.retry.random': [(random) => pump({ retry: { random } })(), [0.5]],
  'CdcPump options.checkpointEvery': [(checkpointEvery) => pump({ checkpointEvery })(), [...WRONG_NUMBERS, 0]],
  'CdcPump options.timeoutMs': [(timeoutMs) => pump({ timeoutMs })(), [...WRONG_NUMBERS, 0]],
  'CdcPump options.onReleased': [(onReleased) => pump({ onReleased })(), ['restart', true]],
  'CdcPump options.onEvent': [(onEvent) => pump({ onEvent })(), ['log']],
  'CdcPump options': [(value) => pump({ [String(value)]: 1 })(), ['retries', 'timeout']],
  'start options.from': [(from) => pump({})().start('a', 'k', { from } as StartOptions), [1, '1', Number.NaN, null]],
  'start options.onReleased': [(onReleased) => pump({})().start('a', 'k', { onReleased } as StartOptions), ['Fail']],
  'start options.retry.attempts': [
    (attempts) => pump({})().start('a', 'k', { retry: { attempts } } as StartOptions),
    WRONG_NUMBERS,
  ],
  'caughtUp lsn': [(lsn) => pump({})().caughtUp(lsn as bigint), [1, '1', null]],
  'caughtUp options.stream': [(stream) => pump({})().caughtUp(1n, { stream } as object), ['', 1]],
  'caughtUp options.signal': [(signal) => pump({})().caughtUp(1n, { signal } as object), [1, {}]],
  'start name': [(name) => pump({})().start(name as string, 'k'), ['', 1, undefined]],
  'start key': [(key) => pump({})().start('a', key as string), ['', 1, undefined]],
  'cdcHandoff options.canResume': [(canResume) => cdcHandoff({ canResume } as object), [true]],
  'MemoryCommitLog start': [(start) => new MemoryCommitLog(start as bigint), [0, '0', null]],
  'MemoryCommitLog options.maxRetained': [
    (maxRetained) => new MemoryCommitLog(0n, { maxRetained } as object),
    [0n, -1n, 5],
  ],
  'FileCheckpointStore directory': [(directory) => new FileCheckpointStore(directory as string), ['', undefined, 1]],
  'writeCdcGolden options.version': [
    (version) =>
      writeCdcGolden({ make: () => ({}) as never, capabilities: { guarantee: 'exactly-once' }, version } as never),
    ['', undefined, 1],
  ],
  'writeCdcGolden options.make': [
    (make) => writeCdcGolden({ make, capabilities: { guarantee: 'exactly-once' }, version: '1' } as never),
    [undefined, {}],
  ],
  'writeCdcGolden options.capabilities': [
    (name) =>
      writeCdcGolden({
        make: () => ({}) as never,
        capabilities: { guarantee: 'exactly-once', [String(name)]: true },
        version: '1',
      }),
    ['tear'],
  ],
  'runCommitLogConformance options': [
    (name) => runCommitLogConformance({ test: it, make: () => ({}) as never, [String(name)]: 1 }),
    ['deadline', 'knowngaps'],
  ],
  'runCommitLogConformance options.capabilities.lsnBits': [
    (lsnBits) => runCommitLogConformance({ test: it, make: () => ({}) as never, capabilities: { lsnBits } as never }),
    [0, 63n, '63'],
  ],
  'runCheckpointStoreConformance options.make': [
    (make) => runCheckpointStoreConformance({ test: it, make } as never),
    [undefined, {}],
  ],
  'runCheckpointStoreConformance options.deadlineMs': [
    (deadlineMs) => runCheckpointStoreConformance({ test: it, make: () => ({}) as never, deadlineMs } as never),
    [0, Infinity, '30'],
  ],
  'runCdcConformance options.capabilities': [
    (name) =>
      runCdcConformance({
        test: it,
        make: () => ({}) as never,
        capabilities: { guarantee: 'exactly-once', [String(name)]: true },
      }),
    ['tear'],
  ],
  'runCdcConformance options.capabilities.guarantee': [
    (guarantee) => runCdcConformance({ test: it, make: () => ({}) as never, capabilities: { guarantee } as never }),
    ['once', undefined],
  ],
}

describe('options', () => {
  it.each(Object.entries(REFUSED))('%s is refused by name', async (path, [call, values]) => {
    for (const value of values) {
      const attempt = async (): Promise<unknown> => call(value)
      await expect(attempt()).rejects.toThrow(`${path}: expected `)
    }
  })

  it('of a stream that is resumed are refused by name', async () => {
    const resumed = pump({})()
    const started = resumed.start('a', 'k', { retry: { attempts: 1 } })
    expect(() => resumed.resume('a', { onReleased: 'skip' } as unknown as ResumeOptions)).toThrow(
      "resume options.onReleased: expected 'fail' or 'restart-from-oldest', and got \"skip\"",
    )
    await expect(started).rejects.toThrow('no host')
    await resumed.stop()
  })
})
