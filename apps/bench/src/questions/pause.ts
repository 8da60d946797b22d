import { setTimeout as sleep } from 'node:timers/promises'
import { PluginHost, WriteGate, type PluginHandle } from '@uni/reload-core'
import { imageOf, indexContext, indexHandoff, indexKind, type IndexHandle } from '@uni/reload-index'
import type { RecordBatch } from 'apache-arrow'
import { compareAll, PLATFORM, type Asked, type Contender } from '../measure.js'
import type { Result } from '../result.js'
import { TextIndex, textIndexes, textPlugin, type Document } from '../text-index.js'
import { longestStall } from '../stall-watch.js'
import { Corpus, prepareWrites, Writers, type PreparedWrite, type WritersSaw } from '../writers.js'

interface Size {
  readonly size: number
  /** Writes a second. */
  readonly rates: readonly number[]
  readonly rounds: number
  readonly warmups: number
  readonly withinS: number
  /** Whether the whole copy is made beside it with the writers stopped: that is a second index of that size. */
  readonly beside: boolean
}

const SIZES: readonly Size[] = [
  { size: 10_000, rates: [1_000, 10_000], rounds: 5, warmups: 1, withinS: 10, beside: true },
  { size: 100_000, rates: [1_000, 10_000], rounds: 3, warmups: 1, withinS: 20, beside: true },
  // Most of a minute goes by until it is built, and as much for each time that it is built again.
  { size: 1_000_000, rates: [10_000], rounds: 2, warmups: 0, withinS: 60, beside: false },
]
/** For machines that take their time over a million documents: what is measured is the pause. */
const TIMEOUTS = { prepare: 1_800_000, converge: 600_000, write: 1_800_000 }
/** "Last hold ≤ 10 ms at any size", and "never stopped for long". */
const HOLD_LIMIT_MS = 10
/** Writers run this long before a reload begins. */
const LEAD_MS = 100

/** How long writers wait for an index to be replaced. */
export async function* pause(): AsyncGenerator<Result> {
  for (const size of SIZES) {
    const corpus = new Corpus()
    const documents = Array.from({ length: size.size }, (_, at) => corpus.document(String(at)))
    const writes = prepareWrites(corpus, size.size)
    for (const perSecond of size.rates) yield* await pausing({ documents, writes, perSecond }, size)
  }
}

interface Setting {
  readonly documents: readonly Document[]
  readonly writes: readonly PreparedWrite[]
  readonly perSecond: number
}

async function pausing(setting: Setting, { beside, rounds, warmups, withinS }: Size): Promise<Result[]> {
  const { documents, writes, perSecond } = setting
  await using host = new PluginHost({ strategies: [indexHandoff()], timeouts: TIMEOUTS })
  let handle: PluginHandle = await host.add(textPlugin())
  const live = await host.attach(indexKind, { name: 'index', key: 'text', open: () => TextIndex.of(documents) })
  const expected = expectedOf(documents)
  const stopped = beside ? await StoppedIndex.of(setting) : undefined
  const results = await compareAll(questions(setting), {
    rounds,
    warmups,
    withinS,
    async ours() {
      const writers = new Writers(perSecond, writes, expected, (batch) => live.write(batch))
      await sleep(LEAD_MS)
      let [holdMs, blockedMs] = [0, 0]
      const seen = await writers.during(async () => {
        blockedMs = await longestStall(async () => {
          const result = await host.reload(handle, textPlugin())
          handle = result.handle
          holdMs = result.report.pauseMs
        })
      })
      return answers(seen, holdMs, blockedMs)
    },
    peers: stopped === undefined ? [] : [stopped],
  })
  await live.use((index) => assertHolds(index as TextIndex, expected))
  await stopped?.assertHolds()
  return results
}

function questions({ documents: { length }, perSecond }: Setting): Asked[] {
  const id = `pause/${length}-at-${perSecond}`
  return [
    {
      id,
      unit: 'ms',
      question:
        `The longest that one of ${perSecond.toLocaleString('en')} writes a second waits while an index ` +
        `of ${length.toLocaleString('en')} documents is replaced, from when it was due`,
    },
    {
      id: `${id}/hold`,
      unit: 'ms',
      limit: HOLD_LIMIT_MS,
      question: 'The longest that the reload held one of them, by its report',
    },
    {
      id: `${id}/stop`,
      unit: 'ms',
      limit: HOLD_LIMIT_MS,
      question: 'The longest that no write at all was accepted meanwhile, though some were due',
    },
    {
      id: `${id}/blocked`,
      unit: 'ms',
      question:
        'The longest that the event loop stood still meanwhile, as where a map of the index grows, or the ' +
        'collector runs: nobody writes then, held or not',
    },
    { id: `${id}/accepted`, unit: 'writes/s', question: 'Writes that were accepted in a second meanwhile' },
  ]
}

function answers({ longestMs, stoppedMs, acceptedPerSecond }: WritersSaw, holdMs: number, blockedMs: number): number[] {
  return [longestMs, holdMs, stoppedMs, blockedMs, acceptedPerSecond]
}

/** The same image, read by the same provider, with the writers held from the first byte to the last. */
class StoppedIndex implements Contender<readonly number[]> {
  readonly name = 'stop the writers for the whole copy'
  readonly version = PLATFORM.version
  readonly #setting: Setting
  readonly #gate: WriteGate<IndexHandle, RecordBatch>
  readonly #expected: Map<string, string>

  private constructor(setting: Setting, index: IndexHandle) {
    this.#setting = setting
    this.#gate = new WriteGate(indexKind, 'by hand', index)
    this.#expected = expectedOf(setting.documents)
  }

  static async of(setting: Setting): Promise<StoppedIndex> {
    return new StoppedIndex(setting, await TextIndex.of(setting.documents))
  }

  async run(): Promise<number[]> {
    const { perSecond, writes } = this.#setting
    const writers = new Writers(perSecond, writes, this.#expected, (batch) => this.#gate.write(batch))
    await sleep(LEAD_MS)
    let [holdMs, blockedMs] = [0, 0]
    const seen = await writers.during(async () => {
      const heldAt = performance.now()
      blockedMs = await longestStall(() => this.#stopAndCopy())
      holdMs = performance.now() - heldAt
    })
    return answers(seen, holdMs, blockedMs)
  }

  assertHolds(): Promise<void> {
    return this.#gate.use((index) => assertHolds(index as TextIndex, this.#expected))
  }

  async #stopAndCopy(): Promise<void> {
    await this.#gate.hold()
    const image = imageOf((this.#gate.resource as TextIndex).persist())
    this.#gate.switchTo(await textIndexes.open(image, indexContext({ key: 'text', name: 'by hand' })))
  }
}

function expectedOf(documents: readonly Document[]): Map<string, string> {
  return new Map(documents.map(({ id, text }) => [id, text]))
}

function assertHolds({ documents }: TextIndex, expected: ReadonlyMap<string, string>): void {
  const wrong = [...expected].filter(([id, text]) => documents.get(id)?.text !== text)
  if (wrong.length > 0 || documents.size !== expected.size)
    throw new Error(`${wrong.length} acknowledged writes are not in the index`)
}
