import { setTimeout as sleep } from 'node:timers/promises'
import { PluginHost, Slices, WriteGate } from '@uni/reload-core'
import { imageOf, indexHandoff, indexKind, type IndexHandle } from '@uni/reload-index'
import type { RecordBatch } from 'apache-arrow'
import { compareAll, PLATFORM } from '../measure.js'
import type { Result } from '../result.js'
import { TextIndex, textIndexes, textPlugin, type Document } from '../text-index.js'
import { Corpus, prepareWrites, Writers, type PreparedWrite, type WritersSaw } from '../writers.js'

/** A round of the largest takes minutes, most of them to build the index again. */
const SIZES = [
  { size: 10_000, rounds: 3, warmups: 1 },
  { size: 100_000, rounds: 3, warmups: 0 },
  { size: 1_000_000, rounds: 1, warmups: 0 },
]
/** For machines that take their time over a million documents: what is measured is the pause. */
const TIMEOUTS = { prepare: 1_800_000, converge: 600_000, write: 1_800_000 }
const RATES = [1_000, 10_000]
/** "Slowed by a share before, never stopped for long." */
const STOP_LIMIT_MS = 10
/** Writers run this long before a reload begins. */
const LEAD_MS = 100

/** How long writers wait for an index to be replaced. */
export async function* pause(): AsyncGenerator<Result> {
  for (const { size, ...rounds } of SIZES) {
    const corpus = new Corpus()
    const documents = Array.from({ length: size }, (_, at) => corpus.document(String(at)))
    const writes = prepareWrites(corpus, size)
    for (const perSecond of RATES) yield* await pausing({ documents, writes, perSecond }, rounds)
  }
}

interface Setting {
  readonly documents: readonly Document[]
  readonly writes: readonly PreparedWrite[]
  readonly perSecond: number
}

async function pausing(
  { documents, writes, perSecond }: Setting,
  rounds: { rounds: number; warmups: number },
): Promise<Result[]> {
  const expected = documents.map(({ id, text }) => [id, text] as const)
  await using host = new PluginHost({ strategies: [indexHandoff()], timeouts: TIMEOUTS })
  let handle = await host.add(textPlugin())
  const live = await host.attach(indexKind, { name: 'index', key: 'text', open: () => TextIndex.of(documents) })
  const ours = new Map(expected)

  const gate = new WriteGate<IndexHandle, RecordBatch>(indexKind, 'by hand', await TextIndex.of(documents))
  const theirs = new Map(expected)

  const id = `pause/${documents.length}-at-${perSecond}`
  const results = await compareAll(
    [
      {
        id,
        unit: 'ms',
        question: `The longest that one of ${perSecond.toLocaleString('en')} writes a second waits while an index of ${documents.length.toLocaleString('en')} documents is replaced, from when it was due`,
      },
      {
        id: `${id}/stop`,
        unit: 'ms',
        limit: STOP_LIMIT_MS,
        question: 'The longest that no write at all was accepted meanwhile, though some were due',
      },
    ],
    {
      ...rounds,
      async ours() {
        const writers = new Writers(perSecond, writes, ours, (batch) => live.write(batch))
        await sleep(LEAD_MS)
        return answers(
          await writers.during(async () => {
            handle = (await host.reload(handle, textPlugin())).handle
          }),
        )
      },
      peers: [
        {
          name: 'stop the writers for the whole copy',
          version: PLATFORM.version,
          async run() {
            const writers = new Writers(perSecond, writes, theirs, (batch) => gate.write(batch))
            await sleep(LEAD_MS)
            return answers(await writers.during(() => stopAndCopy(gate)))
          },
        },
      ],
    },
  )
  await live.use((index) => assertHolds(index as TextIndex, ours))
  await gate.use((index) => assertHolds(index as TextIndex, theirs))
  return results
}

function answers({ longestMs, stoppedMs }: WritersSaw): number[] {
  return [longestMs, stoppedMs]
}

/** The same image, read by the same provider, with the writers held from the first byte to the last. */
async function stopAndCopy(gate: WriteGate<IndexHandle, RecordBatch>): Promise<void> {
  await gate.hold()
  const image = imageOf((gate.resource as TextIndex).persist())
  gate.switchTo(
    await textIndexes.open(image, {
      signal: new AbortController().signal,
      progress: () => {},
      slices: () => new Slices(),
      key: 'text',
      name: 'by hand',
    }),
  )
}

function assertHolds({ documents }: TextIndex, expected: ReadonlyMap<string, string>): void {
  const wrong = [...expected].filter(([id, text]) => documents.get(id)?.text !== text)
  if (wrong.length > 0 || documents.size !== expected.size)
    throw new Error(`${wrong.length} acknowledged writes are not in the index`)
}
