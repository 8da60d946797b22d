import { fileSpool } from '@uni/reload-index/node'
import { describe, expect, test } from 'vitest'
import { column, changes, doc, docs, query } from './fixtures/batches.js'
import { pause } from './fixtures/deferred.js'
import { temporaryDirectory } from './fixtures/directory.js'
import { idsIn } from './fixtures/full-text-handle.js'
import type { Form } from './fixtures/full-text-options.js'
import { FullTextV1 } from './fixtures/full-text-v1.js'
import { FullTextV2 } from './fixtures/full-text-v2.js'
import { Reload, reloadOf } from './fixtures/reload.js'

const CANARY = { queries: [query('d7'), query('title')], k: 1 }

describe('a real full-text index, version 1 to version 2', () => {
  test('I4, I7: version 2 serves from bytes that version 1 wrote; the old handle is closed once, when finalized', async () => {
    const old = new FullTextV1()
    const next = new FullTextV2()
    const reload = await reloadOf({
      old,
      next,
      docs: docs(200),
      handoff: { canary: { queries: [query('d7'), query('d19 text')] } },
    })
    const outcome = await reload.dispatch()
    expect(reload.gate.resource).toBe(old.handles[0])
    outcome.commit()
    expect(reload.gate.resource).toBe(next.handles[0])
    expect(old.handles[0]?.closes).toBe(0)
    await outcome.finalize()
    expect(await reload.ids()).toEqual(
      docs(200)
        .map(({ id }) => id)
        .sort(),
    )
    expect(old.handles.map(({ closes }) => closes)).toEqual([1])
    expect(next.handles.map(({ closes }) => closes)).toEqual([0])
    expect(outcome.report[0]).toMatchObject({
      surface: 'index-kind',
      key: 'fulltext',
      resource: 'articles',
      discipline: 'pre-copy',
      replayedWrites: 0,
    })
    expect(outcome.report[0]?.bytes).toBeGreaterThan(1000)
  })

  test('I4: and version 2 reads what version 2 wrote', async () => {
    const [v1, v2, later] = [new FullTextV1(), new FullTextV2(), new FullTextV2()]
    const first = await reloadOf({ old: v1, next: v2, docs: docs(20) })
    await first.run()
    await first.gate.write(changes({ upsert: [doc('new')], remove: ['d3'] }))
    const second = new Reload({ old: v2, next: later, handoff: { canary: CANARY } }, first.gate.resource)
    await second.run()
    expect(second.gate.resource).toBe(later.handles[0])
    expect(await second.ids()).toEqual(
      [
        ...docs(20)
          .map(({ id }) => id)
          .filter((id) => id !== 'd3'),
        'new',
      ].sort(),
    )
    expect([...v1.handles, ...v2.handles, ...later.handles].map(({ closes }) => closes)).toEqual([1, 1, 0])
  })

  test('I1, I2: the old index answers reads during the copy, and its leases after the commit', async () => {
    const opening = pause()
    const old = new FullTextV1()
    const reload = await reloadOf({ old, next: new FullTextV2({ onOpen: opening.step }) })
    const dispatched = reload.dispatch()
    await opening.reached
    expect(column(await reload.handle.probe(query('d1'), 1), 'id')).toEqual(['d1'])
    opening.goOn()
    const outcome = await dispatched
    outcome.commit()
    expect(column(await reload.handle.probe(query('d1'), 1), 'id')).toEqual(['d1'])
    await outcome.finalize()
    expect(() => reload.handle.probe(query('d1'), 1)).toThrow('closed')
  })
})

describe('I4: writes during the copy', () => {
  const forms: readonly Form[] = ['bytes', 'stream', 'file']
  const cases = forms.flatMap((persistAs) =>
    forms.flatMap((readAs) => [true, false].map((isolated) => ({ persistAs, readAs, isolated }))),
  )

  test.for(cases)(
    '$persistAs → $readAs, isolated $isolated: each acknowledged document is there once',
    async ({ persistAs, readAs, isolated }) => {
      await using directory = await temporaryDirectory()
      const persisting = pause()
      const opening = pause()
      const old = new FullTextV1({ persistAs, isolated, directory: directory.path, onPersist: persisting.step })
      const next = new FullTextV2({ readAs, onOpen: opening.step })
      const reload = await reloadOf({
        old,
        next,
        docs: docs(10),
        handoff: { spool: fileSpool(directory.path), canary: CANARY },
      })

      const before = reload.gate.write(changes({ upsert: [doc('before')] }))
      const dispatched = reload.dispatch()
      await before
      await persisting.reached
      const during = reload.gate.write(changes({ upsert: [doc('during persist')], remove: ['d0'] }))
      if (isolated) await during
      persisting.goOn()
      await opening.reached
      await during
      await reload.gate.write(changes({ upsert: [doc('d1', 'changed'), doc('during open')] }))
      await reload.gate.write(changes({ remove: ['during open'] }))
      await reload.gate.write(changes({ upsert: [doc('during open', 'again')] }))
      expect(await idsIn(reload.handle, query('*'))).toContain('during open')
      opening.goOn()

      const outcome = await dispatched
      const held = reload.gate.write(changes({ upsert: [doc('while held')] }))
      outcome.commit()
      await held
      await reload.gate.write(changes({ upsert: [doc('after')] }))
      await outcome.finalize()

      const expected = [
        ...docs(10)
          .map(({ id }) => id)
          .filter((id) => id !== 'd0'),
        'before',
        'during persist',
        'during open',
        'while held',
        'after',
      ]
      expect(await reload.ids()).toEqual(expected.sort())
      expect(column(await reload.gate.resource.probe(query('changed'), 10), 'id')).toEqual(['d1'])
      expect(column(await reload.gate.resource.probe(query('again'), 10), 'id')).toEqual(['during open'])
      expect(outcome.report[0]?.replayedWrites).toBe(4)
      expect([...old.handles, ...next.handles].map(({ closes }) => closes)).toEqual([1, 0])
      expect(await directory.list()).toEqual([])
    },
  )

  test('a write that the old index refuses is neither acknowledged nor replayed', async () => {
    const opening = pause()
    const old = new FullTextV1()
    const reload = await reloadOf({ old, next: new FullTextV2({ onOpen: opening.step }) })
    const [handle] = old.handles
    const dispatched = reload.dispatch()
    await opening.reached
    const { apply } = handle as { apply: unknown }
    Object.assign(handle as object, {
      apply: async () => {
        throw new Error('no room')
      },
    })
    await expect(reload.gate.write(changes({ upsert: [doc('refused')] }))).rejects.toThrow('no room')
    Object.assign(handle as object, { apply })
    opening.goOn()
    const outcome = await dispatched
    outcome.commit()
    expect(outcome.report[0]?.replayedWrites).toBe(0)
    expect(await reload.ids()).not.toContain('refused')
  })

  test('I3, I4: a rollback after the convergence leaves every write in the old index', async () => {
    const opening = pause()
    const old = new FullTextV1()
    const next = new FullTextV2({ onOpen: opening.step })
    const reload = await reloadOf({ old, next })
    const dispatched = reload.dispatch()
    await opening.reached
    await reload.gate.write(changes({ upsert: [doc('during')] }))
    opening.goOn()
    const outcome = await dispatched
    const held = reload.gate.write(changes({ upsert: [doc('held')], remove: ['d0'] }))
    await outcome.rollback()
    await held
    expect(await reload.ids()).toEqual(['d1', 'd2', 'during', 'held'])
    expect(reload.gate.resource).toBe(old.handles[0])
    expect([...old.handles, ...next.handles].map(({ closes }) => closes)).toEqual([0, 1])
  })

  test('I3: a dry run goes all the way, and leaves the old index as it was', async () => {
    const old = new FullTextV1()
    const next = new FullTextV2()
    const reload = await reloadOf({ old, next })
    const outcome = await reload.dispatch({ dryRun: true })
    expect(() => outcome.commit()).toThrow('rolled-back')
    expect(await reload.ids()).toEqual(['d0', 'd1', 'd2'])
    await reload.gate.write(changes({ remove: ['d0'] }))
    expect(await reload.ids()).toEqual(['d1', 'd2'])
    expect([...old.handles, ...next.handles].map(({ closes }) => closes)).toEqual([0, 1])
  })
})
