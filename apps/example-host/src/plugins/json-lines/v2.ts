import { join } from 'node:path'
import type { Plugin } from '@uni/reload-core'
import {
  cdcOutput,
  type CdcBatch,
  type CdcLsn,
  type CdcOutputProvider,
  type CdcStartContext,
  type CdcStream,
} from '@uni/reload-cdc'
import type { RecordBatch, Vector } from 'apache-arrow'
import { LinesFile } from './lines-file.js'
import { SINKS, type Sink } from './sinks.js'

/** As before, and each line says when its mutation was committed. The columns are looked up once per batch. */
export function jsonLinesV2(directory: string): Plugin {
  return {
    manifest: { id: 'json-lines', version: '2.0.0', capabilities: [cdcOutput.id] },
    register(registrar) {
      for (const sink of SINKS) registrar.provide(cdcOutput, new JsonLinesV2(directory, sink))
    },
  }
}

export class JsonLinesV2 implements CdcOutputProvider {
  readonly version: string = '2.0.0'
  readonly name: string
  readonly #path: string
  readonly #columns: readonly string[] | undefined

  constructor(directory: string, { name, columns }: Sink) {
    this.name = name
    this.#path = join(directory, `${name}.jsonl`)
    this.#columns = columns
  }

  async start({ fromLsn }: CdcStartContext): Promise<CdcStream> {
    return new TimedRowStream(await LinesFile.open(this.#path, fromLsn), fromLsn, this.#columns)
  }
}

class TimedRowStream implements CdcStream {
  readonly #file: LinesFile
  readonly #columns: readonly string[] | undefined
  #delivered: CdcLsn

  constructor(file: LinesFile, fromLsn: CdcLsn = 0n, columns?: readonly string[]) {
    this.#file = file
    this.#delivered = fromLsn
    this.#columns = columns
  }

  async deliver(batch: CdcBatch): Promise<void> {
    // It is written, and the acknowledgement was lost.
    if (batch.lsnEnd <= this.#delivered) return
    await this.#file.append(linesOf(batch, columnsOf(batch.mutations, this.#columns)).join(''))
    this.#delivered = batch.lsnEnd
  }

  async checkpoint(): Promise<CdcLsn> {
    await this.#file.sync()
    return this.#delivered
  }

  shutdown(): Promise<void> {
    return this.#file.close()
  }
}

type NamedColumn = readonly [name: string, values: Vector | null]

function columnsOf(mutations: RecordBatch, names: readonly string[] | undefined): readonly NamedColumn[] {
  return (names ?? mutations.schema.fields.map(({ name }) => name)).map((name) => [name, mutations.getChild(name)])
}

function linesOf(
  { lsnStart, lsnEnd, commitTimestamp, mutations }: CdcBatch,
  columns: readonly NamedColumn[],
): string[] {
  const head = JSON.stringify({
    at: commitTimestamp.toISOString(),
    lsnStart: String(lsnStart),
    lsnEnd: String(lsnEnd),
  }).slice(0, -1)
  return Array.from({ length: mutations.numRows }, (_, at) => {
    const row = Object.fromEntries(columns.map(([name, values]) => [name, values?.get(at) as unknown]))
    return `${head},"row":${JSON.stringify(row)}}\n`
  })
}
