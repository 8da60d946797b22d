import type { StorageType } from './storage-type.js'

/** The most decimal digits of a decimal, by its width in bits. */
const DIGITS: Readonly<Record<number, number>> = { 32: 9, 64: 18, 128: 38, 256: 76 }
const MAX_TYPE_ID = 127

/**
 * Checks that the Arrow format allows the parameters of a type, as the classes of the library take any.
 *
 * @throws TypeError that names the first parameter that it does not allow.
 */
export function assertWellFormed(type: StorageType, path = 'storage', checked = new Set<StorageType>()): void {
  if (checked.has(type)) return
  checked.add(type)
  const demand = (holds: boolean, property: string, expected: string, found: unknown): void => {
    if (!holds) throw new TypeError(`${path}${property}: expected ${expected}, found ${String(found).slice(0, 120)}`)
  }
  switch (type.typeId) {
    case 'Int':
      demand([8, 16, 32, 64].includes(type.bitWidth), '.bitWidth', '8, 16, 32 or 64', type.bitWidth)
      break
    case 'Decimal': {
      const digits = DIGITS[type.bitWidth]
      demand(digits !== undefined, '.bitWidth', '32, 64, 128 or 256', type.bitWidth)
      demand(
        isSize(type.precision) && type.precision >= 1 && type.precision <= (digits as number),
        '.precision',
        `1 to ${digits} digits`,
        type.precision,
      )
      demand(Number.isInteger(type.scale), '.scale', 'an integer', type.scale)
      break
    }
    case 'Time': {
      const width = type.unit === 'SECOND' || type.unit === 'MILLISECOND' ? 32 : 64
      demand(type.bitWidth === width, '.bitWidth', `${width} for a ${type.unit}`, type.bitWidth)
      break
    }
    case 'Timestamp':
      demand(
        type.timezone === null || typeof type.timezone === 'string',
        '.timezone',
        'a string or null',
        type.timezone,
      )
      break
    case 'FixedSizeBinary':
      demand(isSize(type.byteWidth), '.byteWidth', 'a number of bytes', type.byteWidth)
      break
    case 'FixedSizeList':
      demand(isSize(type.listSize), '.listSize', 'a number of items', type.listSize)
      break
    case 'Union': {
      const { typeIds, children } = type
      demand(
        typeIds.length === children.length,
        '.typeIds',
        `one for each of ${children.length} children`,
        `${typeIds.length}`,
      )
      demand(
        typeIds.every((id) => isSize(id) && id <= MAX_TYPE_ID),
        '.typeIds',
        `numbers from 0 to ${MAX_TYPE_ID}`,
        typeIds,
      )
      demand(new Set(typeIds).size === typeIds.length, '.typeIds', 'each once', typeIds)
      break
    }
    case 'Dictionary':
      demand(type.indices.typeId === 'Int', '.indices', 'an Int', type.indices.typeId)
      assertWellFormed(type.indices, `${path}.indices`, checked)
      assertWellFormed(type.dictionary, `${path}.dictionary`, checked)
      break
    default:
  }
  if (!('children' in type)) return
  const { children } = type
  if (type.typeId !== 'Struct' && type.typeId !== 'Union')
    demand(children.length === 1, '.children', 'one', children.length)
  if (type.typeId === 'Map') {
    const entries = children[0]?.type
    demand(
      entries?.typeId === 'Struct' && entries.children.length === 2,
      '.children[0].type',
      'a Struct of a key and a value',
      entries?.typeId,
    )
  }
  for (const [index, field] of children.entries()) {
    assertWellFormed(field.type, `${path}.children[${index}].type`, checked)
  }
}

function isSize(value: number): boolean {
  return Number.isInteger(value) && value >= 0
}
