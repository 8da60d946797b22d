import { attempt } from '@uni/reload-core/testing'
import {
  Binary,
  Field,
  Int32,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Utf8,
  vectorFromArray,
  type Data,
} from 'apache-arrow'
import type { Bench } from '../bench.js'
import type { Case, Suite } from '../case.js'
import { RESUMES } from '../needs.js'

/**
 * Delivers a batch that a sink need not be able to take: it has to take all of it, or refuse it and store none of it.
 */
async function wholeOrRefused(bench: Bench, mutations: RecordBatch): Promise<void> {
  const { expect, history } = bench
  const stream = await bench.open()
  await bench.deliver(stream, history.commit())
  const good = history.head
  const bad = history.commitForeign(mutations)
  const outcome = await attempt(() => stream.deliver(bad))
  const checkpoint = await attempt(() => bench.checkpoint(stream))
  if ('error' in outcome && 'value' in checkpoint && checkpoint.value > good) {
    expect.fail(`the batch that ends at ${bad.lsnEnd} was refused, and the checkpoint ${checkpoint.value} covers it`)
  }
  // A sink that refuses the batch only when it flushes gets rid of it by a new start of the stream.
  const refused = 'error' in outcome || 'error' in checkpoint
  if (refused) history.takeBack()
  const next = history.commit(3)
  if ('error' in checkpoint) {
    await attempt(() => stream.shutdown())
    await bench.finish(history.origin)
    return
  }
  const taken = await attempt(() => stream.deliver(next))
  if ('error' in taken)
    expect.fail(`after a batch that was ${refused ? 'refused' : 'taken'}, the stream takes the next`, taken.error)
  const end = await bench.checkpoint(stream)
  await bench.shutdown(stream)
  const own = new Set(history.idsBelow(history.head))
  const stored = (await bench.stored()).filter((id) => own.has(id))
  const expected = history.idsBelow(end)
  if (!expected.every((id, at) => stored[at] === id))
    expect.fail(
      `the rows before and after are stored as ever: expected [${expected.join(', ')}], found [${stored.join(', ')}]`,
    )
}

function batchOf(fields: readonly Field[], children: readonly Data[], length: number): RecordBatch {
  const schema = new Schema([...fields])
  return new RecordBatch(
    schema,
    makeData({ type: new Struct([...fields]), length, nullCount: 0, children: [...children] }),
  )
}

function noColumns(): RecordBatch {
  return batchOf([], [], 0)
}

function otherColumns(): RecordBatch {
  return batchOf(
    [new Field('unforeseen', new Utf8())],
    [vectorFromArray(['a', 'b'], new Utf8()).data[0] as Data<Utf8>],
    2,
  )
}

/** Claims 8 rows, and has the bytes of 2. */
function truncated(): RecordBatch {
  return batchOf(
    [new Field('id', new Int32())],
    [makeData({ type: new Int32(), length: 8, nullCount: 0, data: new Int32Array(2) })],
    8,
  )
}

function oversized(): RecordBatch {
  return batchOf(
    [new Field('unforeseen', new Utf8())],
    [vectorFromArray(['x'.repeat(4 * 1024 * 1024)], new Utf8()).data[0] as Data<Utf8>],
    1,
  )
}

/** The same bytes each time, which are neither text nor anything else. */
function noise(): RecordBatch {
  let state = 0x9e3779b9
  const bytes = Uint8Array.from({ length: 256 }, () => {
    // xorshift32 (Marsaglia, "Xorshift RNGs", 2003).
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state & 0xff
  })
  const child = makeData({
    type: new Binary(),
    length: 1,
    nullCount: 0,
    valueOffsets: Int32Array.of(0, bytes.length),
    data: bytes,
  })
  return batchOf([new Field('\u0000"\'; --', new Binary())], [child], 1)
}

const inputs: Readonly<Record<string, readonly [what: string, make: () => RecordBatch]>> = {
  'no-columns': ['without columns', noColumns],
  'other-columns': ['of columns it does not know', otherColumns],
  truncated: ['whose columns are shorter than it says', truncated],
  oversized: ['of one value of 4 MiB', oversized],
  'random-bytes': ['of random bytes', noise],
  'no-mutations': ['without mutations', () => ({}) as Partial<RecordBatch> as RecordBatch],
}

export const badInputSuite: Suite = () =>
  Object.entries(inputs).map(([name, [what, make]]): Case => ({
    key: `bad-input/${name}`,
    rule: 'P11',
    title: `takes whole, or refuses and survives, a batch ${what}`,
    needs: RESUMES,
    run: (bench) => wholeOrRefused(bench, make()),
  }))
