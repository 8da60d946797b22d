import { option, type MaybePromise, type OptionChecks, type Slices, type Transition } from '@uni/reload-core'
import type { RecordBatch } from 'apache-arrow'
import type { IndexHandle, IndexQuery } from './contract.js'
import { assertBatch, assertQueries, isFilteredQuery, nameOf } from './shape.js'

/** The host's own questions, put to the old index and to its successor. */
export interface CanaryOptions {
  /**
   * The queries, or a function that chooses them for a resource. Keep them few: the old index answers them while writes
   * are held. Each has to have one right answer, so ask for no more rows than the kind ranks without ties. A query with
   * a filter is put to `probeFiltered`.
   */
  readonly queries: readonly IndexQuery[] | ((resource: CanaryTarget) => MaybePromise<readonly IndexQuery[]>)
  /** Rows asked for per query. Default 10. */
  readonly k?: number | undefined
  /**
   * Says in what two answers to one query differ; `undefined` where they mean the same. Default: the same columns, and
   * the same rows in the same order, floats within a relative 1e-6.
   *
   * `old` is always the answer of the version that was there first, also when a reload is taken back, so that whatever
   * was accepted on the way there (such as an answer with more rows) is accepted on the way back. `transition` has the
   * direction and the versions.
   */
  readonly compare?: ((old: RecordBatch, next: RecordBatch, transition: Transition) => string | undefined) | undefined
}

export const CANARY: OptionChecks<CanaryOptions> = {
  queries: option.required((value, path, owner) =>
    (typeof value === 'function' ? option.function : option.list<never>(option.given))(value, path, owner),
  ),
  k: option.integer(1),
  compare: option.function,
}

/** The live resource that is handed over. */
export interface CanaryTarget {
  readonly key: string
  readonly name: string
}

/** Queries, each with one right answer. */
export interface Questions {
  readonly queries: readonly IndexQuery[]
  readonly k: number
  /** Says in what the answer of the successor differs. Default: as `compareAnswers` does. */
  compare?(was: RecordBatch, is: RecordBatch): string | undefined
}

export const DEFAULT_K = 10
export const NO_QUESTIONS: Questions = { queries: [], k: DEFAULT_K }

/** @throws TypeError where the host's function does not give queries. */
export async function questionsOf(
  canary: CanaryOptions,
  target: CanaryTarget,
  transition: Transition,
): Promise<Questions> {
  const queries: unknown = typeof canary.queries === 'function' ? await canary.queries(target) : canary.queries
  assertQueries(queries, 'canary.queries', 'canary query')
  const { k = DEFAULT_K } = canary
  if (!canary.compare) return { queries, k }
  const back = transition.direction === 'back'
  return {
    queries,
    k,
    compare: (was, is) => (back ? canary.compare?.(is, was, transition) : canary.compare?.(was, is, transition)),
  }
}

/** The bounds of asking an index. */
export interface Asking {
  /** Ends the asking. */
  readonly signal: AbortSignal
  readonly slices: Slices
}

/** The answers of `handle`, in the order of the queries. Yields to the event loop between them. */
export async function answersOf(
  handle: IndexHandle,
  { queries, k }: Questions,
  { signal, slices }: Asking,
): Promise<RecordBatch[]> {
  const answers: RecordBatch[] = []
  for (const [at, query] of queries.entries()) {
    signal.throwIfAborted()
    answers.push(await answerOf(handle, query, k, `query ${at}`))
    if (slices.due()) await slices.pause()
  }
  return answers
}

async function answerOf(handle: IndexHandle, query: IndexQuery, k: number, name: string): Promise<RecordBatch> {
  if (!isFilteredQuery(query)) {
    const answer: unknown = await handle.probe(query, k)
    assertBatch(answer, `what probe() resolved with for ${name}`)
    return answer
  }
  if (handle.supportsFilter !== true || !handle.probeFiltered) {
    throw new TypeError(
      `${name} has a filter, and the index takes none: its supportsFilter is ${nameOf(handle.supportsFilter)}`,
    )
  }
  const answer: unknown = await handle.probeFiltered(query.query, k, query.filter)
  assertBatch(answer, `what probeFiltered() resolved with for ${name}`)
  return answer
}
