import { Slices } from '@uni/reload-core'
import { buildIndex, type IndexHandle, type IndexKindProvider } from '@uni/reload-index'
import { fileSpool } from '@uni/reload-index/node'
import type { RecordBatch } from 'apache-arrow'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { changes, column, query, rowsOf, type Doc } from './fixtures/batches.js'
import { temporaryDirectory } from './fixtures/directory.js'
import type { Form } from './fixtures/full-text-options.js'
import { FullTextV1 } from './fixtures/full-text-v1.js'
import { FullTextV2 } from './fixtures/full-text-v2.js'
import { Reload } from './fixtures/reload.js'
import { vectorChanges, vectorQuery, type VectorChange } from './fixtures/vectors.js'
import { VectorsV1, VectorsV2 } from './fixtures/vectors-kind.js'

// Writers at full speed: each hands its next batch over as soon as the last was acknowledged, whatever the handoff does
// meanwhile, and lets the event loop turn after each burst only. The log is the order in which the batches were handed
// over.

interface Load<W> {
  readonly old: IndexKindProvider
  readonly next: IndexKindProvider
  readonly source: RecordBatch
  /** Written again and again. */
  readonly writes: readonly W[]
  /** A writer for each, and how many batches it writes between two turns. */
  readonly bursts: readonly number[]
  readonly batchOf: (write: W) => RecordBatch
  readonly spool: string
}

interface Written<W> {
  readonly serving: IndexHandle
  readonly rebuilt: IndexHandle
  readonly log: readonly W[]
  readonly replayed: number
}

/** Resolves with the index that serves when all is written, and one that was rebuilt from the log. */
async function underLoad<W>({ old, next, source, writes, bursts, batchOf, spool }: Load<W>): Promise<Written<W>> {
  const reload = new Reload({ old, next, handoff: { spool: fileSpool(spool) } }, await buildIndex(old, source))
  const log: W[] = []
  const over = new AbortController()
  const turns = new Slices()
  const writing = Promise.all(
    bursts.map(async (burst) => {
      for (let nth = 1; !over.signal.aborted; nth += 1) {
        const write = writes[log.length % writes.length] as W
        log.push(write)
        await reload.gate.write(batchOf(write))
        if (nth % burst === 0) await turns.pause()
      }
    }),
  )
  const outcome = await reload.dispatch()
  // Writes are held by now.
  await turns.pause()
  outcome.commit()
  await outcome.finalize()
  await turns.pause()
  over.abort()
  await writing
  const rebuilt = await buildIndex(next, source)
  for (const one of log) await rebuilt.apply?.(batchOf(one))
  return { serving: reload.gate.resource, rebuilt, log, replayed: outcome.report[0]?.replayedWrites ?? 0 }
}

/** Answers by id: of equals, which one is first is not compared. */
const byId = (answer: RecordBatch, value: string): Map<unknown, number> =>
  new Map(column(answer, 'id').map((id, row) => [id, column(answer, value)[row] as number]))

function expectSame(is: Map<unknown, number>, was: Map<unknown, number>): void {
  expect(new Set(is.keys())).toEqual(new Set(was.keys()))
  // An average that was summed up in another order.
  for (const [id, value] of was)
    expect(Math.abs((is.get(id) as number) - value)).toBeLessThanOrEqual(1e-9 * Math.abs(value))
}

describe('X14, I4: with writers at full speed, the new index answers as one that was rebuilt from the log', () => {
  const bursts = fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 3 })
  const WORDS = ['red', 'green', 'blue', 'black']
  const text = fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 6 }).map((words) => words.join(' '))
  const oneDoc: fc.Arbitrary<Doc> = fc.record({ id: fc.constantFrom(...'abcdefghijkl'), title: text, text })
  const write = fc.record({
    upsert: fc.array(oneDoc, { maxLength: 4 }),
    remove: fc.subarray([...'abcdefghijkl'], { maxLength: 2 }),
  })
  const form = fc.constantFrom<Form>('bytes', 'stream', 'file')

  test('text', async () => {
    let replayed = 0
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          docs: fc.uniqueArray(oneDoc, { selector: ({ id }) => id }),
          writes: fc.array(write, { minLength: 1, maxLength: 40 }),
          bursts,
          persistAs: form,
          readAs: form,
          isolated: fc.boolean(),
          upgrade: fc.boolean(),
        }),
        async ({ docs, writes, bursts, persistAs, readAs, isolated, upgrade }) => {
          await using directory = await temporaryDirectory()
          const old = new FullTextV1({ persistAs, isolated, directory: directory.path })
          const next = upgrade ? new FullTextV2({ readAs }) : new FullTextV1({ readAs })
          const run = await underLoad({
            old,
            next,
            source: rowsOf(docs),
            writes,
            bursts,
            batchOf: changes,
            spool: directory.path,
          })
          replayed += run.replayed

          const model = new Map(docs.map((doc) => [doc.id, doc]))
          for (const { upsert, remove } of run.log) {
            for (const doc of upsert) model.set(doc.id, doc)
            for (const id of remove) model.delete(id)
          }
          for (const word of [...WORDS, '*']) {
            const answer = await run.serving.probe(query(word), 100)
            const having = [...model.values()]
              .filter(({ title, text }) => word === '*' || `${title} ${text}`.includes(word))
              .map(({ id }) => id)
            expect(column(answer, 'id').sort()).toEqual(having.sort())
            expectSame(byId(answer, 'score'), byId(await run.rebuilt.probe(query(word), 100), 'score'))
          }
          expect(await directory.list()).toEqual([])
        },
      ),
      { numRuns: 25 },
    )
    // Or nothing was shown.
    expect(replayed).toBeGreaterThan(25)
  })

  const vector = fc
    .array(fc.integer({ min: -9, max: 9 }), { minLength: 8, maxLength: 8 })
    .map((values) => Float32Array.from(values))
  const vectorWrite: fc.Arbitrary<VectorChange[]> = fc.array(
    fc.record({ id: fc.bigInt({ min: 0n, max: 15n }), deleted: fc.boolean(), vector }),
    { minLength: 1, maxLength: 4 },
  )

  test('vectors', async () => {
    let replayed = 0
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          source: vectorWrite,
          writes: fc.array(vectorWrite, { minLength: 1, maxLength: 40 }),
          bursts,
          upgrade: fc.boolean(),
          asked: vector,
        }),
        async ({ source, writes, bursts, upgrade, asked }) => {
          await using directory = await temporaryDirectory()
          const next = upgrade ? new VectorsV2(directory.path) : new VectorsV1(directory.path)
          const run = await underLoad({
            old: new VectorsV1(directory.path),
            next,
            source: vectorChanges(source),
            writes,
            bursts,
            batchOf: vectorChanges,
            spool: directory.path,
          })
          replayed += run.replayed

          const model = new Map<bigint, Float32Array>()
          for (const { id, deleted, vector } of [source, ...run.log].flat()) {
            if (deleted) model.delete(id)
            else model.set(id, vector)
          }
          const distances = new Map(
            [...model].map(([id, vector]) => [
              id as unknown,
              vector.reduce((sum, value, at) => sum + (value - (asked[at] as number)) ** 2, 0),
            ]),
          )
          const answer = byId(await run.serving.probe(vectorQuery(asked), 100), 'distance')
          expectSame(answer, distances)
          expect(answer).toEqual(byId(await run.rebuilt.probe(vectorQuery(asked), 100), 'distance'))
          expect(await directory.list()).toEqual([])
        },
      ),
      { numRuns: 8 },
    )
    expect(replayed).toBeGreaterThan(8)
  })
})
