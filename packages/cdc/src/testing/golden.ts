import { checkOptions, option, type OptionChecks } from '@uni/reload-core'
import { Expectation } from '@uni/reload-core/testing'
import type { CdcLsn, CdcStream } from '../contract.js'
import { cdcHandoff } from '../strategy.js'
import { Bench } from './bench.js'
import { CAPABILITIES, type CdcConformanceOptions, type CdcGoldenFile } from './options.js'

const FORMAT = 'uni-reload-cdc-golden/1'

interface SavedGolden {
  readonly format: typeof FORMAT
  readonly version: string
  /** In decimal, as JSON has no bigint. */
  readonly origin: string
  readonly checkpoint: string
  /** The rows and the LSNs of each batch that was delivered, including those beyond the checkpoint. */
  readonly batches: readonly { readonly rows: number; readonly lsns: string }[]
  /** The files of the sink, in base64. */
  readonly files: Readonly<Record<string, string>>
}

/** The files that a version left in its sink, and the batches that were delivered to it. */
export interface Golden {
  readonly version: string
  readonly origin: CdcLsn
  readonly checkpoint: CdcLsn
  readonly batches: readonly { readonly rows: number; readonly lsns: bigint }[]
  readonly files: Readonly<Record<string, Uint8Array>>
}

export interface WriteCdcGoldenOptions extends Pick<CdcConformanceOptions, 'make' | 'capabilities'> {
  /** The version of the provider, which is part of the names of the files. */
  readonly version: string
}

const OPTIONS: OptionChecks<WriteCdcGoldenOptions> = {
  make: option.required(option.function),
  capabilities: option.required(option.object(CAPABILITIES)),
  version: option.required(option.text),
}

/** How the stream ended: shut down, or in the middle of its deliveries. */
const ENDINGS = ['shut-down', 'cut-off'] as const

/**
 * Has the present version write the files with which later versions are tested: its sink after a few deliveries, once
 * shut down and once cut off beyond its checkpoint. Returns the files to commit, by name.
 */
export async function writeCdcGolden(options: WriteCdcGoldenOptions): Promise<Record<string, Uint8Array>> {
  const { make, capabilities, version } = checkOptions(options, 'writeCdcGolden options', OPTIONS)
  const files: Record<string, Uint8Array> = {}
  for (const ending of ENDINGS) {
    const fixture = await make()
    try {
      const golden = await leave(new Bench(fixture, capabilities, new Expectation('P13'), cdcHandoff), version, ending)
      files[`${version}-${ending}.json`] = new TextEncoder().encode(`${JSON.stringify(golden, null, 1)}\n`)
    } finally {
      await fixture.dispose?.()
    }
  }
  return files
}

async function leave(bench: Bench, version: string, ending: (typeof ENDINGS)[number]): Promise<SavedGolden> {
  const { history } = bench
  const stream = await bench.open()
  for (const rows of [2, 1, 3]) await bench.deliver(stream, history.commit(rows, 10n))
  const checkpoint = await bench.checkpoint(stream)
  await endOf(bench, stream, ending)
  const files = Object.entries(await bench.hook('save')())
  return {
    format: FORMAT,
    version,
    origin: String(history.origin),
    checkpoint: String(checkpoint),
    batches: history.commits.map(({ batch, ids }) => ({
      rows: ids.length,
      lsns: String(batch.lsnEnd - batch.lsnStart),
    })),
    files: Object.fromEntries(files.map(([name, bytes]) => [name, toBase64(bytes)])),
  }
}

async function endOf(bench: Bench, stream: CdcStream, ending: (typeof ENDINGS)[number]): Promise<void> {
  if (ending === 'shut-down') return bench.shutdown(stream)
  for (const rows of [1, 2]) await bench.deliver(stream, bench.history.commit(rows, 7n))
  await bench.end(stream)
}

/** @throws Error where {@link writeCdcGolden} has not written the file. */
export function readGolden({ name, bytes }: CdcGoldenFile): Golden {
  const saved = parse(bytes)
  if (saved?.format !== FORMAT) throw new Error(`${name} is not a file of ${FORMAT}, written by writeCdcGolden`)
  return {
    version: saved.version,
    origin: BigInt(saved.origin),
    checkpoint: BigInt(saved.checkpoint),
    batches: saved.batches.map(({ rows, lsns }) => ({ rows, lsns: BigInt(lsns) })),
    files: Object.fromEntries(Object.entries(saved.files).map(([file, text]) => [file, fromBase64(text)])),
  }
}

function parse(bytes: Uint8Array): SavedGolden | undefined {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as SavedGolden
  } catch {
    return undefined
  }
}

function toBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
}

/** Has `reader` go on with the sink: everything from the checkpoint on is delivered again, and more after it. */
export async function expectTakenUp(bench: Bench, golden: Golden, reader: 'provider' | 'older'): Promise<void> {
  const { history } = bench
  for (const { rows, lsns } of golden.batches) history.commit(rows, lsns)
  await bench.hook('restore')(golden.files)
  await bench.expect.works(`reading what version ${golden.version} left`, () => bench.stored())
  history.commit(2, 5n)
  await bench.finish(golden.checkpoint, reader === 'older' ? bench.hook('older')() : bench.fixture.provider())
}
