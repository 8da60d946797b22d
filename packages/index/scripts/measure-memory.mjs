// Prints by how many MiB a process grows while it hands large images over, each in a process of its own. A measure and no
// test: how much garbage there is by then depends on the machine. What is not garbage is counted by test/memory.test.ts.
//
// node measure-memory.mjs [<MiB> <stream | isolated stream | file> <stream | file> <directory>]
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { OldProviders, ReloadDispatcher, ReloadKindHandlers, WriteGate } from '@uni/reload-core'
import { indexHandoff, indexKind } from '@uni/reload-index'
import { fileSpool } from '@uni/reload-index/node'
import { Schema } from 'apache-arrow'

const MIB = 2 ** 20
const IMAGES = [
  [1024, 'isolated stream', 'stream'],
  [192, 'stream', 'stream'],
  [192, 'stream', 'file'],
  [192, 'file', 'stream'],
]

const [size, persistAs, readAs, directory] = process.argv.slice(2)
if (size === undefined) {
  for (const image of IMAGES) {
    const directory = mkdtempSync(join(tmpdir(), 'measure-memory-'))
    const { read, grown } = JSON.parse(
      execFileSync(process.execPath, [fileURLToPath(import.meta.url), ...image.map(String), directory], {
        encoding: 'utf8',
      }),
    )
    console.log(`${read} MiB, ${image[1]} → ${image[2]}: the process grew by ${Math.round(grown)} MiB`)
    rmSync(directory, { recursive: true })
  }
  process.exit()
}

/** The provider's own memory: one chunk. */
const chunk = new Uint8Array(MIB).fill(1)

function* chunks() {
  for (let at = 0; at < Number(size); at += 1) yield chunk
}

async function* streamed() {
  yield* chunks()
}

async function persist() {
  if (persistAs !== 'file') return streamed()
  const path = join(directory, 'own.index')
  const file = await open(path, 'w')
  for (const chunk of chunks()) await file.writeFile(chunk)
  await file.close()
  return { file: path }
}

const handleOf = () => ({
  probe() {},
  schema: () => new Schema([]),
  persist,
  ...(persistAs === 'isolated stream' && { snapshot: 'isolated' }),
})
async function lengthOf(path) {
  const file = await open(path)
  const buffer = new Uint8Array(MIB)
  let length = 0
  for (let bytesRead = 1; bytesRead > 0; length += bytesRead) ({ bytesRead } = await file.read(buffer, 0, MIB, length))
  await file.close()
  return length
}

let read = 0
const provider = {
  kind: 'large',
  build() {},
  async open(image) {
    if (readAs === 'stream') for await (const { byteLength } of image.stream()) read += byteLength
    else read = await lengthOf(await image.file())
    return handleOf()
  },
}

const handle = handleOf()
const before = process.resourceUsage().maxRSS
const outcome = await new ReloadDispatcher([indexHandoff({ spool: fileSpool(directory) })]).dispatch({
  old: new OldProviders().add(indexKind, provider),
  next: new OldProviders().add(indexKind, provider),
  handlers: new ReloadKindHandlers().add(indexKind, {
    name: 'large',
    key: 'large',
    resource: handle,
    gate: new WriteGate(indexKind, 'large', handle),
  }),
})
outcome.commit()
await outcome.finalize()
// In KiB.
console.log(JSON.stringify({ read: read / MIB, grown: (process.resourceUsage().maxRSS - before) / 1024 }))
