import { ReloadError, WriteGate } from '@uni/reload-core'
import { buildIndex, indexHandoff, indexKind } from '@uni/reload-index'
import { describe, expect, test } from 'vitest'
import { changes, doc, query, rowsOf } from './fixtures/batches.js'
import { FullTextV1 } from './fixtures/full-text-v1.js'
import { idsIn } from './fixtures/full-text-handle.js'
import { plainHandle, plainKind } from './fixtures/plain-index.js'
import { reloadOf, failureOf } from './fixtures/reload.js'

describe('X1: the surface', () => {
  test('is named, keyed by kind, and asks for build and open', () => {
    expect(indexKind.id).toBe('index-kind')
    expect(indexKind.keyOf(new FullTextV1())).toBe('fulltext')
    expect(indexKind.methods).toEqual(['build', 'open'])
    expect(indexHandoff()).toMatchObject({ surface: indexKind, discipline: 'pre-copy' })
  })

  test('a write is one batch of changes', async () => {
    const reload = await reloadOf({ old: new FullTextV1(), next: new FullTextV1() })
    await reload.gate.write(changes({ upsert: [doc('new')], remove: ['d0'] }))
    expect(await reload.ids()).toEqual(['d1', 'd2', 'new'])
  })

  test('a handle without apply refuses writes, and says so', async () => {
    const gate = new WriteGate(indexKind, 'frozen', plainHandle({ apply: undefined }))
    const error = await failureOf(gate.write(changes({})))
    expect(ReloadError.is(error)).toBe(true)
    expect(error).toMatchObject({ code: 'PLUGIN', surface: 'index-kind', step: 'apply' })
    expect(error.message).toMatch(/takes no writes, its handle has no apply/)
  })

  test('a resource that leaves without a successor is closed', async () => {
    const handle = plainHandle()
    await indexHandoff().close?.(handle)
    expect(handle.closes).toBe(1)
    await indexHandoff().close?.(plainHandle({ close: undefined }))
  })
})

describe('X2: buildIndex', () => {
  test('builds and finalizes', async () => {
    const handle = await buildIndex(new FullTextV1(), rowsOf([doc('a'), doc('b')]))
    expect(await idsIn(handle, query('*'))).toEqual(['a', 'b'])
  })

  test.for<[string, () => unknown]>([
    ['what build() resolved with is undefined', () => undefined],
    ['what build() resolved with has no finalize()', () => ({})],
    ['what finalize() resolved with is undefined', () => ({ finalize: () => {} })],
    ['what finalize() resolved with has no probe()', () => ({ finalize: () => plainHandle({ probe: 1 }) })],
  ])('says it when %s', async ([message, build]) => {
    await expect(
      buildIndex(
        plainKind(() => plainHandle(), build),
        rowsOf([]),
      ),
    ).rejects.toThrow(message)
  })
})
