import { checkOptions, option, type OptionChecks } from '@uni/reload-core'
import { tableFromIPC, tableToIPC, Utf8, vectorFromArray, type Vector } from 'apache-arrow'
import { columnOf, fieldOf, tableOf, writeColumn } from '../column.js'
import type { LogicalTypeProvider } from '../contract.js'
import { displayLiteral } from '../display.js'
import type { TypeEvidence } from '../evidence.js'
import { parse } from '../parse.js'
import { readSamples, SAMPLE_LIMIT } from '../samples.js'
import { describeType } from '../storage-type.js'
import { contractOf, type TypeContract } from '../type-contract.js'
import { assertSealed, seal, UNSEALED } from './checksum.js'

/**
 * A column that one version wrote, with the meaning of its values. `bytes` is an Arrow IPC file, which any Arrow tool
 * opens.
 */
export interface GoldenFile {
  /** Such as `acme.money-1.0.0.arrow`. */
  readonly name: string
  readonly bytes: Uint8Array
}

/** The content of a golden file. */
export interface Golden {
  readonly version: string
  readonly contract: TypeContract
  /** The stored values; the last row is null. */
  readonly column: Vector
  /** One for each row but the last. */
  readonly rows: readonly { readonly literal: string; readonly display: string }[]
}

export interface WriteLogicalTypeGoldenOptions {
  /** The version of the provider, which is part of the name of the file. */
  readonly version: string
}

const OPTIONS: OptionChecks<WriteLogicalTypeGoldenOptions> = { version: option.required(option.text) }

const VERSION = 'uni:version'
const ENCODING_VERSION = 'uni:encoding-version'
const CHECKSUM = 'uni:checksum'

/**
 * Writes the samples of the present version as a golden file: a column of their values with a null at its end, and the
 * literal and the display of each. Keep the file, and test every later version with it.
 *
 * @throws Error where a sample does not parse, display or go into a column.
 */
export function writeLogicalTypeGolden(
  provider: LogicalTypeProvider,
  options: WriteLogicalTypeGoldenOptions,
): GoldenFile[] {
  const { version } = checkOptions(options, 'writeLogicalTypeGolden options', OPTIONS)
  const contract = contractOf(provider)
  const literals = [...readSamples(provider, SAMPLE_LIMIT).literals]
  const displays = literals.map((literal) => {
    const shown = displayLiteral(provider, literal)
    if ('throws' in shown) throw new Error(`the sample ${JSON.stringify(literal)} has no display: ${shown.throws}`)
    return shown.value
  })
  const value = columnOf(contract, [...literals.map((literal) => parse(provider, literal)), null])
  const texts = (values: readonly string[]): Vector => vectorFromArray([...values, null], new Utf8())
  const [literal, display] = [texts(literals), texts(displays)]
  const metadata = new Map([
    [VERSION, version],
    [CHECKSUM, UNSEALED],
  ])
  if (contract.encodingVersion !== undefined) metadata.set(ENCODING_VERSION, contract.encodingVersion)
  const plain = { ...contract, name: '', metadata: '' }
  const table = tableOf(
    [
      [fieldOf(contract, 'value', value), value],
      [fieldOf(plain, 'literal', literal), literal],
      [fieldOf(plain, 'display', display), display],
    ],
    metadata,
  )
  return [{ name: `${contract.name}-${version}.arrow`, bytes: seal(tableToIPC(table, 'file')) }]
}

/** @throws TypeError where the bytes are no golden file, or are truncated or damaged. */
export function readGolden({ name, bytes }: GoldenFile): Golden {
  const refuse = (reason: string): never => {
    throw new TypeError(`${name} is no golden file of a logical type: ${reason}`)
  }
  const { schema, column, literals, displays } = read()
  const field = schema.fields[0]
  const version = schema.metadata.get(VERSION) ?? refuse('its schema does not say the version that wrote it')
  const extension = field?.metadata.get('ARROW:extension:name') ?? refuse('its column does not say the extension type')
  const rows = literals.slice(0, -1).map((literal, row) => {
    const display = displays[row]
    return typeof literal === 'string' && typeof display === 'string'
      ? { literal, display }
      : refuse(`row ${row} has no literal or no display`)
  })
  return {
    version,
    column,
    rows,
    contract: {
      name: extension,
      storage: describeType(column.type),
      metadata: field?.metadata.get('ARROW:extension:metadata') ?? '',
      encodingVersion: schema.metadata.get(ENCODING_VERSION),
    },
  }

  function read() {
    try {
      assertSealed(bytes)
      const table = tableFromIPC(new Uint8Array(bytes))
      const [column, literal, display] = ['value', 'literal', 'display'].map((of) => table.getChild(of))
      if (!column || !literal || !display) throw new Error('it has no columns value, literal and display')
      return { schema: table.schema, column, literals: [...literal] as unknown[], displays: [...display] as unknown[] }
    } catch (error) {
      return refuse(error instanceof Error ? error.message : 'Arrow cannot read it')
    }
  }
}

/** What a host would remember of the version that wrote the file. */
export function evidenceOf({ contract, column, rows }: Golden): TypeEvidence {
  const samples = rows.map(({ literal, display }, row) => ({
    literal,
    display,
    column: writeColumn(contract, column.get(row)),
  }))
  return { contract, samples, unjudged: [] }
}
