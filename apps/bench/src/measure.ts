import { setImmediate as turn } from 'node:timers/promises'
import type { MaybePromise } from '@uni/reload-core'
import { spreadOf, type LimitOf, type Result, type Spread, type Unit } from './result.js'

/**
 * One way of doing the thing. A round gives what was measured, in the unit of the question: a number, or one for each
 * question.
 */
export interface Contender<M = number> {
  readonly name: string
  readonly version: string
  run(): MaybePromise<M>
}

/** What a number says. */
export interface Asked {
  readonly id: string
  readonly question: string
  readonly unit: Unit
  readonly limit?: number
  /** Default: our median. */
  readonly limitOf?: LimitOf
}

interface Rounds<M> {
  /** Rounds that count, at most. Default 9. */
  readonly rounds?: number
  /**
   * No further round begins after so many seconds, those for warming up included. One round counts at least. Default
   * 20.
   */
  readonly withinS?: number
  /** Rounds before those, in which code is compiled and caches fill. Default 1. */
  readonly warmups?: number
  readonly ours: Contender<M>['run']
  readonly peers?: readonly Contender<M>[]
}

export interface Comparison extends Asked, Rounds<number> {}

/** The versions of what peers are made of, where they are made of nothing but the platform. */
export const PLATFORM = { version: `node ${process.versions.node}`, engine: `V8 ${process.versions.v8}` } as const

/** Measures one thing: see {@link compareAll}. */
export async function compare({ ours, peers = [], rounds, warmups, withinS, ...asked }: Comparison): Promise<Result> {
  const [result] = await compareAll([asked], {
    ...(rounds !== undefined && { rounds }),
    ...(warmups !== undefined && { warmups }),
    ...(withinS !== undefined && { withinS }),
    ours: async () => [await ours()],
    peers: peers.map((peer) => ({ name: peer.name, version: peer.version, run: async () => [await peer.run()] })),
  })
  return result as Result
}

/**
 * Measures all contenders in the same rounds, each round beginning with another one of them: what disturbs the machine
 * for a while disturbs them alike. A round answers every question.
 */
export async function compareAll(
  questions: readonly Asked[],
  { rounds = 9, warmups = 1, withinS = 20, ours, peers = [] }: Rounds<readonly number[]>,
): Promise<Result[]> {
  const endsAt = performance.now() + withinS * 1000
  const runs = [ours, ...peers.map((peer) => () => peer.run())]
  const samples = runs.map((): (readonly number[])[] => [])
  for (let round = -warmups; round < rounds; round += 1) {
    if (round > 0 && performance.now() > endsAt) break
    for (let place = 0; place < runs.length; place += 1) {
      const at = (place + round + warmups) % runs.length
      await collectGarbage()
      const sample = await (runs[at] as typeof ours)()
      if (round >= 0) samples[at]?.push(sample)
    }
  }
  const counted = samples[0]?.length ?? 0
  return questions.map(({ id, question, unit, limit, limitOf = 'ours' }, index): Result => {
    const [own, ...others] = samples.map((taken) => spreadOf(taken.map((sample) => sample[index] as number))) as [
      Spread,
      ...Spread[],
    ]
    return {
      id,
      question,
      unit,
      ours: own,
      peers: peers.map(({ name, version }, at) => ({ name, version, ...(others[at] as Spread) })),
      rounds: counted,
      ratio: ratioOf(own.median, others[0]?.median ?? limit),
      limit: limit ?? null,
      limitOf,
    }
  })
}

function ratioOf(ours: number, beside: number | undefined): number | null {
  return beside === undefined || beside === 0 ? null : ours / beside
}

/**
 * Nanoseconds that one call of `body` takes, timed over `times` of them. What it returns is used, so it cannot be left
 * out.
 */
export function nanosecondsPer(times: number, body: (at: number) => number): number {
  let sum = 0
  const startedAt = performance.now()
  for (let at = 0; at < times; at += 1) sum += body(at)
  const ms = performance.now() - startedAt
  if (Number.isNaN(sum)) throw new Error('the body has to return a number')
  return (ms * 1e6) / times
}

/** Milliseconds until `body` is over. */
export async function millisecondsOf(body: () => MaybePromise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await body()
  return performance.now() - startedAt
}

/**
 * Without it a round pays for the garbage of the one before. What weak references have looked at stays until the event
 * loop turns. Needs `--expose-gc`.
 */
export async function collectGarbage(): Promise<void> {
  await turn()
  globalThis.gc?.()
}
