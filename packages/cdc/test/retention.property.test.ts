import { fc } from '@fast-check/vitest'
import { ReloadError } from '@uni/reload-core'
import { expect, it } from 'vitest'
import { CdcError, MemoryCommitLog, type ReleasedPolicy } from '../src/index.js'
import { Application, plugin, turn } from './support/host.js'
import { mutations } from './support/mutations.js'
import { provider, Sink } from './support/sink.js'

type Command =
  { do: 'commit'; batches: number } | { do: 'let through'; batches: number } | { do: 'reload' } | { do: 'resume' }

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('commit' as const), batches: fc.integer({ min: 1, max: 6 }) }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('let through' as const), batches: fc.integer({ min: 1, max: 6 }) }),
  },
  { weight: 1, arbitrary: fc.constantFrom<Command[]>({ do: 'reload' }, { do: 'resume' }) },
)

/** Lets as many through as it was told to; the others wait. */
class Turnstile {
  #free = 0
  #waiting: (() => void)[] = []

  readonly pass = async (): Promise<void> => {
    if (this.#free > 0) this.#free -= 1
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  letThrough(count: number): void {
    for (; count > 0 && this.#waiting.length > 0; count -= 1) this.#waiting.shift()?.()
    this.#free += count
  }

  close(): void {
    this.#free = 0
  }
}

/** A slow sink on a log that keeps only so much. */
async function run(
  onReleased: ReleasedPolicy,
  maxRetained: bigint,
  schedule: readonly Command[],
): Promise<{ app: Application; sink: Sink }> {
  const app = new Application({ log: new MemoryCommitLog(0n, { maxRetained }), onReleased, checkpointEvery: 2 })
  const sink = new Sink()
  const turnstile = new Turnstile()
  let version = 1
  const next = (): ReturnType<typeof plugin> =>
    plugin(`${version}.0.0`, provider(sink, { version: `v${version}`, faults: { deliver: turnstile.pass } }))
  await app.host.add(next())
  await app.pump.start('orders', 'warehouse')
  for (const step of schedule) {
    switch (step.do) {
      case 'commit':
        for (let at = 0; at < step.batches; at += 1) app.log.append(mutations(1))
        break
      case 'let through':
        turnstile.letThrough(step.batches)
        break
      case 'resume':
        app.pump.resume('orders')
        break
      case 'reload': {
        version += 1
        // It waits for the delivery in flight, and whichever comes before deliveries are held.
        turnstile.letThrough(1_000)
        // It is refused where the log has given up what lies behind the checkpoint.
        await app.reload(next()).catch((error: unknown) => {
          if (!ReloadError.is(error)) throw error
        })
        turnstile.close()
      }
    }
    await turn()
  }
  turnstile.letThrough(1_000)
  app.log.append(mutations(1))
  await Promise.race([app.events.idleAt(app.log.head), app.events.nth('halted')])
  await app.pump.stop()
  return { app, sink }
}

const bounds = fc.bigInt({ min: 1n, max: 8n })
const schedules = fc.array(command, { maxLength: 25, size: 'max' })

it('C14 C15 I4 what falls off a bounded log is told as a gap, and all else is stored once and in order', async () => {
  let gaps = 0
  await fc.assert(
    fc.asyncProperty(bounds, schedules, async (maxRetained, schedule) => {
      const { app, sink } = await run('restart-from-oldest', maxRetained, schedule)
      const told = app.events.of('gap')
      gaps += told.length
      const left = new Set(
        told.flatMap(({ from, to }) => Array.from({ length: Number(to - from) }, (_, at) => from + BigInt(at))),
      )
      const all = Array.from({ length: Number(app.log.head) }, (_, lsn) => BigInt(lsn))
      expect(sink.lsns).toEqual(all.filter((lsn) => !left.has(lsn)))
      expect(app.events.of('halted')).toEqual([])
    }),
    { numRuns: 100 },
  )
  expect(gaps).toBeGreaterThan(0)
})

it('C14 C15 I4 or, by default, halts the stream with an error, and nothing behind it is delivered', async () => {
  let halts = 0
  await fc.assert(
    fc.asyncProperty(bounds, schedules, async (maxRetained, schedule) => {
      const { app, sink } = await run('fail', maxRetained, schedule)
      const [halted] = app.events.of('halted')
      const end = BigInt(sink.lsns.length)
      expect(sink.lsns).toEqual(Array.from({ length: Number(end) }, (_, lsn) => BigInt(lsn)))
      if (halted) {
        halts += 1
        expect(CdcError.is(halted.error) && halted.error).toMatchObject({ code: 'LOG_RELEASED', found: end })
      } else {
        expect(end).toBe(app.log.head)
      }
      expect(app.events.of('gap')).toEqual([])
    }),
    { numRuns: 100 },
  )
  expect(halts).toBeGreaterThan(0)
})
