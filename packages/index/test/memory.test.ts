import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { IndexImage, PersistedIndex } from '@uni/reload-index'
import { fileSpool } from '@uni/reload-index/node'
import { describe, expect, test } from 'vitest'
import { temporaryDirectory } from './fixtures/directory.js'
import { plainHandle, plainKind } from './fixtures/plain-index.js'
import { Reload } from './fixtures/reload.js'

const MIB = 2 ** 20
/** In MiB, whatever the size of the image. */
const A_FEW_CHUNKS = 4
/** What nothing refers to is gone after the first few rounds: so many are there for what something does refer to. */
const ROUNDS = 20

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

type PersistAs = 'isolated stream' | 'stream' | 'file'
type ReadAs = 'stream' | 'file'

/**
 * Hands images over, and looks now and then what array buffers hold that something refers to. Nothing goes on while it
 * looks.
 */
class Watch {
  readonly #before: number
  #most = 0

  private constructor(before: number) {
    this.#before = before
  }

  static async start(): Promise<Watch> {
    await collected(0)
    return new Watch(process.memoryUsage().arrayBuffers)
  }

  /** The most that was held, in MiB. */
  get most(): number {
    return (this.#most - this.#before) / MIB
  }

  async look(): Promise<void> {
    this.#most = Math.max(this.#most, await collected(this.#before + A_FEW_CHUNKS * MIB))
  }
}

/**
 * Collects until array buffers hold less than `enough` bytes, twice at least, and gives up where that does not come
 * about.
 */
async function collected(enough: number): Promise<number> {
  for (let round = 1; ; round += 1) {
    await new Promise((resolve) => setImmediate(resolve))
    collectGarbage()
    const { arrayBuffers } = process.memoryUsage()
    // The second time waits for what the first has found to be freed.
    if (round === ROUNDS || (round > 1 && (arrayBuffers < enough || enough === 0))) return arrayBuffers
  }
}

/** The chunks of an image of `size` MiB, each of which is of its own. */
async function* chunks(size: number, watch: Watch): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < size; at += 1) {
    yield new Uint8Array(MIB).fill(at)
    if (at % 8 === 7) await watch.look()
  }
}

async function persistTo(directory: string, produced: AsyncIterable<Uint8Array>): Promise<PersistedIndex> {
  const path = join(directory, 'own.index')
  const file = await open(path, 'w')
  for await (const chunk of produced) await file.writeFile(chunk)
  await file.close()
  return { file: path }
}

/** Reads an image, checks where its chunks begin and end, and resolves with how many bytes there are. */
async function read(image: IndexImage, readAs: ReadAs, watch: Watch): Promise<number> {
  const source: AsyncIterable<Uint8Array> = readAs === 'stream' ? image.stream() : createReadStream(await image.file())
  let [length, wrong, looked] = [0, 0, 0]
  for await (const chunk of source) {
    if (chunk[0] !== Math.floor(length / MIB)) wrong += 1
    length += chunk.byteLength
    if (chunk.at(-1) !== Math.floor((length - 1) / MIB)) wrong += 1
    if (length - looked < 8 * MIB) continue
    looked = length
    await watch.look()
  }
  expect(wrong).toBe(0)
  return length
}

/** Hands an image of `size` MiB over. Resolves with the most, in MiB, that was held meanwhile. */
async function peak(size: number, persistAs: PersistAs, readAs: ReadAs, directory: string): Promise<number> {
  const watch = await Watch.start()
  const persist = (): unknown =>
    persistAs === 'file' ? persistTo(directory, chunks(size, watch)) : chunks(size, watch)
  const old = plainHandle({ persist, ...(persistAs === 'isolated stream' && { snapshot: 'isolated' }) })
  const next = plainKind(async (image) => {
    expect(await read(image, readAs, watch)).toBe(size * MIB)
    return plainHandle()
  })
  await new Reload({ old: plainKind(() => plainHandle()), next, handoff: { spool: fileSpool(directory) } }, old).run()
  return watch.most
}

describe('X17: an image that is handed over in chunks takes memory for a few of them, whatever its size', () => {
  const forms = (['isolated stream', 'stream', 'file'] as const).flatMap((persistAs) =>
    (['stream', 'file'] as const).map((readAs) => ({ persistAs, readAs })),
  )
  test.for(forms.flatMap((form) => [8, 64].map((size) => ({ ...form, size }))))(
    '$size MiB, $persistAs → $readAs',
    async ({ size, persistAs, readAs }) => {
      await using directory = await temporaryDirectory()
      expect(await peak(size, persistAs, readAs, directory.path)).toBeLessThan(A_FEW_CHUNKS)
      expect(await directory.list()).toEqual([])
    },
  )
})

test('X17: one that is asked for in one piece takes memory for all of it: so what is held does show', async () => {
  const watch = await Watch.start()
  const next = plainKind(async (image) => {
    const bytes = await image.bytes()
    await watch.look()
    expect(bytes.byteLength).toBe(8 * MIB)
    return plainHandle()
  })
  await new Reload(
    { old: plainKind(() => plainHandle()), next },
    plainHandle({ persist: () => chunks(8, watch) }),
  ).run()
  expect(watch.most).toBeGreaterThan(7)
})
