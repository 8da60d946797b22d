import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PluginHost, type PluginHandle } from '@uni/reload-core'
import { indexHandoff, indexKind } from '@uni/reload-index'
import { fileSpool } from '@uni/reload-index/node'
import { ByteIndex, byteIndexes, CHUNK_BYTES, chunksOf, type Form } from '../byte-index.js'
import { collectGarbage, compare, millisecondsOf, PLATFORM, type Contender } from '../measure.js'
import type { Result } from '../result.js'

const MIB = 1 << 20
const SIZES = [
  { name: '1-MiB', byteLength: MIB, rounds: 15 },
  { name: '64-MiB', byteLength: 64 * MIB, rounds: 7 },
  { name: '1-GiB', byteLength: 1024 * MIB, rounds: 3 },
]
/** Smaller ones pay for a reload, and are of no weight. */
const AIMED_AT_FROM = 1024 * MIB
const HOW: Record<Form, string> = {
  memory: 'bytes on both sides',
  streamed: 'chunks of 1 MiB from one to the other',
  file: 'chunks of 1 MiB by way of a checked file',
}
/** Of raw write + read, by way of a file. */
const FILE_LIMIT = 0.7
/** What an image may cost beside itself: the chunks that are on their way. */
const EXTRA_LIMIT_MIB: Record<Form, number> = { memory: 1, streamed: 8, file: 64 }

/** How fast an index moves, and what it takes beside itself. */
export async function* indexBytes(): AsyncGenerator<Result> {
  const directory = await mkdtemp(join(tmpdir(), 'uni-reload-bench-'))
  try {
    for (const size of SIZES) {
      const room: Room = { directory, buffers: [imageOf(size.byteLength), new Uint8Array(size.byteLength)] }
      for (const form of ['memory', 'streamed', 'file'] as const) yield* moving(form, size, room)
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Two buffers, between which the index goes back and forth. */
interface Room {
  readonly directory: string
  readonly buffers: readonly [Uint8Array, Uint8Array]
}

async function* moving(
  form: Form,
  { name, byteLength, rounds }: (typeof SIZES)[number],
  { directory, buffers }: Room,
): AsyncGenerator<Result> {
  const [first, second] = buffers
  const strategy = indexHandoff(form === 'file' ? { spool: fileSpool(directory) } : {})
  await using host = new PluginHost({ strategies: [strategy] })
  let handle = await host.add(byteIndexes(form, second))
  await host.attach(indexKind, { name: 'index', key: 'bytes', open: () => new ByteIndex(first, form) })

  const peers: Record<Form, Contender> = {
    memory: {
      name: 'memcpy into new memory',
      version: PLATFORM.version,
      run: () => gigabytesASecond(byteLength, () => first.slice()),
    },
    streamed: {
      name: 'memcpy, 1 MiB at a time',
      version: PLATFORM.version,
      run: () =>
        gigabytesASecond(byteLength, () => {
          copyInChunks(first, second)
        }),
    },
    file: {
      name: 'raw file write + read',
      version: PLATFORM.version,
      run: () => gigabytesASecond(byteLength, () => throughFile(join(directory, 'raw'), first, second)),
    },
  }
  const reload = async (sample?: () => void): Promise<void> => {
    handle = await reloaded(host, handle, form, buffers, sample)
  }
  yield compare({
    id: `index-bytes/${form}-${name}`,
    question: `An index of ${name.replace('-', ' ')}: ${HOW[form]}`,
    unit: 'GB/s',
    rounds,
    withinS: 30,
    ...(form === 'file' && byteLength >= AIMED_AT_FROM && ({ limit: FILE_LIMIT, limitOf: 'ratio' } as const)),
    ours: () => gigabytesASecond(byteLength, reload),
    peers: [peers[form]],
  })
  assertMoved(host, form, buffers)

  if (byteLength < AIMED_AT_FROM) return
  yield compare({
    id: `index-bytes/${form}-${name}/extra`,
    question: `Memory at its peak beside the image of ${name.replace('-', ' ')}: ${HOW[form]}`,
    unit: 'MiB',
    limit: EXTRA_LIMIT_MIB[form],
    rounds: 2,
    warmups: 0,
    async ours() {
      const extra = await peakExtraMemory(reload)
      if (form === 'memory' && extra > EXTRA_LIMIT_MIB.memory * MIB)
        throw new Error(`handing ${byteLength} bytes over as bytes took ${extra} more: something copied them`)
      return extra / MIB
    },
  })
}

async function reloaded(
  host: PluginHost,
  handle: PluginHandle,
  form: Form,
  [first, second]: Room['buffers'],
  sample?: () => void,
): Promise<PluginHandle> {
  const target = served(host).bytes === first ? second : first
  const result = await host.reload(handle, byteIndexes(form, target, sample))
  await result.finalized
  return result.handle
}

/**
 * Not a matter of time, so it has to hold: what is served is what was there before, and bytes are the very same object.
 */
function assertMoved(host: PluginHost, form: Form, [first, second]: Room['buffers']): void {
  const { bytes } = served(host)
  if (form === 'memory' && bytes !== first) throw new Error('both sides take bytes, and the new side was given a copy')
  if (form !== 'memory' && Buffer.compare(first, second) !== 0)
    throw new Error('the new index is not what the old one was')
}

function served(host: PluginHost): ByteIndex {
  using lease = host.capture()
  return lease.resource(indexKind, 'index') as ByteIndex
}

async function gigabytesASecond(byteLength: number, body: () => unknown): Promise<number> {
  return byteLength / 1e6 / (await millisecondsOf(body))
}

/** By how many bytes of buffers `body` exceeded what was there before, as far as it let itself be watched. */
async function peakExtraMemory(body: (sample: () => void) => Promise<void>): Promise<number> {
  await collectGarbage()
  const before = process.memoryUsage().arrayBuffers
  let peak = before
  const sample = (): void => {
    peak = Math.max(peak, process.memoryUsage().arrayBuffers)
  }
  await body(sample)
  sample()
  return peak - before
}

function copyInChunks(from: Uint8Array, to: Uint8Array): void {
  let at = 0
  for (const chunk of chunksOf(from)) {
    to.set(chunk, at)
    at += chunk.byteLength
  }
}

async function throughFile(path: string, from: Uint8Array, to: Uint8Array): Promise<void> {
  const out = await open(path, 'wx')
  for (const chunk of chunksOf(from)) await out.writeFile(chunk)
  await out.close()
  const back = await open(path, 'r')
  for (let at = 0; at < to.byteLength;)
    at += (await back.read(to, at, Math.min(CHUNK_BYTES, to.byteLength - at), at)).bytesRead
  await back.close()
  await rm(path)
}

/** Bytes that no two chunks have alike, made quickly. */
function imageOf(byteLength: number): Uint8Array {
  const words = new Uint32Array(byteLength / 4)
  for (let at = 0; at < words.length; at += 1) words[at] = Math.imul(at, 0x9e3779b1)
  return new Uint8Array(words.buffer)
}
