import { join } from 'node:path'
import { PluginHost } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { MemoryCommitLog } from '@uni/reload-cdc'
import { buildIndex, indexKind, type IndexHandle } from '@uni/reload-index'
import { fileSpool } from '@uni/reload-index/node'
import { Index } from 'usearch'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { toBatch, type DocumentChange } from '../../src/host/document.js'
import { everyDocument } from '../../src/host/queries.js'
import { strategies } from '../../src/host/strategies.js'
import { inSlices } from '../../src/in-slices.js'
import type { CatalogueEntry } from '../../src/plugins/catalogue.js'
import { fulltextEntry } from '../../src/plugins/fulltext/entry.js'
import { SHARD_DOCUMENTS } from '../../src/plugins/vectors/vector-shard.js'
import { vectorsEntry } from '../../src/plugins/vectors/entry.js'
import { tempDirectory } from './support/temp-directory.js'
import { reload } from './support/turned-away.js'

/**
 * Turns of the event loop, and what is done between two of them, by a clock on which each look at it takes a
 * millisecond.
 */
class Turns {
  count = 0
  looks = 0
  mostLooks = 0
  #looksNow = 0
  #next: NodeJS.Immediate

  constructor() {
    let now = 0
    vi.spyOn(performance, 'now').mockImplementation(() => {
      this.looks += 1
      this.#looksNow += 1
      this.mostLooks = Math.max(this.mostLooks, this.#looksNow)
      return (now += 1)
    })
    const turn = (): void => {
      this.count += 1
      this.#looksNow = 0
      this.#next = setImmediate(turn)
    }
    this.#next = setImmediate(turn)
  }

  /** Forgets what was done so far. */
  reset(): void {
    this.looks = 0
    this.mostLooks = 0
  }

  stop(): void {
    clearImmediate(this.#next)
  }
}

let turns: Turns

beforeEach(() => {
  turns = new Turns()
})
afterEach(() => {
  turns.stop()
  vi.restoreAllMocks()
})

/** A slice of 2 ms has three looks at the clock: as it begins, and after each of two items. */
const LOOKS_A_SLICE = 3
/**
 * Where one loop ends before its slice is used up, nothing turns until the next loop has used up its own. So many
 * follow one another at most, however many documents there are.
 */
const SLICES_A_TURN = 3

const documents = (count: number): DocumentChange[] =>
  Array.from({ length: count }, (_, at) => ({
    id: `d${at}`,
    revision: at,
    deleted: false,
    title: `title ${at}`,
    details: `${(at * 7919).toString(36)} ${at % 7}`,
  }))

async function hostWithIndex(entry: CatalogueEntry, directory: string, count: number) {
  const host = new PluginHost({
    strategies: strategies({ log: new MemoryCommitLog(), spool: fileSpool(join(directory, 'spool')) }),
    clock: new ManualClock(),
  })
  await host.add(entry.v1())
  const [key] = entry.keys as [string]
  const index = await host.attach(indexKind, {
    name: 'documents',
    key,
    open: (provider) => buildIndex(provider, toBatch(documents(count))),
  })
  return { host, index }
}

/** The turn in which each frame of an image is made, or read. */
function framesIn(method: 'stringify' | 'parse'): readonly number[] {
  const inTurns: number[] = []
  const given = JSON[method].bind(JSON) as (...args: unknown[]) => string
  vi.spyOn(JSON, method).mockImplementation((...args: unknown[]) => {
    inTurns.push(turns.count)
    return given(...args)
  })
  return inTurns
}

async function countOf(handle: IndexHandle): Promise<number> {
  return (await handle.probe(everyDocument, Infinity)).numRows
}

it('the event loop turns whenever a slice is used up', async () => {
  const perTurn = new Map<number, number[]>()
  for await (const item of inSlices([1, 2, 3, 4, 5, 6, 7]))
    perTurn.set(turns.count, [...(perTurn.get(turns.count) ?? []), item])
  expect([...perTurn.values()]).toEqual([[1, 2], [3, 4], [5, 6], [7]])
})

it('what goes on in slices ends when it is given up', async () => {
  const giveUp = new AbortController()
  const seen: number[] = []
  await expect(async () => {
    for await (const item of inSlices([1, 2, 3, 4, 5, 6, 7], giveUp.signal)) {
      seen.push(item)
      giveUp.abort(new Error('too late'))
    }
  }).rejects.toThrow('too late')
  expect(seen).toEqual([1, 2])
})

describe('I10 no stretch of a reload has more in it than a few slices, however many documents there are', () => {
  it('fulltext: a document, or a frame of an image, at a time', async () => {
    await using directory = await tempDirectory()
    const { host, index } = await hostWithIndex(fulltextEntry, directory.path, 3_000)
    await using _ = host
    for (const make of [fulltextEntry.v2, fulltextEntry.v1]) {
      turns.reset()
      const frames = [framesIn('stringify'), framesIn('parse')]
      await reload(host, fulltextEntry, make())
      for (const inTurns of frames) {
        // 512 documents a frame in version 1, 128 in version 2.
        expect(inTurns.length).toBe(make === fulltextEntry.v2 ? 6 : 24)
        expect(new Set(inTurns).size).toBe(inTurns.length)
      }
      // After each document as it is opened, and as each of the two indexes lists it for the canary.
      expect(turns.looks).toBeGreaterThan(3 * 3_000)
      expect(turns.mostLooks).toBeLessThanOrEqual(SLICES_A_TURN * LOOKS_A_SLICE)
      expect(await index.use(countOf)).toBe(3_000)
      vi.mocked(JSON.stringify).mockRestore()
      vi.mocked(JSON.parse).mockRestore()
    }
  })

  it('vectors: a shard at a time is saved, loaded and mapped', async () => {
    await using directory = await tempDirectory()
    const entry = vectorsEntry(join(directory.path, 'images'))
    const { host, index } = await hostWithIndex(entry, directory.path, 2 * SHARD_DOCUMENTS + 1)
    await using _ = host
    const calls: { readonly method: string; readonly turn: number; readonly size: number }[] = []
    for (const method of ['save', 'load', 'view'] as const) {
      const given = Object.getOwnPropertyDescriptor(Index.prototype, method)?.value as (
        this: Index,
        path: string,
      ) => void
      vi.spyOn(Index.prototype, method).mockImplementation(function counted(this: Index, path: string) {
        given.call(this, path)
        calls.push({ method, turn: turns.count, size: this.size() })
      })
    }
    for (const make of [entry.v2, entry.v1]) {
      turns.reset()
      await reload(host, entry, make())
      expect(turns.mostLooks).toBeLessThanOrEqual(SLICES_A_TURN * LOOKS_A_SLICE)
      expect(await index.use(countOf)).toBe(2 * SHARD_DOCUMENTS + 1)
    }
    expect(calls.map(({ method }) => method)).toEqual([
      'save',
      'save',
      'save',
      'view',
      'view',
      'view',
      'save',
      'save',
      'save',
      'load',
      'load',
      'load',
    ])
    expect(calls.map(({ size }) => size)).toEqual(
      Array.from({ length: 4 }, () => [SHARD_DOCUMENTS, SHARD_DOCUMENTS, 1]).flat(),
    )
    expect(new Set(calls.map(({ turn }) => turn)).size).toBe(calls.length)
  })
})
