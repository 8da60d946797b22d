import { appendFile, open, readFile, truncate, writeFile, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { Plugin } from '@uni/reload-core'
import {
  CdcPump,
  cdcOutput,
  MemoryCheckpointStore,
  MemoryCommitLog,
  startStream,
  type CdcBatch,
  type CdcLsn,
  type CdcOutputProvider,
  type CdcStream,
} from '@uni/reload-cdc'
import { describe, expect, it, vi } from 'vitest'
import { toBatch, type DocumentChange } from '../../src/host/document.js'
import type { BadVersion, CatalogueEntry } from '../../src/plugins/catalogue.js'
import { jsonLinesEntry } from '../../src/plugins/json-lines/entry.js'
import { hostWith, servingVersion } from './support/host.js'
import { lookingInto, providersOf } from './support/providers.js'
import { tempDirectory } from './support/temp-directory.js'
import { expectTurnedAway, reload } from './support/turned-away.js'

const KEYS = ['json-lines-all', 'json-lines-titles'] as const
const VERSIONS = ['v1', 'v2'] as const
const { signal } = new AbortController()

interface Line {
  readonly at?: string
  readonly lsnStart: string
  readonly lsnEnd: string
  readonly row: Readonly<Record<string, unknown>>
}

const row = (id: string): DocumentChange => ({
  id,
  revision: 1,
  deleted: false,
  title: `title ${id}`,
  details: `line\nbreak ${id}`,
})

function batch(lsnStart: CdcLsn, ...ids: readonly string[]): CdcBatch {
  return {
    lsnStart,
    lsnEnd: lsnStart + 1n,
    commitTimestamp: new Date(1_700_000_000_000 + Number(lsnStart)),
    mutations: toBatch(ids.map(row)),
  }
}

async function lines(directory: string, key: string = KEYS[0]): Promise<Line[]> {
  const text = await readFile(join(directory, `${key}.jsonl`), 'utf8')
  expect(text === '' || text.endsWith('\n')).toBe(true)
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line)
}

const seen = async (directory: string, key?: string): Promise<string[]> =>
  (await lines(directory, key)).map(({ lsnStart, row }) => `${lsnStart}:${String(row['id'])}`)

/** Runs a delivery on a disk that takes ten bytes of it. */
async function failsHalfWay(deliver: () => unknown): Promise<void> {
  await using some = await open(import.meta.filename)
  const handles = Object.getPrototypeOf(some) as FileHandle
  const write: (bytes: Buffer, offset: number, length: number, position: number) => Promise<unknown> = handles.write
  const full = vi.spyOn(handles, 'write').mockImplementation(async function takesTen(
    this: FileHandle,
    ...args: unknown[]
  ) {
    const [bytes, offset, , position] = args as [Buffer, number, number, number]
    await write.call(this, bytes, offset, 10, position)
    throw new Error('no space left on the disk')
  })
  try {
    await expect(async () => deliver()).rejects.toThrow('no space left')
  } finally {
    full.mockRestore()
  }
}

const provider = (plugin: Plugin): CdcOutputProvider => providersOf(plugin, cdcOutput)[0] as CdcOutputProvider

async function start(plugin: Plugin, fromLsn?: CdcLsn): Promise<CdcStream> {
  return provider(plugin).start({ signal, ...(fromLsn !== undefined && { fromLsn }) })
}

async function hostWithStreams(entry: CatalogueEntry) {
  const log = new MemoryCommitLog()
  const host = await hostWith(entry.v1(), { log })
  const pump = new CdcPump({ host, log, checkpoints: new MemoryCheckpointStore() })
  for (const key of KEYS) await pump.start(key, key)
  return {
    host,
    log,
    pump,
    [Symbol.asyncDispose]: async () => {
      await pump.stop()
      await host[Symbol.asyncDispose]()
    },
  }
}

async function caughtUp({ pump, log }: Awaited<ReturnType<typeof hostWithStreams>>): Promise<void> {
  await vi.waitUntil(() => pump.status().every(({ position }) => position === log.head), {
    interval: 1,
    timeout: 5_000,
  })
}

describe.each(VERSIONS)('json-lines %s', (version) => {
  it('writes a line for each mutation of both sinks, the second with titles only', async () => {
    await using directory = await tempDirectory()
    const providers = providersOf(jsonLinesEntry(join(directory.path, 'sinks'))[version](), cdcOutput)
    expect(providers.map(({ name }) => name)).toEqual(KEYS)
    expect(providers).toEqual(
      KEYS.map(() => expect.objectContaining({ version: version === 'v1' ? '1.0.0' : '2.0.0' })),
    )
    for (const one of providers) {
      const stream = await one.start({ signal })
      await stream.deliver(batch(0n, 'a', 'b'))
      expect(await stream.checkpoint()).toBe(1n)
      await stream.deliver(batch(1n, 'ä€𝄞'))
      await stream.shutdown()
    }
    const at = (lsn: number): object =>
      version === 'v2' ? { at: new Date(1_700_000_000_000 + lsn).toISOString() } : {}
    expect(await lines(join(directory.path, 'sinks'))).toEqual([
      { ...at(0), lsnStart: '0', lsnEnd: '1', row: row('a') },
      { ...at(0), lsnStart: '0', lsnEnd: '1', row: row('b') },
      { ...at(1), lsnStart: '1', lsnEnd: '2', row: row('ä€𝄞') },
    ])
    expect((await lines(join(directory.path, 'sinks'), KEYS[1])).map((line) => line.row)).toEqual(
      ['a', 'b', 'ä€𝄞'].map((id) => ({ id, title: `title ${id}` })),
    )
  })

  it('I5 checkpoints where it was started before anything is delivered, and at 0 without a start', async () => {
    await using directory = await tempDirectory()
    for (const fromLsn of [undefined, 0n, 7n]) {
      const stream = await start(jsonLinesEntry(directory.path)[version](), fromLsn)
      expect(await stream.checkpoint()).toBe(fromLsn ?? 0n)
      await stream.shutdown()
    }
  })

  it('starts from scratch where it is not told from where', async () => {
    await using directory = await tempDirectory()
    await writeFile(join(directory.path, 'json-lines-all.jsonl'), 'whatever was here\n')
    const stream = await start(jsonLinesEntry(directory.path)[version]())
    await stream.deliver(batch(3n, 'a'))
    await stream.shutdown()
    expect(await seen(directory.path)).toEqual(['3:a'])
  })

  it.each(VERSIONS)('I4 drops what %s left beyond the checkpoint, and a line torn by a crash', async (older) => {
    await using directory = await tempDirectory()
    const path = join(directory.path, 'json-lines-all.jsonl')
    const entry = jsonLinesEntry(directory.path)
    const old = await start(entry[older](), 0n)
    for (const [at, id] of ['a', 'b', 'c'].entries()) await old.deliver(batch(BigInt(at), id, `${id}2`))
    await old.shutdown()
    await appendFile(path, '{"lsnStart":"3","lsnEnd":"4","ro')

    const next = await start(entry[version](), 2n)
    expect(await seen(directory.path)).toEqual(['0:a', '0:a2', '1:b', '1:b2'])
    await next.deliver(batch(2n, 'c', 'c2'))
    await next.deliver(batch(3n, 'd'))
    expect(await next.checkpoint()).toBe(4n)
    await next.shutdown()
    expect(await seen(directory.path)).toEqual(['0:a', '0:a2', '1:b', '1:b2', '2:c', '2:c2', '3:d'])
  })

  it('reads back over lines that are longer than what it reads at a time', async () => {
    await using directory = await tempDirectory()
    const entry = jsonLinesEntry(directory.path)
    const ids = Array.from({ length: 6 }, (_, at) => `${at}${'€'.repeat(50_000)}`)
    const old = await start(entry[version](), 0n)
    for (const [at, id] of ids.entries()) await old.deliver(batch(BigInt(at), id))
    await old.shutdown()
    await (await start(entry[version](), 2n)).shutdown()
    expect(await seen(directory.path)).toEqual(ids.slice(0, 2).map((id, at) => `${at}:${id}`))
  })

  it('drops everything where everything lies beyond the checkpoint', async () => {
    await using directory = await tempDirectory()
    const entry = jsonLinesEntry(directory.path)
    const old = await start(entry[version](), 5n)
    await old.deliver(batch(5n, 'a'))
    await old.shutdown()
    await (await start(entry[version](), 5n)).shutdown()
    expect(await seen(directory.path)).toEqual([])
  })

  it('refuses a file that is not its own, and leaves it alone', async () => {
    await using directory = await tempDirectory()
    const path = join(directory.path, 'json-lines-all.jsonl')
    for (const foreign of ['one,two\n', '{"id":1}\n', '\n']) {
      await writeFile(path, foreign)
      await expect(start(jsonLinesEntry(directory.path)[version](), 3n)).rejects.toThrow(
        `${path} has a line at byte 0 that is not of this sink`,
      )
      expect(await readFile(path, 'utf8')).toBe(foreign)
    }
  })

  it('I4 writes over a batch that failed half-way when it is delivered again, and leaves nothing of one that is not', async () => {
    await using directory = await tempDirectory()
    const stream = await start(jsonLinesEntry(directory.path)[version](), 0n)
    await stream.deliver(batch(0n, 'a'))
    await failsHalfWay(() => stream.deliver(batch(1n, 'b')))
    expect(await stream.checkpoint()).toBe(1n)
    await stream.deliver(batch(1n, 'b'))
    expect(await seen(directory.path)).toEqual(['0:a', '1:b'])
    await failsHalfWay(() => stream.deliver(batch(2n, 'c')))
    await stream.shutdown()
    expect(await seen(directory.path)).toEqual(['0:a', '1:b'])
  })

  it('does not start in what is no directory', async () => {
    await using directory = await tempDirectory()
    await writeFile(join(directory.path, 'file'), '')
    await expect(start(jsonLinesEntry(join(directory.path, 'file'))[version](), 0n)).rejects.toThrow(/EEXIST|ENOTDIR/)
  })
})

describe('the json-lines plugin', () => {
  it('I4 goes from version 1 to 2 and back, each row in each sink once and in order', async () => {
    await using directory = await tempDirectory()
    const entry = jsonLinesEntry(directory.path)
    const expected: string[] = []
    {
      await using running = await hostWithStreams(entry)
      const { host, log } = running
      const commit = (...ids: readonly string[]): void => {
        expected.push(...ids.map((id) => `${log.head}:${id}`))
        log.append(batch(0n, ...ids).mutations)
      }
      for (const version of ['v2', 'v1', 'v2'] as const) {
        commit(`before ${version}`, 'x')
        const reloading = reload(host, entry, entry[version]())
        commit(`during ${version}`)
        await reloading
        commit(`after ${version}`, 'y', 'z')
        for (const key of KEYS) expect(servingVersion(host, cdcOutput, key)).toBe(version === 'v1' ? '1.0.0' : '2.0.0')
      }
      await caughtUp(running)
    }
    for (const key of KEYS) expect(await seen(directory.path, key)).toEqual(expected)
    expect(new Set((await lines(directory.path)).map(({ at }) => at === undefined))).toEqual(new Set([true, false]))
  })

  const faults = ['does not start', 'starts a stream without deliver']

  it.each(faults)('I3 a version that %s is turned away, and the streams of the old one go on', async (fault) => {
    await using directory = await tempDirectory()
    const entry = jsonLinesEntry(directory.path)
    const bad = entry.bad().find((version) => version.fault === fault) as BadVersion
    {
      await using running = await hostWithStreams(entry)
      const { host, log } = running
      log.append(batch(0n, 'a').mutations)
      const shutdowns: (() => unknown)[] = []
      const plugin = lookingInto(bad.plugin, cdcOutput, (one) => {
        const startIt = one.start.bind(one)
        one.start = async (ctx) => {
          const stream = await startIt(ctx)
          shutdowns.push(vi.spyOn(stream, 'shutdown'))
          return stream
        }
      })
      await expectTurnedAway(host, entry, { ...bad, plugin })
      log.append(batch(0n, 'b').mutations)
      for (const key of KEYS) expect(servingVersion(host, cdcOutput, key)).toBe('1.0.0')
      // Of two streams, the second may not even have been tried.
      expect(shutdowns.length > 0).toBe(fault !== 'does not start')
      for (const shutdown of shutdowns) expect(shutdown).toHaveBeenCalledTimes(1)
      await caughtUp(running)
    }
    for (const key of KEYS) expect(await seen(directory.path, key)).toEqual(['0:a', '1:b'])
  })

  it('I4 what a crash left beyond the saved checkpoint is there once after the restart', async () => {
    await using directory = await tempDirectory()
    const entry = jsonLinesEntry(directory.path)
    await using host = await hostWith(entry.v1())
    const attached = await host.attach(cdcOutput, {
      name: 'sink',
      key: KEYS[0],
      open: (one) => startStream(one, { fromLsn: 0n, signal }),
    })
    await attached.write(batch(0n, 'a'))
    await attached.write(batch(1n, 'b'))
    await (
      await attached.detach()
    ).finalized
    const path = join(directory.path, `${KEYS[0]}.jsonl`)
    await truncate(path, Buffer.byteLength(await readFile(path, 'utf8')) - 3)
    await reload(host, entry, entry.v2())
    const again = await host.attach(cdcOutput, {
      name: 'sink',
      key: KEYS[0],
      open: (one) => startStream(one, { fromLsn: 1n, signal }),
    })
    await again.write(batch(1n, 'b'))
    await (
      await again.detach()
    ).finalized
    expect(await seen(directory.path)).toEqual(['0:a', '1:b'])
  })
})
