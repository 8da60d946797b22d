import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PluginHost, type Plugin } from '@uni/reload-core'
import { MemoryCommitLog } from '@uni/reload-cdc'
import {
  buildIndex,
  indexContext,
  indexKind,
  type IndexHandle,
  type IndexImage,
  type IndexContext,
} from '@uni/reload-index'
import { fileImage, fileSpool } from '@uni/reload-index/node'
import { Index } from 'usearch'
import { describe, expect, it, vi } from 'vitest'
import { toBatch, type DocumentChange } from '../../src/host/document.js'
import { everyDocument, textQuery } from '../../src/host/queries.js'
import { strategies } from '../../src/host/strategies.js'
import { DIMENSIONS, embed } from '../../src/plugins/vectors/embed.js'
import { vectorsEntry } from '../../src/plugins/vectors/entry.js'
import { SHARD_DOCUMENTS } from '../../src/plugins/vectors/vector-shard.js'
import { servingVersion } from './support/host.js'
import { lookingInto, providerOf } from './support/providers.js'
import { tempDirectory } from './support/temp-directory.js'
import { expectTurnedAway, reload } from './support/turned-away.js'

const MOVIES: readonly DocumentChange[] = [
  { id: 'a', revision: 0, deleted: false, title: 'The Godfather', details: 'Francis Ford Coppola Drama' },
  { id: 'b', revision: 0, deleted: false, title: 'Apocalypse Now', details: 'Francis Ford Coppola Action' },
  { id: 'c', revision: 0, deleted: false, title: 'Alien', details: 'Ridley Scott Horror' },
  { id: 'd', revision: 0, deleted: false, title: 'Drama Queens', details: 'Somebody Else Comedy' },
]
const CONTEXT = indexContext({ key: 'vectors', name: 'movies' })
const VERSIONS = [
  ['1.0.0', 'v1'],
  ['2.0.0', 'v2'],
] as const

const many = (count: number): DocumentChange[] =>
  Array.from({ length: count }, (_, n) => ({
    id: `m${n}`,
    revision: n,
    deleted: false,
    title: `Movie ${n} ${(n * 7919).toString(36)}`,
    details: `${(n * 104729).toString(36)} ${(n * 15485863).toString(36)}`,
  }))

const build = (plugin: Plugin, movies = MOVIES): Promise<IndexHandle> =>
  buildIndex(providerOf(plugin, indexKind), toBatch(movies))

async function ids(handle: IndexHandle, text: string, k = 10): Promise<unknown[]> {
  return [...((await handle.probe(textQuery(text), k)).getChild('id') ?? [])]
}

async function revisions(handle: IndexHandle): Promise<Record<string, unknown>> {
  const answer = await handle.probe(everyDocument, Infinity)
  return Object.fromEntries(Array.from(answer, ({ id, revision }) => [id as string, revision as unknown]))
}

async function imageFileOf(handle: IndexHandle): Promise<string> {
  const persisted = await handle.persist(CONTEXT)
  if (!('file' in persisted)) throw new Error('expected a file')
  return persisted.file
}

/** What a test needs of the plugin, in a directory that is gone when the scope ends. */
async function setUp() {
  const directory = await tempDirectory()
  const images = join(directory.path, 'images')
  const entry = vectorsEntry(images)
  return {
    entry,
    images,
    path: directory.path,
    open: async (plugin: Plugin, file: string): Promise<IndexHandle> =>
      providerOf(plugin, indexKind).open(await fileImage(file), CONTEXT),
    host: async (plugin = entry.v1(), movies = MOVIES) => {
      const host = new PluginHost({
        strategies: strategies({ log: new MemoryCommitLog(), spool: fileSpool(join(directory.path, 'spool')) }),
      })
      await host.add(plugin)
      const live = await host.attach(indexKind, {
        name: 'movies',
        key: 'vectors',
        open: (provider) => buildIndex(provider, toBatch(movies)),
      })
      return { host, movies: live }
    },
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  }
}

describe('the embedding of a text', () => {
  it('is of length 1 and the same each time, whatever the case, and all zeros without a word', () => {
    for (const text of ['Alien', 'a', 'Zoë 2001', '映画 七人の侍']) {
      expect(Math.hypot(...embed(text))).toBeCloseTo(1, 5)
      expect(embed(text)).toEqual(embed(text.toUpperCase()))
    }
    expect(embed('')).toEqual(new Float32Array(DIMENSIONS))
    expect(embed('?! — …')).toEqual(new Float32Array(DIMENSIONS))
  })

  it('is what images were written with', () => {
    const buckets = [...embed('ab').entries()].filter(([, value]) => value !== 0)
    expect(buckets).toEqual([
      [38, Math.fround(-Math.SQRT1_2)],
      [42, Math.fround(-Math.SQRT1_2)],
    ])
  })
})

describe.each(VERSIONS)('vectors %s', (version, make) => {
  it('says its version', async () => {
    await using it = await setUp()
    expect(it.entry[make]().manifest.version).toBe(version)
    expect(providerOf(it.entry[make](), indexKind)).toMatchObject({ version, kind: 'vectors' })
  })

  it('answers what is most alike first, at most k of it, in the schema that it names', async () => {
    await using it = await setUp()
    const handle = await build(it.entry[make]())
    expect((await ids(handle, 'The Godfathers, by Ford Copola'))[0]).toBe('a')
    expect(await ids(handle, 'allien horror', 1)).toEqual(['c'])
    expect(await ids(handle, 'alien', 0)).toEqual([])
    expect(await ids(handle, '?!')).toEqual([])
    const answer = await handle.probe(textQuery('Alien Ridley Scott Horror'), 10)
    expect(answer.schema).toEqual(handle.schema())
    const scores = [...(answer.getChild('score') ?? [])] as number[]
    expect(scores).toEqual(scores.toSorted((a, b) => b - a))
    expect(scores[0]).toBeCloseTo(1, 5)
  })

  it('finds nearly all that an exact search finds', async () => {
    await using it = await setUp()
    const movies = many(600)
    const handle = await build(it.entry[make](), movies)
    let found = 0
    for (const query of movies.slice(0, 50)) {
      const text = `${query.details} and more`
      const vector = embed(text)
      const exact = movies.map(({ id, title, details }) => ({
        id,
        score: embed(`${title} ${details}`).reduce((sum, value, at) => sum + value * (vector[at] as number), 0),
      }))
      const best = exact
        .toSorted((a, b) => b.score - a.score)
        .slice(0, 10)
        .map(({ id }) => id)
      const answered = await ids(handle, text)
      found += best.filter((id) => answered.includes(id)).length
    }
    expect(found / 500).toBeGreaterThan(0.9)
  })

  it('replaces, adds and removes documents, and begins with none', async () => {
    await using it = await setUp()
    const handle = await build(it.entry[make](), [])
    expect({ revisions: await revisions(handle), ids: await ids(handle, 'alien') }).toEqual({ revisions: {}, ids: [] })
    await handle.apply?.(toBatch(MOVIES))
    await handle.apply?.(
      toBatch([
        { ...(MOVIES[2] as DocumentChange), revision: 1, title: 'Aliens', details: 'James Cameron' },
        { ...(MOVIES[1] as DocumentChange), revision: 1, deleted: true },
      ]),
    )
    expect(await revisions(handle)).toEqual({ a: 0, c: 1, d: 0 })
    expect((await ids(handle, 'james cameron'))[0]).toBe('c')
    expect((await ids(handle, 'apocalypse now', 3)).toSorted()).toEqual(['a', 'c', 'd'])
    await handle.apply?.(toBatch([{ id: 'e', revision: 0, deleted: false, title: 'Heat', details: 'Michael Mann' }]))
    expect(await ids(handle, 'heat', 1)).toEqual(['e'])
    await handle.apply?.(
      toBatch(['a', 'c', 'd', 'e', 'none'].map((id) => ({ ...(MOVIES[0] as DocumentChange), id, deleted: true }))),
    )
    expect({ revisions: await revisions(handle), ids: await ids(handle, 'heat') }).toEqual({ revisions: {}, ids: [] })
  })

  it('applies a batch that it cannot read not at all', async () => {
    await using it = await setUp()
    const handle = await build(it.entry[make]())
    await expect(async () => handle.apply?.(everyDocument)).rejects.toThrow('no column "id": it has text')
    expect(await revisions(handle)).toEqual({ a: 0, b: 0, c: 0, d: 0 })
  })

  it('I4 persists one point in time, whatever is written while that is pending', async () => {
    await using it = await setUp()
    const handle = await build(it.entry[make]())
    expect(handle.snapshot).toBe('isolated')
    const persisting = imageFileOf(handle)
    await handle.apply?.(
      toBatch(
        [...MOVIES, { ...(MOVIES[0] as DocumentChange), id: 'e' }].map((movie) => ({
          ...movie,
          revision: 7,
          title: 'something else',
          details: '',
        })),
      ),
    )
    const reopened = await it.open(it.entry.v1(), await persisting)
    expect(await revisions(reopened)).toEqual({ a: 0, b: 0, c: 0, d: 0 })
    expect(await ids(reopened, 'godfather', 1)).toEqual(['a'])
  })

  it.each(VERSIONS)('is read by %s: a large index, an empty one, one of which most was deleted', async (_, next) => {
    await using it = await setUp()
    const thinned = await build(it.entry[make](), many(700))
    await thinned.apply?.(
      toBatch(
        many(700)
          .slice(3)
          .map((movie) => ({ ...movie, deleted: true })),
      ),
    )
    for (const handle of [await build(it.entry[make](), many(2500)), await build(it.entry[make](), []), thinned]) {
      const reopened = await it.open(it.entry[next](), await imageFileOf(handle))
      expect(await revisions(reopened)).toEqual(await revisions(handle))
      expect(await ids(reopened, 'Movie 1', 1)).toEqual(await ids(handle, 'Movie 1', 1))
      await reopened.apply?.(toBatch([{ ...(MOVIES[0] as DocumentChange), revision: 1 }]))
      expect(await ids(reopened, 'The Godfather by Francis Ford Coppola', 1)).toEqual(['a'])
      expect(await revisions(reopened)).toEqual({ ...(await revisions(handle)), a: 1 })
    }
  })

  it('serves on when the file that it was opened from is gone, and leaves no file behind', async () => {
    await using it = await setUp()
    const image = await fileSpool(join(it.path, 'spool')).adopt(await imageFileOf(await build(it.entry[make]())))
    const handle = await providerOf(it.entry[make](), indexKind).open(image, CONTEXT)
    await image.discard()
    expect(await ids(handle, 'alien', 1)).toEqual(['c'])
    await handle.apply?.(
      toBatch([
        { ...(MOVIES[2] as DocumentChange), revision: 1, title: 'Aliens' },
        { ...(MOVIES[0] as DocumentChange), deleted: true },
      ]),
    )
    expect(await ids(handle, 'aliens', 1)).toEqual(['c'])
    expect(await revisions(handle)).toEqual({ b: 0, c: 1, d: 0 })
    expect(await readdir(it.images)).toEqual([])
  })

  it('refuses an image that is torn anywhere, or damaged anywhere', async () => {
    await using it = await setUp()
    const bytes = await readFile(await imageFileOf(await build(it.entry[make]())))
    const file = join(it.path, 'spoilt')
    const plugin = it.entry[make]()
    for (let length = 1; length < bytes.length; length += 23) {
      await writeFile(file, bytes.subarray(0, length))
      await expect(it.open(plugin, file)).rejects.toThrow('no image of a vector index, or one that is torn')
    }
    for (const at of [
      ...Array.from({ length: Math.floor(bytes.length / 23) }, (_, n) => n * 23),
      ...Array.from({ length: 32 }, (_, n) => bytes.length - 1 - n),
    ]) {
      const damaged = Buffer.from(bytes)
      damaged[at] = (damaged[at] as number) ^ 0x10
      await writeFile(file, damaged)
      await expect(it.open(plugin, file)).rejects.toThrow(/torn|damaged|no image/)
    }
    await writeFile(file, Buffer.concat([bytes.subarray(0, 100), bytes]))
    await expect(it.open(plugin, file)).rejects.toThrow('the image is torn')
  })

  it('leaves nothing of an image that it was told to give up', async () => {
    await using it = await setUp()
    const handle = await build(it.entry[make]())
    const signal = AbortSignal.abort(new Error('too late'))
    await expect(async () => handle.persist({ ...CONTEXT, signal })).rejects.toThrow('too late')
    expect(await readdir(it.images)).toEqual([])
  })
})

describe('an index of several shards', () => {
  const changed = (id: string): DocumentChange => ({
    id,
    revision: 9_999,
    deleted: false,
    title: 'something else',
    details: '',
  })

  it('I4 persists one point in time, whichever shard is changed before its turn comes', async () => {
    await using it = await setUp()
    const movies = many(SHARD_DOCUMENTS + 100)
    const handle = await build(it.entry.v1(), movies)
    const persisting = imageFileOf(handle)
    await handle.apply?.(
      toBatch([
        changed('m5'),
        changed(`m${SHARD_DOCUMENTS + 5}`),
        { ...changed(`m${SHARD_DOCUMENTS + 6}`), deleted: true },
        changed('new'),
      ]),
    )
    const reopened = await it.open(it.entry.v2(), await persisting)
    expect(await revisions(reopened)).toEqual(Object.fromEntries(movies.map(({ id, revision }) => [id, revision])))
    const { title, details } = movies[SHARD_DOCUMENTS + 5] as DocumentChange
    expect(await ids(reopened, `${title} ${details}`, 1)).toEqual([`m${SHARD_DOCUMENTS + 5}`])
    expect(await ids(handle, 'something else', 3)).toEqual([`m${SHARD_DOCUMENTS + 5}`, 'm5', 'new'])
    expect(await readdir(it.images)).toHaveLength(1)
  })

  it('takes changes though an image cannot be saved, which is told to whoever asked for it', async () => {
    await using it = await setUp()
    const handle = await build(it.entry.v1(), many(SHARD_DOCUMENTS + 1))
    const save = vi.spyOn(Index.prototype, 'save').mockImplementation(() => {
      throw new Error('the disk is full')
    })
    const persisting = imageFileOf(handle).then(
      () => 'saved',
      (error: unknown) => String(error),
    )
    await handle.apply?.(toBatch([changed(`m${SHARD_DOCUMENTS}`)]))
    expect(await persisting).toContain('the disk is full')
    save.mockRestore()
    expect(await readdir(it.images)).toEqual([])
    expect(await ids(handle, 'something else', 1)).toEqual([`m${SHARD_DOCUMENTS}`])
    expect((await stat(await imageFileOf(handle))).size).toBeGreaterThan(0)
  })
})

it('the versions write formats that differ, one of which version 2 maps', async () => {
  await using it = await setUp()
  const [one, two] = [await imageFileOf(await build(it.entry.v1())), await imageFileOf(await build(it.entry.v2()))]
  const formats = await Promise.all(
    [one, two].map(async (file) => (await readFile(file)).readUInt32BE((await stat(file)).size - 16)),
  )
  expect(formats).toEqual([1, 2])
})

describe('the vectors plugin', () => {
  it('I4 goes from version 1 to 2 and back with every write, those made meanwhile among them, and leaves no file', async () => {
    await using it = await setUp()
    const { host, movies } = await it.host()
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
      ['v2', '2.0.0'],
      ['v1', '1.0.0'],
      ['v2', '2.0.0'],
      ['v2', '2.0.0'],
    ] as const) {
      await write()
      await Promise.all([write(), write(), write(), reload(host, it.entry, it.entry[make]())])
      expect(servingVersion(host, indexKind, 'vectors')).toBe(version)
      expect(await movies.use((handle) => revisions(handle))).toEqual(expected)
      expect(await movies.use((handle) => ids(handle, 'apocalypse', 1))).toEqual(['b'])
      expect(await readdir(it.images)).toEqual([])
    }
  })

  it.each(
    [
      ['refuses the old bytes', 'expected an image of format 3, found format'],
      ['opens empty', 'document a is at revision 0 in the old index and at none in the new one'],
    ].flatMap(([fault, said]) =>
      VERSIONS.map(([version, make]) => [fault, version, make, said] as [string, string, 'v1' | 'v2', string]),
    ),
  )('I3 I6 a version that %s is turned away, and %s serves on', async (fault, version, make, said) => {
    await using it = await setUp()
    const { host, movies } = await it.host(it.entry[make]())
    await using _ = host
    const bad = it.entry.bad().find((one) => one.fault === fault) as ReturnType<typeof it.entry.bad>[number]
    const open = vi.fn<() => void>()
    const plugin = lookingInto(bad.plugin, indexKind, (provider) => {
      const given = provider.open.bind(provider)
      provider.open = (image: IndexImage, ctx: IndexContext) => {
        open()
        return given(image, ctx)
      }
    })
    expect((await expectTurnedAway(host, it.entry, { ...bad, plugin })).message).toContain(said)
    expect(open).toHaveBeenCalledTimes(1)
    expect(await readdir(it.images)).toEqual([])
    expect(servingVersion(host, indexKind, 'vectors')).toBe(version)
    await movies.write(toBatch([{ ...(MOVIES[1] as DocumentChange), revision: 9 }]))
    expect(await movies.use((handle) => ids(handle, 'godfather', 1))).toEqual(['a'])
    expect(await movies.use((handle) => revisions(handle))).toEqual({ a: 0, b: 9, c: 0, d: 0 })
  })
})
