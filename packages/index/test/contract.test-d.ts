import nodeTest from 'node:test'
import type { HandoffStrategy, KindHandoff, LiveResource, PluginHost, Surface } from '@uni/reload-core'
import {
  imageOf,
  buildIndex,
  indexHandoff,
  indexKind,
  type ImageSpool,
  type IndexHandle,
  type IndexHandoff,
  type IndexImage,
  type IndexKindProvider,
} from '@uni/reload-index'
import { fileSpool } from '@uni/reload-index/node'
import { runIndexConformance, type IndexFixture } from '@uni/reload-index/testing'
import type { RecordBatch } from 'apache-arrow'
import { expectTypeOf, test } from 'vitest'

declare const host: PluginHost
declare const handle: IndexHandle
declare const batch: RecordBatch

test('the surface ties provider, handle and write together', () => {
  expectTypeOf(indexKind).toExtend<Surface<IndexKindProvider, IndexHandle, RecordBatch>>()
  interface Counted extends IndexHandle {
    readonly count: number
  }
  const counted = indexKind.of<Counted>()
  expectTypeOf(counted).toEqualTypeOf<Surface<IndexKindProvider<Counted>, Counted, RecordBatch>>()
  expectTypeOf(
    host.attach(counted, { name: 'a', key: 'k', open: (kind) => buildIndex(kind, batch) }),
  ).resolves.toEqualTypeOf<LiveResource<Counted, RecordBatch>>()
  expectTypeOf(indexHandoff()).toEqualTypeOf<HandoffStrategy<IndexKindProvider, IndexHandle, RecordBatch>>()
  expectTypeOf<IndexHandoff>().toEqualTypeOf<KindHandoff<IndexKindProvider, IndexHandle, RecordBatch>>()
  expectTypeOf(host.attach(indexKind, { name: 'a', key: 'k', open: () => handle })).resolves.toEqualTypeOf<
    LiveResource<IndexHandle, RecordBatch>
  >()
})

test('a write is a batch, and an attached resource is a handle', async () => {
  const live = await host.attach(indexKind, { name: 'a', key: 'k', open: () => handle })
  expectTypeOf(live.write).parameter(0).toEqualTypeOf<RecordBatch>()
  await live.write(batch)
  // @ts-expect-error a write is one RecordBatch
  await live.write({ id: 'a' })
  // @ts-expect-error `open` has to give a handle
  await host.attach(indexKind, { name: 'a', key: 'k', open: () => ({ probe: () => batch }) })
})

test('a provider may answer at once or later, and a handle may leave out what is optional', () => {
  const least = { probe: () => batch, persist: async () => new Uint8Array(1), schema: () => batch.schema }
  expectTypeOf(least).toExtend<IndexHandle>()
  expectTypeOf({
    kind: 'k',
    build: async () => ({ finalize: () => least }),
    open: () => least,
  }).toExtend<IndexKindProvider>()
  expectTypeOf({ ...least, persist: () => 'text' }).not.toExtend<IndexHandle>()
  expectTypeOf({ ...least, persist: () => ({ file: '/a' }) }).toExtend<IndexHandle>()
  expectTypeOf({ ...least, persist: () => ({ file: '/a', crc32: 7 }) }).toExtend<IndexHandle>()
  expectTypeOf({ ...least, persist: () => ({ file: '/a', crc32: '7' }) }).not.toExtend<IndexHandle>()
})

test('the options', () => {
  expectTypeOf(fileSpool('/tmp')).toEqualTypeOf<ImageSpool>()
  indexHandoff({
    spool: fileSpool('/tmp'),
    checkSchema: false,
    canary: { queries: ({ key, name }) => (key === name ? [] : [batch]), k: 3 },
  })
  indexHandoff({ canary: { queries: [batch, { query: batch, filter: { year: 1999 } }] } })
  // @ts-expect-error a directory alone is not a spool
  indexHandoff({ spool: '/tmp' })
  // @ts-expect-error a canary has queries
  indexHandoff({ canary: { k: 3 } })
})

test('an image needs no byteLength, so that a test can make one of golden bytes', () => {
  expectTypeOf(imageOf(new Uint8Array(1))).toEqualTypeOf<IndexImage>()
  expectTypeOf({
    bytes: async () => new Uint8Array(1),
    stream: async function* () {
      yield new Uint8Array(1)
    },
    file: async () => '',
  }).toExtend<IndexImage>()
})

test('the kit takes the `test` of either runner, and says what it needs', () => {
  const make = (): IndexFixture => ({
    provider: { kind: 'k', build: () => ({ finalize: () => handle }), open: () => handle },
    source: batch,
    queries: [batch],
  })
  expectTypeOf(runIndexConformance({ test, make })).toEqualTypeOf<void>()
  runIndexConformance({
    test: nodeTest,
    make: async () => make(),
    capabilities: { writes: true },
    knownGaps: ['apply/wholly'],
  })
  // @ts-expect-error there is no such claim
  runIndexConformance({ test, make, capabilities: { fast: true } })
  // @ts-expect-error a fixture has queries
  runIndexConformance({ test, make: () => ({ provider: make().provider, source: batch }) })
})
