import type { Kind, Model } from './storage-models.js'

/** One change to a model, and the path at which a comparison has to report it. */
export interface Mutation {
  path: string
  mutated: Model
}

const FAMILY: Partial<Record<Kind, string>> = { Map: 'Map', DenseUnion: 'Union', SparseUnion: 'Union' }
/** Kinds that differ from one another in a single parameter, and which one. */
const SIBLINGS: [parameter: string, kinds: Kind[]][] = [
  ['bitWidth', ['Int8', 'Int16', 'Int32', 'Int64']],
  ['bitWidth', ['Uint8', 'Uint16', 'Uint32', 'Uint64']],
  ['isSigned', ['Int8', 'Uint8']],
  ['isSigned', ['Int16', 'Uint16']],
  ['isSigned', ['Int32', 'Uint32']],
  ['isSigned', ['Int64', 'Uint64']],
  ['precision', ['Float16', 'Float32', 'Float64']],
  ['unit', ['DateDay', 'DateMillisecond']],
  ['unit', ['TimeSecond', 'TimeMillisecond']],
  ['unit', ['TimeMicrosecond', 'TimeNanosecond']],
  ['unit', ['DurationSecond', 'DurationMillisecond', 'DurationMicrosecond', 'DurationNanosecond']],
  ['unit', ['IntervalDayTime', 'IntervalYearMonth', 'IntervalMonthDayNano']],
  ['unit', ['TimestampSecond', 'TimestampMillisecond', 'TimestampMicrosecond', 'TimestampNanosecond']],
  ['mode', ['DenseUnion', 'SparseUnion']],
]
/** What a model's arguments are called, in order. */
const PARAMETERS: Partial<Record<Kind, string[]>> = {
  Decimal: ['scale', 'precision', 'bitWidth'],
  FixedSizeBinary: ['byteWidth'],
  FixedSizeList: ['listSize'],
  Map: ['keysSorted'],
  Dictionary: ['isOrdered'],
  TimestampSecond: ['timezone'],
  TimestampMillisecond: ['timezone'],
  TimestampMicrosecond: ['timezone'],
  TimestampNanosecond: ['timezone'],
}

/** Every single change to `model` that this list knows. */
export function* mutations(model: Model, path = 'storage', ofMap = false): Generator<Mutation> {
  const { kind, args, parts } = model
  for (const [parameter, kinds] of SIBLINGS) {
    if (!kinds.includes(kind)) continue
    for (const other of kinds)
      if (other !== kind) yield { path: `${path}.${parameter}`, mutated: { ...model, kind: other } }
  }
  for (const [index, value] of args.entries()) {
    const name = FAMILY[kind] === 'Union' ? `typeIds[${index}]` : PARAMETERS[kind]?.[index]
    yield {
      path: `${path}.${name}`,
      mutated: {
        ...model,
        args: args.with(index, name === 'bitWidth' ? 384 - (value as number) : changed(value, name)),
      },
    }
  }
  for (const [index, part] of parts.entries()) {
    const put = (changes: Partial<typeof part>): Model => ({
      ...model,
      parts: parts.with(index, { ...part, ...changes }),
    })
    const partPath =
      kind === 'Dictionary' ? `${path}.${['indices', 'dictionary'][index]}` : `${path}.children[${index}]`
    const typePath = kind === 'Dictionary' ? partPath : `${partPath}.type`
    for (const inner of mutations(part.type, typePath, kind === 'Map'))
      yield { path: inner.path, mutated: put({ type: inner.mutated }) }
    if (kind === 'Dictionary') continue
    yield { path: `${partPath}.nullable`, mutated: put({ nullable: !part.nullable }) }
    yield { path: `${partPath}.metadata.added`, mutated: put({ metadata: [...part.metadata, ['added', 'later']] }) }
    // Arrow gives the parts of a map their names.
    if (!['entries', 'key', 'value'].includes(part.name))
      yield { path: `${partPath}.name`, mutated: put({ name: `${part.name}2` }) }
    if (kind === 'Map') continue
    const family = part.type.kind === 'Bool' ? 'Utf8' : 'Bool'
    yield { path: `${typePath}.typeId`, mutated: put({ type: { kind: family, args: [], parts: [] } }) }
  }
  if (kind === 'Struct' && !ofMap) {
    const added = { name: 'late', nullable: true, metadata: [], type: { kind: 'Bool' as const, args: [], parts: [] } }
    yield { path: `${path}.children[${parts.length}]`, mutated: { ...model, parts: [...parts, added] } }
  }
}

function changed(value: number | string | boolean | null, name = ''): number | string | boolean {
  if (typeof value === 'boolean') return !value
  // As many digits as 128 bits hold.
  if (name === 'precision') return value === 38 ? 37 : 38
  if (typeof value === 'number') return value + 64
  return value === 'Asia/Tokyo' ? 'UTC' : 'Asia/Tokyo'
}
