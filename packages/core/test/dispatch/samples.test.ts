import {
  OldProviders,
  ReloadDispatcher,
  ReloadKindHandlers,
  WriteGate,
  defineSurface,
  type AnyStrategy,
  type AnySurface,
  type Halt,
  type HandoffStrategy,
  type KindHandoff,
  type LiveSample,
  type ProviderView,
  type Surface,
} from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { failureOf, standing } from '../fixtures/deferred.js'
import { turnUntil } from '../fixtures/turn-until.js'

interface Unit {
  readonly key: string
}
interface Meter {
  read(): string
}

const meters = defineSurface<Unit, Meter>({ id: 'meters', keyOf: ({ key }) => key })
const gauges = defineSurface<Unit, Meter>({ id: 'gauges', keyOf: ({ key }) => key })

type Read = (sample: LiveSample<Meter>) => Promise<string>

/** Reads all that a check is shown, and then goes no further. */
function reading(read: Read = (sample) => sample.use((meter) => meter.read())) {
  const clock = new ManualClock()
  const seen: Record<string, string[]> = {}
  const judging = (surface: Surface<Unit, Meter>): AnyStrategy => {
    const strategy: HandoffStrategy<Unit, Meter> = {
      surface,
      discipline: 'contract',
      async checkCompat({ key, live }) {
        const shown: string[] = (seen[`${surface.id} ${key}`] = [])
        for (const sample of live) shown.push(`${sample.name}: ${await read(sample)}`)
        return { level: 'incompatible', reason: 'seen enough' }
      },
    }
    return strategy as AnyStrategy
  }
  return {
    clock,
    seen,
    dispatcher: new ReloadDispatcher([judging(meters), judging(gauges)], { clock, timeouts: { preflight: 60_000 } }),
  }
}

function unitsOf(...keys: string[]): OldProviders {
  const providers = new OldProviders()
  for (const key of keys) providers.add(meters, { key })
  return providers
}

/** A resource that reads as its own name does. */
function handoff(name: string, key: string, more: Partial<KindHandoff<Unit, Meter>> = {}): KindHandoff<Unit, Meter> {
  return { name, key, resource: { read: () => `the ${name}` }, ...more }
}

describe('I6 a check is shown the live resources', () => {
  it('that the old provider of the key opened', async () => {
    const { dispatcher, seen } = reading()
    const handlers = new ReloadKindHandlers()
      .add(meters, handoff('one', 'a'))
      .add(meters, handoff('two', 'b'))
      .add(meters, handoff('three', 'a'))
    await failureOf(dispatcher.dispatch({ old: unitsOf('a', 'b'), next: unitsOf('a', 'b'), handlers }))
    expect(seen).toEqual({ 'meters a': ['one: the one', 'three: the three'], 'meters b': ['two: the two'] })
  })

  it('of its own surface and key, where one new provider serves several', async () => {
    const { dispatcher, seen } = reading()
    const provider = { key: 'a' }
    const everywhere = [
      [meters, 'a'],
      [meters, 'b'],
      [gauges, 'a'],
      [gauges, 'b'],
    ] as const
    const view: ProviderView = {
      get: <P>() => provider as P,
      *entries() {
        for (const [surface, key] of everywhere) yield [surface as AnySurface, key, provider]
      },
    }
    const old = new OldProviders()
    const handlers = new ReloadKindHandlers()
    for (const [surface, key] of everywhere) {
      old.add(surface, { key })
      handlers.add(surface, handoff(`${key} of ${surface.id}`, key))
    }
    await failureOf(dispatcher.dispatch({ old, next: view, handlers }))
    expect(seen).toEqual(
      Object.fromEntries(everywhere.map(([{ id }, key]) => [`${id} ${key}`, [`${key} of ${id}: the ${key} of ${id}`]])),
    )
  })

  it('whose handoff names the new provider itself', async () => {
    const { dispatcher, seen } = reading()
    const handlers = new ReloadKindHandlers().add(meters, handoff('one', 'a', { next: { key: 'renamed' } }))
    await failureOf(dispatcher.dispatch({ old: unitsOf('a'), next: unitsOf(), handlers }))
    expect(seen).toEqual({ 'meters a': ['one: the one'] })
  })

  it('and not one that is halted, which has nothing to read', async () => {
    const { dispatcher, seen, clock } = reading()
    const halt: Halt<Meter> = {
      checkpoint: 'paper',
      cause: new Error('no disk'),
      restart: () => Promise.reject(new Error('no disk')),
      stop: () => {},
      discard: async () => {},
    }
    const gate = new WriteGate<Meter, never>(meters, 'one', handoff('one', 'a').resource, { clock })
    await gate.hold()
    gate.halt(halt)
    gate.release()
    const handlers = new ReloadKindHandlers()
      .add(meters, handoff('one', 'a', { gate }))
      .add(meters, handoff('two', 'a'))
    await failureOf(dispatcher.dispatch({ old: unitsOf('a'), next: unitsOf('a'), handlers }))
    expect(seen).toEqual({ 'meters a': ['two: the two'] })
  })
})

it('I8 a live resource that does not answer is given up on by the clock of the dispatcher, and named', async () => {
  const reads: string[] = []
  const { dispatcher, clock } = reading((sample) =>
    sample.use(() => {
      reads.push(sample.name)
      return new Promise<string>(() => {})
    }),
  )
  const handlers = new ReloadKindHandlers().add(meters, handoff('one', 'a'))
  const failure = failureOf(dispatcher.dispatch({ old: unitsOf('a'), next: unitsOf('a'), handlers }))
  await turnUntil(() => reads.length === 1)
  clock.advance(30_000)
  expect(await standing(failure)).toBe('fulfilled')
  expect(await failure).toMatchObject({ code: 'STEP_TIMEOUT', surface: 'meters', resource: 'one' })
  expect(clock.pending).toBe(0)
})
