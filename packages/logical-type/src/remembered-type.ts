import type { DataType } from 'apache-arrow'
import { readColumn, sameBytes, writeColumn } from './column.js'
import type { LogicalTypeProvider } from './contract.js'
import type { TypeEvidence } from './evidence.js'
import { rebuildType } from './rebuild-type.js'

/** What remains of a type whose key was removed: plain data that answers for its recorded samples only. */
export class RememberedLogicalType implements LogicalTypeProvider {
  readonly evidence: TypeEvidence
  readonly name: string
  readonly arrowType: DataType
  readonly metadata: string
  readonly encodingVersion: string | undefined

  constructor(evidence: TypeEvidence) {
    const { name, storage, metadata, encodingVersion } = evidence.contract
    this.evidence = evidence
    this.name = name
    this.arrowType = rebuildType(storage)
    this.metadata = metadata
    this.encodingVersion = encodingVersion
  }

  samples(): string[] {
    return this.evidence.samples.map(({ literal }) => literal)
  }

  /**
   * The recorded value of a sample, as read from its column.
   *
   * @throws Error for any other literal.
   */
  fromLiteral(text: string): unknown {
    const column = this.evidence.samples.find(({ literal }) => literal === text)?.column
    if (column === undefined) throw this.#notRecorded(`the literal ${JSON.stringify(text)}`)
    return readColumn(column).get(0)
  }

  /**
   * The recorded display of a sample's value.
   *
   * @throws Error for any other value.
   */
  toDisplay(value: unknown): string {
    const bytes = writeColumn(this.evidence.contract, value)
    const sample = this.evidence.samples.find(({ column }) => column !== undefined && sameBytes(column, bytes))
    if (sample === undefined) throw this.#notRecorded('this value')
    return sample.display
  }

  #notRecorded(what: string): Error {
    return new Error(`the type "${this.name}" was removed; of ${what} nothing was recorded in its samples`)
  }
}
