import type { ReloadOutcome } from '@uni/reload-core'
import { fileSpool } from '@uni/reload-index/node'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { changes, column, query, type Doc } from './fixtures/batches.js'
import { pause, type Pause } from './fixtures/deferred.js'
import { temporaryDirectory } from './fixtures/directory.js'
import { idsIn, type FullTextHandle } from './fixtures/full-text-handle.js'
import type { Form } from './fixtures/full-text-options.js'
import { FullTextV1 } from './fixtures/full-text-v1.js'
import { FullTextV2 } from './fixtures/full-text-v2.js'
import { reloadOf, type Reload } from './fixtures/reload.js'

const IDS = ['a', 'b', 'c', 'd', 'e']
const WORDS = ['red', 'green', 'blue', 'black']

interface Write {
  readonly upsert: readonly Doc[]
  readonly remove: readonly string[]
}

const oneDoc = fc.record({
  id: fc.constantFrom(...IDS),
  title: fc.constantFrom(...WORDS),
  text: fc.constantFrom(...WORDS),
})
const oneWrite: fc.Arbitrary<Write> = fc.record({
  upsert: fc.array(oneDoc, { maxLength: 3 }),
  remove: fc.subarray(IDS, { maxLength: 2 }),
})

/** Where a write is submitted, as a handoff goes by. */
const MOMENTS = ['before', 'persisting', 'opening', 'converged', 'after'] as const
type Moment = (typeof MOMENTS)[number]

/** How the handoff ends. */
type End = 'commit' | 'rollback' | 'open fails'

const form = fc.constantFrom<Form>('bytes', 'stream', 'file')
const scenario = fc.record({
  docs: fc.uniqueArray(oneDoc, { selector: ({ id }) => id }),
  writes: fc.record(
    Object.fromEntries(MOMENTS.map((moment) => [moment, fc.array(oneWrite, { maxLength: 4 })])) as Record<
      Moment,
      fc.Arbitrary<Write[]>
    >,
  ),
  persistAs: form,
  readAs: form,
  isolated: fc.boolean(),
  spooled: fc.boolean(),
  cutover: fc.constantFrom('overlap' as const, 'exclusive' as const),
  end: fc.constantFrom<End>('commit', 'rollback', 'open fails'),
})

/** The model: a map. Every write was acknowledged, so the index has to be what the map is. */
function applied(docs: readonly Doc[], writes: readonly Write[]): Map<string, Doc> {
  const map = new Map(docs.map((doc) => [doc.id, doc]))
  for (const { upsert, remove } of writes) {
    for (const doc of upsert) map.set(doc.id, doc)
    for (const id of remove) map.delete(id)
  }
  return map
}

class Run {
  readonly written: Write[] = []
  readonly acknowledged: Promise<void>[] = []

  constructor(
    readonly reload: Reload,
    readonly writes: Record<Moment, Write[]>,
  ) {}

  submit(moment: Moment): void {
    for (const write of this.writes[moment]) {
      this.written.push(write)
      this.acknowledged.push(this.reload.gate.write(changes(write)))
    }
  }
}

/** Resolves with how the handoff ended. */
async function settle(dispatched: Promise<ReloadOutcome>, end: End, run: Run): Promise<End> {
  const outcome = await dispatched.catch(() => undefined)
  run.submit('converged')
  if (outcome === undefined) return 'open fails'
  if (end === 'rollback') {
    await outcome.rollback()
    return end
  }
  outcome.commit()
  await outcome.finalize()
  return 'commit'
}

test('X14, I3, I4, I7: each document is there once, in its last version, whatever is written when', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (given) => {
      const { docs, writes, persistAs, readAs, isolated, cutover, end } = given
      await using directory = await temporaryDirectory()
      const spooled = given.spooled || persistAs === 'file' || readAs === 'file'
      const steps: Record<'persisting' | 'opening', Pause> = { persisting: pause(), opening: pause() }
      const old = new FullTextV1({ persistAs, isolated, directory: directory.path, onPersist: steps.persisting.step })
      const next = new FullTextV2({ readAs, onOpen: steps.opening.step })
      const reload = await reloadOf({
        old,
        next,
        docs,
        cutover,
        handoff: { ...(spooled && { spool: fileSpool(directory.path) }) },
      })
      const run = new Run(reload, writes)

      run.submit('before')
      const dispatched = reload.dispatch()
      dispatched.catch(() => {})
      await steps.persisting.reached
      run.submit('persisting')
      steps.persisting.goOn()
      await steps.opening.reached
      run.submit('opening')
      if (end === 'open fails') steps.opening.fail(new Error('cannot open'))
      else steps.opening.goOn()
      expect(await settle(dispatched, end, run)).toBe(end)
      run.submit('after')
      await Promise.all(run.acknowledged)

      const model = applied(docs, run.written)
      const serving = reload.gate.resource
      expect(await idsIn(serving, query('*'))).toEqual([...model.keys()].sort())
      for (const word of WORDS) {
        const having = [...model.values()]
          .filter(({ title, text }) => title === word || text === word)
          .map(({ id }) => id)
        expect((column(await serving.probe(query(word), 100), 'id') as string[]).sort()).toEqual(having.sort())
      }
      const handles = [...old.handles, ...next.handles]
      expect(handles.filter((handle) => handle === serving).map(({ closes }) => closes)).toEqual([0])
      expect(handles.filter((handle: FullTextHandle) => handle !== serving).every(({ closes }) => closes === 1)).toBe(
        true,
      )
      expect(next.handles.includes(serving as FullTextHandle)).toBe(end === 'commit')
      expect(await directory.list()).toEqual([])
    }),
    { numRuns: 150 },
  )
})
