import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { IndexImage } from '@uni/reload-index'
import { fileSpool } from '@uni/reload-index/node'
import { describe, expect, test } from 'vitest'
import { temporaryDirectory } from './fixtures/directory.js'
import { plainHandle, plainKind } from './fixtures/plain-index.js'
import { Reload } from './fixtures/reload.js'

const MIB = 2 ** 20

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** In MiB: what array buffers hold that something still refers to. */
function alive(): number {
  // The second time waits for what the first has found to be freed.
  collectGarbage()
  collectGarbage()
  return process.memoryUsage().arrayBuffers / MIB
}

/** Hands an image of `size` MiB over as a stream. Resolves with the most that was alive while it was read. */
async function peak(size: number, isolated: boolean, spool: string): Promise<number> {
  async function * persist(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < size; at += 1) yield new Uint8Array(MIB).fill(at)
  }
  let most = 0
  const read = async (image: IndexImage): Promise<void> => {
    let at = 0
    for await (const chunk of image.stream()) {
      expect(chunk[0]).toBe(at % 256)
      if (at % 8 === 7) most = Math.max(most, alive())
      at += 1
    }
    expect(at).toBe(size)
  }
  const old = plainHandle({ persist, ...(isolated && { snapshot: 'isolated' }) })
  const next = plainKind(async (image) => { await read(image); return plainHandle() })
  const before = alive()
  await new Reload({ old: plainKind(() => plainHandle()), next, handoff: { spool: fileSpool(spool) } }, old).run()
  return most - before
}

describe('X17: an image that is streamed takes memory for a few chunks, whatever its size', () => {
  test.for([8, 64].flatMap((size) => [true, false].map((isolated) => ({ size, isolated }))))('$size MiB, isolated $isolated', async ({ size, isolated }) => {
    await using directory = await temporaryDirectory()
    expect(await peak(size, isolated, directory.path)).toBeLessThan(4)
    expect(await directory.list()).toEqual([])
  })

  // A process of its own, as its size can be told apart only there. What was garbage by then counts too.
  test.for([
    { size: 1024, persistAs: 'isolated stream', readAs: 'stream' },
    { size: 192, persistAs: 'stream', readAs: 'stream' },
    { size: 192, persistAs: 'stream', readAs: 'file' },
    { size: 192, persistAs: 'file', readAs: 'stream' },
  ])('$size MiB, $persistAs → $readAs: the process grows by less than 64 MiB', async ({ size, persistAs, readAs }) => {
    await using directory = await temporaryDirectory()
    const script = fileURLToPath(new URL('node-test/stream-image.mjs', import.meta.url))
    const { NODE_OPTIONS: _, ...env } = process.env
    const { stdout } = await promisify(execFile)(process.execPath, [script, String(size), persistAs, readAs, directory.path], { env })
    const { read, grown } = JSON.parse(stdout) as { read: number; grown: number }
    expect(read).toBe(size)
    expect(grown).toBeLessThan(64)
    expect(await directory.list()).toEqual([])
  })
})
