import {
  cleanHandoff,
  defineSurface,
  OldProviders,
  preCopy,
  ReloadDispatcher,
  ReloadKindHandlers,
  stopAndCopy,
  WriteGate,
  type HandoffStrategy,
  type KindHandoff,
  type Surface,
} from '@uni/reload-core'
import { longestStall } from '../stall-watch.js'
import { compare, PLATFORM } from '../measure.js'
import type { Result } from '../result.js'

/** A counter: its whole state is one number. */
interface Counter {
  count: number
  closed: boolean
}
interface Provider {
  readonly name: string
  open(count: number): Counter
  close(counter: Counter): void
}

const SIZES = [1, 100, 10_000, 100_000]
const LIMIT_US = 25
/** Fewer pay for what a reload costs whatever it hands over. */
const AIMED_AT_FROM = 10_000
const STALL_LIMIT_MS = 8
const counter: Surface<Provider, Counter, number> = defineSurface<Provider, Counter, number>({
  id: 'counter',
  keyOf: ({ name }) => name,
  apply: (live, by) => {
    live.count += by
  },
})
const close = (live: Counter): void => {
  live.closed = true
}

const STRATEGIES: readonly HandoffStrategy<Provider, Counter, number>[] = [
  cleanHandoff(counter, { medium: 'shared', open: (provider) => provider.open(0), close }),
  {
    surface: counter,
    discipline: 'stop-and-copy',
    handoff: (job, ctx) =>
      stopAndCopy<Provider, Counter, number>(job, ctx, {
        checkpoint: (live) => live.count,
        stop: close,
        start: (provider, count) => provider.open(count),
      }),
  },
  {
    surface: counter,
    discipline: 'pre-copy',
    handoff: (job, ctx) =>
      preCopy<Provider, Counter, number, undefined>(job, ctx, {
        snapshot: (live) => live.count,
        restore: (provider, count) => provider.open(count),
        close,
      }),
  },
]

/** What the dispatcher itself costs, where the resources cost next to nothing. */
export async function* dispatch(): AsyncGenerator<Result> {
  for (const strategy of STRATEGIES) for (const size of SIZES) yield dispatching(strategy, size)
  yield stalling(STRATEGIES[0] as HandoffStrategy<Provider, Counter, number>, 10_000)
}

/** Resources that answer at once never wait, so it is up to the dispatcher to let others have a turn. */
function stalling(strategy: HandoffStrategy<Provider, Counter, number>, size: number): Promise<Result> {
  const old = providerOf()
  const next = providerOf()
  const dispatcher = new ReloadDispatcher([strategy])
  return compare({
    id: `dispatch/stall-${size}`,
    unit: 'ms',
    rounds: 5,
    limit: STALL_LIMIT_MS,
    question: `The longest that the event loop stands still while ${size.toLocaleString('en')} resources are handed over`,
    async ours() {
      const handlers = handlersOf(liveOf(old, size))
      return longestStall(async () => {
        const outcome = await dispatcher.dispatch({
          old: new OldProviders().add(counter, old),
          next: new OldProviders().add(counter, next),
          handlers,
        })
        outcome.commit()
        await outcome.finalize()
      })
    },
  })
}

function dispatching(strategy: HandoffStrategy<Provider, Counter, number>, size: number): Promise<Result> {
  const old = providerOf()
  const next = providerOf()
  const dispatcher = new ReloadDispatcher([strategy])
  return compare({
    id: `dispatch/${strategy.discipline}-${size}`,
    unit: 'µs',
    warmups: size > 1000 ? 1 : 3,
    rounds: 15,
    withinS: 4,
    ...(size >= AIMED_AT_FROM && { limit: LIMIT_US }),
    question: `One ${strategy.discipline} handoff of ${size.toLocaleString('en')}, begun together, from dispatch to finalize`,
    async ours() {
      const live = liveOf(old, size)
      const startedAt = performance.now()
      const handlers = handlersOf(live)
      const outcome = await dispatcher.dispatch({
        old: new OldProviders().add(counter, old),
        next: new OldProviders().add(counter, next),
        handlers,
      })
      outcome.commit()
      await outcome.finalize()
      return microsecondsEach(startedAt, size)
    },
    peers: [
      {
        name: 'a loop over the same providers, by hand',
        version: PLATFORM.engine,
        async run() {
          const live = opened(old, size)
          const startedAt = performance.now()
          const successors: Counter[] = []
          for (const { count } of live) successors.push(await next.open(count))
          for (const resource of live) await old.close(resource)
          return microsecondsEach(startedAt, size)
        },
      },
    ],
  })
}

function microsecondsEach(startedAt: number, size: number): number {
  return ((performance.now() - startedAt) * 1000) / size
}

type Live = Required<Pick<KindHandoff<Provider, Counter, number>, 'name' | 'key' | 'resource' | 'gate'>>

/** As a host has them long before a reload. */
function liveOf(provider: Provider, size: number): Live[] {
  return opened(provider, size).map((resource, at) => {
    const name = `counter ${at}`
    return { name, key: provider.name, resource, gate: new WriteGate(counter, name, resource) }
  })
}

function handlersOf(live: readonly Live[]): ReloadKindHandlers {
  const handlers = new ReloadKindHandlers()
  for (const handoff of live) handlers.add(counter, handoff)
  return handlers
}

function opened(provider: Provider, size: number): Counter[] {
  return Array.from({ length: size }, (_, at) => provider.open(at))
}

function providerOf(): Provider {
  return { name: 'counter', open: (count) => ({ count, closed: false }), close }
}
