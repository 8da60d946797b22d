import { setImmediate } from 'node:timers/promises'
import {
  imageOf,
  indexContext,
  type IndexBuild,
  type IndexHandle,
  type IndexImage,
  type IndexKindProvider,
  type IndexSample,
} from '@uni/reload-index'
import type { StrategySubject } from '@uni/reload-core/testing'
import type { RecordBatch, Schema } from 'apache-arrow'
import { batchOf, batchOfOne, numbersIn, schemaOfNumbers } from '../batch.js'

/** More than any cell writes. */
const ALL = 10_000

/** Keeps numbers in the order in which they came; a query asks for those up to its own. */
class NumberIndex implements IndexHandle {
  readonly numbers: number[]
  #open = true

  constructor(numbers: readonly number[]) {
    this.numbers = [...numbers]
  }

  async probe(query: RecordBatch, k: number): Promise<RecordBatch> {
    const [most = 0] = numbersIn(query)
    return batchOf(
      this.#opened()
        .filter((number) => number <= most)
        .slice(0, k),
    )
  }

  /** Takes a turn of the event loop: writes are under way when others are to be held. */
  async apply(changes: RecordBatch): Promise<void> {
    await setImmediate()
    this.#opened().push(...numbersIn(changes))
  }

  schema(): Schema {
    return schemaOfNumbers()
  }

  /** How many there are, and then each: in two chunks, with a turn in between. */
  async *persist(): AsyncGenerator<Uint8Array> {
    const numbers = [...this.#opened()]
    const text = new TextEncoder()
    yield text.encode(`${numbers.length}\n`)
    yield text.encode(`${numbers.join('\n')}\n`)
  }

  async close(): Promise<void> {
    this.#open = false
  }

  #opened(): number[] {
    if (!this.#open) throw new Error('the index is closed')
    return this.numbers
  }
}

class NumberKind implements IndexKindProvider {
  readonly kind: string
  readonly #samples: readonly IndexSample[]

  constructor(kind: string, samples: readonly IndexSample[]) {
    this.kind = kind
    this.#samples = samples
  }

  async build(source: RecordBatch): Promise<IndexBuild> {
    return { finalize: async () => new NumberIndex(numbersIn(source)) }
  }

  async open(image: IndexImage): Promise<IndexHandle> {
    const [length, ...lines] = new TextDecoder().decode(await image.bytes()).split('\n')
    const numbers = lines.filter((line) => line !== '').map(Number)
    if (numbers.length !== Number(length)) throw new Error(`the image has ${numbers.length} numbers of ${length}`)
    return new NumberIndex(numbers)
  }

  samples(): Iterable<IndexSample> {
    return this.#samples
  }
}

const SAMPLES: readonly IndexSample[] = [{ source: batchOf([3, 1, 2]), queries: [batchOf([2])] }]

/** The rule by which the old version's own failure on a sample is outlived. */
const OLD_SAMPLES = 'a sample that the old version itself cannot handle says nothing about the new one'
const QUIET_CLOSE = 'a copy that was made to be looked at'

export const indexKindSubject: StrategySubject<IndexKindProvider, IndexHandle, RecordBatch> = {
  gives: {
    build: { methods: ['finalize'] },
    handle: { methods: ['probe', 'persist', 'schema'], ends: 'close' },
  },
  tolerates: [
    ...[
      'provider.build',
      'build.finalize',
      'handle.probe',
      'handle.schema',
      'handle.persist',
      'handle.persist().next',
    ].map((call) => ({ call: `preflight: old ${call}`, because: OLD_SAMPLES })),
    // What an old version cannot list is unjudged; its live indexes are judged all the same.
    {
      call: 'preflight: old provider.samples',
      because: 'samples that the old version does not list say nothing about the new one',
    },
    ...['old', 'new'].map((side) => ({ call: `preflight: ${side} handle.close`, because: QUIET_CLOSE })),
  ],
  scene: ({ samples }) => ({
    provider: (kind) => new NumberKind(kind, samples ? SAMPLES : []),
    resources: {
      open: async (provider, name) =>
        provider.open(imageOf(new TextEncoder().encode('0\n')), indexContext({ key: name, name })),
      write: (_name, nth) => batchOfOne(nth),
      entries: async (handle) => numbersIn(await handle.probe(batchOfOne(ALL), ALL)),
    },
  }),
}
