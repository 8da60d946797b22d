import { fc } from '@fast-check/vitest'
import { ReloadError } from '@uni/reload-core'
import { expect, it } from 'vitest'
import { CdcError, type CdcBatch, type CdcLsn } from '../src/index.js'
import { turn } from './support/host.js'
import { mutations } from './support/mutations.js'
import { Life, World, type BadStart, type Troubles } from './support/world.js'

type Command =
  | { do: 'commit'; rows: number }
  | { do: 'trouble'; kind: keyof Troubles; times: number }
  | { do: 'lag'; batches: number }
  | { do: 'reload'; bad?: BadStart; dryRun?: boolean; abort?: boolean }
  | { do: 'resume' }
  | { do: 'restart pump' }
  | { do: 'land saves' }
  | { do: 'crash'; lands: boolean }
  | { do: 'microtasks'; count: number }
  | { do: 'turns'; count: number }

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('commit' as const), rows: fc.integer({ min: 1, max: 3 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('microtasks' as const), count: fc.integer({ min: 1, max: 60 }) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('turns' as const), count: fc.integer({ min: 1, max: 4 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('trouble' as const),
      times: fc.integer({ min: 1, max: 5 }),
      kind: fc.constantFrom<(keyof Troubles)[]>(
        'deliver',
        'acknowledge',
        'checkpoint',
        'shutdown',
        'start',
        'save',
        'pend',
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lag' as const), batches: fc.integer({ min: 0, max: 3 }) }) },
  {
    weight: 4,
    arbitrary: fc.record(
      {
        do: fc.constant('reload' as const),
        dryRun: fc.boolean(),
        abort: fc.boolean(),
        bad: fc.constantFrom<BadStart[]>('throws', 'returns nothing', 'returns half a stream'),
      },
      { requiredKeys: ['do'] },
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom<Command[]>({ do: 'resume' }, { do: 'restart pump' }, { do: 'land saves' }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const), lands: fc.boolean() }) },
)

const STREAMS = ['exact', 'buffered']

/** Runs a schedule. What takes time is not waited for, unless the next command of its kind has to. */
async function run(schedule: readonly Command[]): Promise<{ world: World; life: Life; committed: CdcLsn }> {
  const world = new World()
  let committed = 0n
  let versions = 1
  let underWay: Promise<unknown> = Promise.resolve()
  /** A version that cannot start a stream is only found out where there is one to hand over. */
  let servesBad = false

  async function begin(): Promise<Life> {
    const life = new Life(world)
    servesBad = false
    await life.host.add(life.version('1.0.0'))
    underWay = life.startAll()
    return life
  }

  async function reload(
    life: Life,
    { bad, dryRun = false, abort = false }: Extract<Command, { do: 'reload' }>,
  ): Promise<void> {
    const handle = life.host.plugin('sinks')
    if (handle === undefined) throw new Error('the plugin is gone')
    const caller = new AbortController()
    versions += 1
    const reloaded = life.host.reload(handle, life.version(`${versions}.0.0`, bad), { dryRun, signal: caller.signal })
    if (abort) queueMicrotask(() => caller.abort())
    try {
      const { finalized } = await reloaded
      if (!dryRun) servesBad = bad !== undefined
      await finalized
    } catch (error) {
      if (!ReloadError.is(error)) throw error
    }
  }

  /** A pump that stops waits for what is being saved. */
  async function settled(): Promise<void> {
    world.troubles.pend = 0
    world.land()
    await underWay
  }

  let life = await begin()
  for (const step of schedule) {
    switch (step.do) {
      case 'commit':
        world.log.append(mutations(step.rows, Number(committed)))
        committed += BigInt(step.rows)
        break
      case 'trouble':
        world.troubles[step.kind] = step.times
        break
      case 'lag':
        world.lagging = step.batches
        break
      case 'microtasks':
        for (let count = 0; count < step.count; count += 1) await Promise.resolve()
        break
      case 'turns':
        for (let count = 0; count < step.count; count += 1) await turn()
        break
      case 'resume':
        for (const { name } of life.pump.status()) life.pump.resume(name)
        break
      case 'reload':
        await settled()
        underWay = reload(life, step)
        break
      case 'land saves':
        world.land()
        break
      case 'restart pump':
        await settled()
        underWay = life.restartPump()
        break
      case 'crash':
        life.crash(step.lands)
        life = await begin()
        break
    }
    checkRetention(world)
  }
  await settled()
  world.heal()
  if (servesBad) await reload(life, { do: 'reload' })
  await settle(world, life, committed)
  return { world, life, committed: committed + 1n }
}

/** Everything works from here on: each stream has to get to the head by itself, and flushes. */
async function settle(world: World, life: Life, committed: CdcLsn): Promise<void> {
  // A stream may halt once more on what went wrong before it was healed.
  life.events.list.length = 0
  const onTake = life.events.onTake
  const lost = new Promise<never>((_, reject) => {
    life.events.onTake = (event) => {
      onTake?.(event)
      if (event.type !== 'halted') return
      // What the log no longer has will not come back.
      if (CdcError.is(event.error) && event.error.code === 'LOG_RELEASED') reject(event.error)
      else void turn().then(() => life.pump.resume(event.stream))
    }
  })
  for (const name of STREAMS) life.pump.resume(name)
  // One commit more, for a stream that was idle at the head says nothing by itself.
  world.log.append(mutations(1, Number(committed)))
  for (const name of STREAMS) await Promise.race([lost, life.events.idleAt(committed + 1n, name)])
  await life.pump.stop()
}

/** C14: nothing is released that a stored checkpoint, or a stream without one, still needs. */
function checkRetention(world: World): void {
  const lowest = STREAMS.map((name) => world.saved.get(name)?.at(-1) ?? 0n).reduce((a, b) => (a < b ? a : b))
  expect(world.log.oldest <= lowest).toBe(true)
}

function lsns(batches: readonly CdcBatch[]): CdcLsn[] {
  return batches.flatMap(({ lsnStart, lsnEnd }) =>
    Array.from({ length: Number(lsnEnd - lsnStart) }, (_, row) => lsnStart + BigInt(row)),
  )
}

function upTo(end: CdcLsn): CdcLsn[] {
  return Array.from({ length: Number(end) }, (_, lsn) => BigInt(lsn))
}

/** Batches follow one another without gap from `from` on, but for one that comes twice in a row. */
function isContiguous(batches: readonly CdcBatch[], from: CdcLsn): boolean {
  return batches.every((batch, at) => batch === batches[at - 1] || batch.lsnStart === (batches[at - 1]?.lsnEnd ?? from))
}

/**
 * A save is under way, and its stream is all that holds the log: at rest, then cut off by a crash that loses or keeps
 * the save.
 */
const PENDING_SAVES = [[], [{ do: 'crash', lands: false }], [{ do: 'crash', lands: true }]].map(
  (then) =>
    [
      [
        { do: 'trouble', kind: 'pend', times: 2 },
        { do: 'commit', rows: 1 },
        { do: 'turns', count: 1 },
        ...then,
      ] as Command[],
    ] satisfies [Command[]],
)

it('C1 C3 C6 C13 C14 I4 I5 I7 every stream gets every mutation in order, as often as its guarantee says', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 40, size: 'max' }), async (schedule) => {
      const { world, life, committed } = await run(schedule)

      // Exactly once, where the sink keeps its LSN with its data.
      expect(lsns(world.durable.get('exact') as CdcBatch[])).toEqual(upTo(committed))
      // At least once otherwise: what comes again was there before, and nothing is ever missing before what is new.
      let reached = 0n
      for (const { lsnStart, lsnEnd } of world.durable.get('buffered') as CdcBatch[]) {
        expect(lsnStart <= reached).toBe(true)
        if (lsnEnd > reached) reached = lsnEnd
      }
      expect(reached).toBe(committed)

      for (const { fromLsn, taken, shutdowns } of world.visits) {
        expect(isContiguous(taken, fromLsn ?? 0n)).toBe(true)
        expect(shutdowns).toBeLessThanOrEqual(1)
      }
      for (const saved of world.saved.values()) expect(saved).toEqual(saved.toSorted((a, b) => (a < b ? -1 : 1)))
      expect(life.host.resources()).toEqual([])
    }),
    { numRuns: 200, examples: PENDING_SAVES },
  )
})
