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
import { LinesFile } from './lines-file.js'
import { SINKS, type Sink } from './sinks.js'

/** Writes each mutation as a JSON object on a line of its own, into one file per sink. */
export function jsonLinesV1(directory: string): Plugin {
  return {
    manifest: { id: 'json-lines', version: '1.0.0', capabilities: [cdcOutput.id] },
    register(registrar) {
      for (const sink of SINKS) registrar.provide(cdcOutput, new JsonLinesV1(directory, sink))
    },
  }
}

class JsonLinesV1 implements CdcOutputProvider {
  readonly version = '1.0.0'
  readonly name: string
  readonly #path: string
  readonly #columns: readonly string[] | undefined

  constructor(directory: string, { name, columns }: Sink) {
    this.name = name
    this.#path = join(directory, `${name}.jsonl`)
    this.#columns = columns
  }

  async start({ fromLsn }: CdcStartContext): Promise<CdcStream> {
    return new RowStream(await LinesFile.open(this.#path, fromLsn), fromLsn, this.#columns)
  }
}

class RowStream implements CdcStream {
  readonly #file: LinesFile
  readonly #columns: readonly string[] | undefined
  #delivered: CdcLsn

  constructor(file: LinesFile, fromLsn: CdcLsn = 0n, columns?: readonly string[]) {
    this.#file = file
    this.#delivered = fromLsn
    this.#columns = columns
  }

  async deliver({ lsnStart, lsnEnd, mutations }: CdcBatch): Promise<void> {
    // It is written, and the acknowledgement was lost.
    if (lsnEnd <= this.#delivered) return
    let text = ''
    for (const mutation of mutations) {
      const row = this.#pick(mutation.toJSON())
      text += `${JSON.stringify({ lsnStart: String(lsnStart), lsnEnd: String(lsnEnd), row })}\n`
    }
    await this.#file.append(text)
    this.#delivered = lsnEnd
  }

  async checkpoint(): Promise<CdcLsn> {
    await this.#file.sync()
    return this.#delivered
  }

  shutdown(): Promise<void> {
    return this.#file.close()
  }

  #pick(row: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    return this.#columns === undefined ? row : Object.fromEntries(this.#columns.map((column) => [column, row[column]]))
  }
}
