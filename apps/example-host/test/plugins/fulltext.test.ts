import { EventEmitter, once } from 'node:events'
import { type Plugin, type PluginHost } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { buildIndex, imageOf, indexContext, indexKind, type IndexHandle } from '@uni/reload-index'
import { describe, expect, it, vi } from 'vitest'
import { toBatch, type DocumentChange } from '../../src/host/document.js'
import { everyDocument, textQuery } from '../../src/host/queries.js'
import type { BadVersion } from '../../src/plugins/catalogue.js'
import { fulltextEntry as entry } from '../../src/plugins/fulltext/entry.js'
import { imagePieces, readImage } from '../../src/plugins/fulltext/image.js'
import { hostWith, servingVersion } from './support/host.js'
import { lookingInto, providerOf } from './support/providers.js'
import { expectTurnedAway, reload } from './support/turned-away.js'

const MOVIES: readonly DocumentChange[] = [
  { id: 'a', revision: 0, deleted: false, title: 'The Godfather', details: 'Francis Ford Coppola Drama' },
  { id: 'b', revision: 0, deleted: false, title: 'Apocalypse Now', details: 'Francis Ford Coppola Action' },
  { id: 'c', revision: 0, deleted: false, title: 'Alien', details: 'Ridley Scott Horror' },
  { id: 'd', revision: 0, deleted: false, title: 'Drama Queens', details: 'Somebody Else Comedy' },
]
const CONTEXT = indexContext({ key: 'fulltext', name: 'movies' })
const VERSIONS = [
  ['1.0.0', entry.v1],
  ['2.0.0', entry.v2],
] as const

const build = (plugin: Plugin, movies = MOVIES): Promise<IndexHandle> =>
  buildIndex(providerOf(plugin, indexKind), toBatch(movies))

async function ids(handle: IndexHandle, text: string, k = 10): Promise<unknown[]> {
  return [...((await handle.probe(textQuery(text), k)).getChild('id') ?? [])]
}

async function revisions(handle: IndexHandle): Promise<Record<string, unknown>> {
  const answer = await handle.probe(everyDocument, Infinity)
  return Object.fromEntries(Array.from(answer, ({ id, revision }) => [id as string, revision as unknown]))
}

async function bytesOf(handle: IndexHandle): Promise<Uint8Array> {
  const persisted = await handle.persist(CONTEXT)
  if (persisted instanceof Uint8Array) return persisted
  if ('file' in persisted) throw new Error('expected no file')
  return imageOf(persisted).bytes()
}

async function hostWithMovies(plugin = entry.v1(), clock = new ManualClock()) {
  const host = await hostWith(plugin, { clock })
  const movies = await host.attach(indexKind, {
    name: 'movies',
    key: 'fulltext',
    open: (provider) => buildIndex(provider, toBatch(MOVIES)),
  })
  return { host, movies, clock }
}

const bad = (fault: string): BadVersion => entry.bad().find((version) => version.fault === fault) as BadVersion

async function expectServing(
  host: PluginHost,
  movies: Awaited<ReturnType<typeof hostWithMovies>>['movies'],
  version: string,
): Promise<void> {
  expect(servingVersion(host, indexKind, 'fulltext')).toBe(version)
  await movies.write(toBatch([{ ...(MOVIES[1] as DocumentChange), revision: 9 }]))
  expect(await movies.use((handle) => ids(handle, 'godfather'))).toEqual(['a'])
  expect(await movies.use((handle) => revisions(handle))).toMatchObject({ b: 9, c: 0, d: 0 })
}

describe.each(VERSIONS)('fulltext %s', (version, make) => {
  it('says its version', () => {
    expect(make().manifest.version).toBe(version)
    expect(providerOf(make(), indexKind)).toMatchObject({ version, kind: 'fulltext' })
  })

  it('answers the best documents first, at most k of them, in the schema that it names', async () => {
    const handle = await build(make())
    expect(await ids(handle, 'drama')).toHaveLength(2)
    expect(await ids(handle, 'drama queens')).toEqual(['d', 'a'])
    expect(await ids(handle, 'drama queens', 1)).toEqual(['d'])
    expect((await handle.probe(textQuery('coppola'), 10)).schema).toEqual(handle.schema())
    expect(await ids(handle, 'nobody wrote this')).toEqual([])
  })

  it('replaces, adds and removes documents', async () => {
    const handle = await build(make())
    await handle.apply?.(
      toBatch([
        { ...(MOVIES[2] as DocumentChange), revision: 1, title: 'Aliens', details: 'James Cameron' },
        { ...(MOVIES[1] as DocumentChange), revision: 1, deleted: true },
        { id: 'e', revision: 0, deleted: false, title: 'Heat', details: 'Michael Mann' },
      ]),
    )
    expect(await revisions(handle)).toEqual({ a: 0, c: 1, d: 0, e: 0 })
    expect(await ids(handle, 'ridley')).toEqual([])
    expect(await ids(handle, 'cameron')).toEqual(['c'])
    await handle.apply?.(toBatch([{ ...(MOVIES[1] as DocumentChange), revision: 2 }]))
    expect(await revisions(handle)).toEqual({ a: 0, b: 2, c: 1, d: 0, e: 0 })
  })

  it('applies the last of several changes to one document, and ignores the removal of one it lacks', async () => {
    const handle = await build(make())
    const [first] = MOVIES as [DocumentChange]
    await handle.apply?.(
      toBatch([
        { ...first, revision: 1 },
        { ...first, revision: 2 },
        { ...first, id: 'none', deleted: true },
      ]),
    )
    expect(await revisions(handle)).toEqual({ a: 2, b: 0, c: 0, d: 0 })
  })

  it('applies a batch that it cannot read not at all', async () => {
    const handle = await build(make())
    await expect(async () => handle.apply?.(everyDocument)).rejects.toThrow('no column "id": it has text')
    await expect(async () => handle.probe(everyDocument.slice(0, 0), 1)).rejects.toThrow('one row, this one has 0')
    expect(await revisions(handle)).toEqual({ a: 0, b: 0, c: 0, d: 0 })
  })

  it('has nothing of what was replaced, however often', async () => {
    const handle = await build(make())
    for (let revision = 1; revision <= 200; revision += 1) {
      await handle.apply?.(
        toBatch(MOVIES.map((movie) => ({ ...movie, revision, details: `${movie.details} turn${revision}` }))),
      )
      await ids(handle, `turn${revision - 1}`)
    }
    expect(await revisions(handle)).toEqual({ a: 200, b: 200, c: 200, d: 200 })
    expect(await ids(handle, 'turn200')).toHaveLength(4)
    expect(await ids(handle, 'turn199')).toEqual([])
  })

  it('I4 persists one point in time, whatever is written while the image is read', async () => {
    const handle = await build(make())
    const persisted = await handle.persist(CONTEXT)
    await handle.apply?.(toBatch(MOVIES.map((movie) => ({ ...movie, revision: 7, title: 'something else' }))))
    const reopened = await providerOf(entry.v1(), indexKind).open(imageOf(persisted as Uint8Array), CONTEXT)
    expect(await revisions(reopened)).toEqual({ a: 0, b: 0, c: 0, d: 0 })
    expect(await ids(reopened, 'godfather')).toEqual(['a'])
    expect(await ids(reopened, 'something')).toEqual([])
  })

  it.each(VERSIONS)('is read by %s, an empty index too', async (_, next) => {
    for (const movies of [MOVIES, []]) {
      const bytes = await bytesOf(await build(make(), movies))
      const reopened = await providerOf(next(), indexKind).open(imageOf(bytes), CONTEXT)
      expect(Object.keys(await revisions(reopened))).toEqual(movies.map(({ id }) => id))
      await reopened.apply?.(toBatch([{ ...(MOVIES[0] as DocumentChange), revision: 1 }]))
      expect((await revisions(reopened))['a']).toBe(1)
    }
  })

  it('refuses an image that is torn anywhere, or damaged anywhere', async () => {
    const bytes = await bytesOf(await build(make()))
    const provider = providerOf(make(), indexKind)
    for (let length = 1; length < bytes.length; length += 1)
      await expect(readImage(bytes.subarray(0, length))).rejects.toThrow(/torn|no image/)
    for (let at = 0; at < bytes.length; at += 1) {
      const damaged = new Uint8Array(bytes)
      damaged[at] = (damaged[at] as number) ^ 0x10
      await expect(readImage(damaged)).rejects.toThrow(/torn|damaged|no image/)
    }
    await expect(async () => provider.open(imageOf(bytes.subarray(0, -1)), CONTEXT)).rejects.toThrow('torn')
  })
})

it('version 2 finds what is begun or misspelt, and version 1 does not', async () => {
  const [v1, v2] = [await build(entry.v1()), await build(entry.v2())]
  expect({ v1: await ids(v1, 'apoc'), v2: await ids(v2, 'apoc') }).toEqual({ v1: [], v2: ['b'] })
  expect({ v1: await ids(v1, 'copola'), v2: (await ids(v2, 'copola')).sort() }).toEqual({ v1: [], v2: ['a', 'b'] })
})

it('an image is the same documents in either format, however many go to a frame', async () => {
  const documents = Array.from({ length: 7 }, (_, at) => ({
    id: `${at}`,
    revision: at,
    title: 'ä€𝄞',
    details: '\ud800 "',
  }))
  for (const format of [1, 2] as const) {
    for (const perFrame of [1, 3, 7, Infinity]) {
      const image = Buffer.concat([...imagePieces(documents, { format, perFrame })])
      expect([...(await readImage(image))]).toEqual(
        documents.map((document) => Object.assign({ deleted: false }, document)),
      )
    }
  }
})

it('the versions write formats that differ', async () => {
  const images = await Promise.all(VERSIONS.map(async ([, make]) => bytesOf(await build(make()))))
  expect(images.map((image) => String.fromCharCode(...image.subarray(0, 8)))).toEqual(['UNIFTX01', 'UNIFTX02'])
})

describe('the fulltext plugin', () => {
  it('I4 goes from version 1 to 2 and back with every write, those made meanwhile among them', async () => {
    const { host, movies } = await hostWithMovies()
    await using _ = host
    const expected: Record<string, number> = { a: 0, b: 0, c: 0, d: 0 }
    let revision = 0
    const write = (): Promise<void> => {
      revision += 1
      const id = `w${revision % 5}`
      expected[id] = revision
      return movies.write(toBatch([{ id, revision, deleted: false, title: `written ${revision}`, details: '' }]))
    }
    for (const [make, version] of [
      [entry.v2, '2.0.0'],
      [entry.v1, '1.0.0'],
      [entry.v2, '2.0.0'],
    ] as const) {
      await write()
      const reloading = reload(host, entry, make())
      await Promise.all([write(), write(), write(), reloading])
      expect(servingVersion(host, indexKind, 'fulltext')).toBe(version)
      expect(await movies.use((handle) => revisions(handle))).toEqual(expected)
    }
  })

  it.each(
    [
      ['refuses the old bytes', 'expected an image of format 2'],
      ['fails in init', 'the list of stop words is missing'],
    ].flatMap(([fault, said]) =>
      VERSIONS.map(([version, make]) => [fault, version, make, said] as [string, string, typeof make, string]),
    ),
  )('I3 a version that %s is turned away, and %s serves on', async (fault, version, make, said) => {
    const { host, movies } = await hostWithMovies(make())
    await using _ = host
    expect((await expectTurnedAway(host, entry, bad(fault))).message).toContain(said)
    await expectServing(host, movies, version)
  })

  it('I6 a version that loses content is turned away by the canary, and closed once', async () => {
    const { host, movies } = await hostWithMovies()
    await using _ = host
    const version = bad('loses every third document')
    const opened: IndexHandle[] = []
    const plugin = lookingInto(version.plugin, indexKind, (provider) => {
      const open = provider.open.bind(provider)
      provider.open = async (image, ctx) => {
        const handle = await open(image, ctx)
        vi.spyOn(handle as Required<IndexHandle>, 'close')
        opened.push(handle)
        return handle
      }
    })
    const error = await expectTurnedAway(host, entry, { ...version, plugin })
    expect(error.message).toContain('document c is at revision 0 in the old index and at none in the new one')
    expect(opened.map(({ close }) => vi.mocked(close as () => void).mock.calls.length)).toEqual([1])
    await expectServing(host, movies, '1.0.0')
  })

  it('I8 a version that hangs in open is given up on at the deadline', async () => {
    const { host, movies, clock } = await hostWithMovies()
    await using _ = host
    const version = bad('hangs in open')
    const calls = new EventEmitter()
    const opening = once(calls, 'open')
    const plugin = lookingInto(version.plugin, indexKind, (provider) => {
      const open = provider.open.bind(provider)
      provider.open = (image, ctx) => {
        calls.emit('open')
        return open(image, ctx)
      }
    })
    const turnedAway = expectTurnedAway(host, entry, { ...version, plugin })
    await opening
    await movies.write(toBatch([{ ...(MOVIES[0] as DocumentChange), revision: 1 }]))
    clock.advance(300_000)
    expect((await turnedAway).step).toBe('open')
    expect(await movies.use((handle) => revisions(handle))).toEqual({ a: 1, b: 0, c: 0, d: 0 })
    await expectServing(host, movies, '1.0.0')
    expect(clock.pending).toBe(0)
  })
})
