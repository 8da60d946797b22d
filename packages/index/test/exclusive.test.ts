import type { IndexHandle } from '@uni/reload-index'
import { fileSpool } from '@uni/reload-index/node'
import { describe, expect, test } from 'vitest'
import { changes, doc, docs, query } from './fixtures/batches.js'
import { temporaryDirectory } from './fixtures/directory.js'
import type { Form } from './fixtures/full-text-options.js'
import { FullTextV1 } from './fixtures/full-text-v1.js'
import { FullTextV2 } from './fixtures/full-text-v2.js'
import { plainHandle, plainKind } from './fixtures/plain-index.js'
import { failureOf, Reload, reloadOf } from './fixtures/reload.js'

const forms: readonly Form[] = ['bytes', 'stream', 'file']

/** Holds what it was opened with, and a 9 for each write. */
const holding = (bytes: number[]): IndexHandle =>
  plainHandle({
    snapshot: 'isolated',
    apply: () => {
      bytes.push(9)
    },
    persist: async function* () {
      yield new Uint8Array(bytes)
    },
  })

describe('X16: an exclusive cutover', () => {
  test.for(forms)('closes the old index before the new one opens its image (%s)', async (persistAs) => {
    await using directory = await temporaryDirectory()
    const old = new FullTextV1({ persistAs, isolated: true, directory: directory.path })
    const next = new FullTextV2({
      onOpen: () => {
        expect(old.handles[0]?.closes).toBe(1)
      },
    })
    const reload = await reloadOf({
      old,
      next,
      cutover: 'exclusive',
      handoff: { spool: fileSpool(directory.path), canary: { queries: [query('d1')] } },
    })
    await reload.run()
    expect(await reload.ids()).toEqual(['d0', 'd1', 'd2'])
    expect([...old.handles, ...next.handles].map(({ closes }) => closes)).toEqual([1, 0])
    expect(await directory.list()).toEqual([])
  })

  test.for(
    forms
      .flatMap((persistAs) => [true, false].map((spooled) => ({ persistAs, spooled })))
      .filter(({ persistAs, spooled }) => spooled || persistAs !== 'file'),
  )(
    'I3: the new one fails after it has read: the old provider opens the same image again ($persistAs, spooled $spooled)',
    async ({ persistAs, spooled }) => {
      await using directory = await temporaryDirectory()
      const old = new FullTextV1({ persistAs, isolated: true, directory: directory.path })
      const reload = await reloadOf({
        old,
        docs: docs(40),
        cutover: 'exclusive',
        handoff: { ...(spooled && { spool: fileSpool(directory.path) }) },
        next: {
          kind: 'fulltext',
          build: () => ({ finalize: plainHandle }),
          open: async (image) => {
            await image.bytes()
            throw new Error('no')
          },
        },
      })
      const error = await failureOf(reload.dispatch())
      expect(error).toMatchObject({ code: 'HANDOFF', phase: 'converge', rollbackErrors: [] })
      expect(await reload.ids()).toEqual(
        docs(40)
          .map(({ id }) => id)
          .sort(),
      )
      await reload.gate.write(changes({ upsert: [doc('after')] }))
      expect(await reload.ids()).toContain('after')
      expect(old.handles.map(({ closes }) => closes)).toEqual([1, 0])
      expect(await directory.list()).toEqual([])
    },
  )

  test('I3: a new provider that writes to the bytes it was given does not spoil them for the old one', async () => {
    const old = new FullTextV1()
    const reload = await reloadOf({
      old,
      cutover: 'exclusive',
      next: {
        kind: 'fulltext',
        build: () => ({ finalize: plainHandle }),
        open: async (image) => {
          ;(await image.bytes()).fill(0)
          for await (const chunk of image.stream()) chunk.fill(0)
          structuredClone(null, { transfer: [(await image.bytes()).buffer as ArrayBuffer] })
          throw new Error('no')
        },
      },
    })
    expect((await failureOf(reload.dispatch())).rollbackErrors).toEqual([])
    expect(await reload.ids()).toEqual(['d0', 'd1', 'd2'])
  })

  test('I3: an old provider that has no more than the one handle opens that again', async () => {
    const only = plainHandle()
    const old = plainKind(() => only)
    const reload = new Reload(
      {
        old,
        next: plainKind(() => {
          throw new Error('no')
        }),
        cutover: 'exclusive',
      },
      only,
    )
    expect((await failureOf(reload.dispatch())).rollbackErrors).toEqual([])
    expect(reload.gate.resource).toBe(only)
  })

  test('I6: a new index that answers otherwise is closed, and the old one started again', async () => {
    const old = new FullTextV1()
    const wrong = plainHandle({ schema: () => old.handles[0]?.schema() })
    const reload = await reloadOf({
      old,
      cutover: 'exclusive',
      handoff: { canary: { queries: [query('d1')] } },
      next: { kind: 'fulltext', build: () => ({ finalize: plainHandle }), open: () => wrong },
    })
    const error = await failureOf(reload.dispatch())
    expect(error).toMatchObject({ code: 'HANDOFF', phase: 'converge', step: 'verify' })
    expect(error.message).toMatch(/answers query 0 otherwise: \d+ rows → 0 rows/)
    expect(wrong.closes).toBe(1)
    expect(old.handles.map(({ closes }) => closes)).toEqual([1, 0])
    expect(await reload.ids()).toEqual(['d0', 'd1', 'd2'])
  })

  test('I3: a dry run stops nothing, and leaves no file', async () => {
    await using directory = await temporaryDirectory()
    const old = new FullTextV1({ persistAs: 'stream' })
    const next = new FullTextV2()
    const reload = await reloadOf({ old, next, cutover: 'exclusive', handoff: { spool: fileSpool(directory.path) } })
    await reload.dispatch({ dryRun: true })
    expect(reload.gate.resource).toBe(old.handles[0])
    expect([...old.handles, ...next.handles].map(({ closes }) => closes)).toEqual([0])
    expect(await directory.list()).toEqual([])
  })

  test('I4: while neither version opens the index, its image is kept, and the next write tries again', async () => {
    await using directory = await temporaryDirectory()
    let locked = true
    const image = new Uint8Array([7, 7, 7])
    const first = plainHandle({
      persist: async function* () {
        yield image
      },
    })
    const restarted = plainHandle()
    const old = plainKind(async (given) => {
      if (locked) throw new Error('locked')
      expect([...(await given.bytes())]).toEqual([7, 7, 7])
      return restarted
    })
    const reload = new Reload(
      {
        old,
        next: plainKind(() => {
          throw new Error('no')
        }),
        cutover: 'exclusive',
        handoff: { spool: fileSpool(directory.path) },
      },
      first,
    )
    expect((await failureOf(reload.dispatch())).rollbackErrors).toHaveLength(1)
    expect(() => reload.gate.resource).toThrow(/RESOURCE_HALTED/)
    expect(await directory.list()).toHaveLength(1)
    await expect(reload.gate.write(changes({}))).rejects.toThrow(/locked/)
    locked = false
    await reload.gate.write(changes({ upsert: [doc('x')] }))
    expect(reload.gate.resource).toBe(restarted)
    expect(await directory.list()).toEqual([])
  })

  test('I4: the next version starts from the image that was kept', async () => {
    await using directory = await temporaryDirectory()
    const first = plainHandle({
      persist: async function* () {
        yield new Uint8Array([7])
      },
    })
    const old = plainKind(() => {
      throw new Error('locked')
    })
    const spool = fileSpool(directory.path)
    const failing = new Reload(
      {
        old,
        next: plainKind(() => {
          throw new Error('no')
        }),
        cutover: 'exclusive',
        handoff: { spool },
      },
      first,
    )
    await failureOf(failing.dispatch())
    const fixed = plainHandle()
    const next = plainKind(async (image) => {
      expect([...(await image.bytes())]).toEqual([7])
      return fixed
    })
    const again = new Reload({ old, next, handoff: { spool } }, first)
    Object.defineProperty(again, 'gate', { value: failing.gate })
    await again.run()
    expect(again.gate.resource).toBe(fixed)
    expect(fixed.closes).toBe(0)
    expect(await directory.list()).toEqual([])
  })

  test('I4: an index that was started again during prepare is copied anew, and a reader cannot spoil that image', async () => {
    const contents: number[][] = []
    let locked = true
    const old = plainKind(async (image) => {
      if (locked) throw new Error('locked')
      contents.push([...(await image.bytes())])
      return holding([...(await image.bytes())])
    })
    const failing = plainKind(async (image) => {
      for await (const chunk of image.stream()) chunk.fill(0)
      throw new Error('no')
    })
    const halted = new Reload({ old, next: failing, cutover: 'exclusive' }, holding([7]))
    await failureOf(halted.dispatch())
    expect(halted.gate.halted).toBeDefined()

    locked = false
    const again = new Reload(
      {
        old,
        next: failing,
        cutover: 'exclusive',
        handoff: {
          canary: {
            queries: async () => {
              await halted.gate.write(changes({}))
              return []
            },
          },
        },
      },
      halted.handle,
    )
    Object.defineProperty(again, 'gate', { value: halted.gate })
    expect((await failureOf(again.dispatch())).rollbackErrors).toEqual([])
    expect(contents).toEqual([[7], [7, 9]])
  })
})
