import type { TypeContract } from '../type-contract.js'

/** What is wrong with a value of a canonical Arrow type; `undefined` where nothing is. */
export function canonicalValueProblem(
  { name, metadata }: TypeContract,
  value: unknown,
  display: string,
): string | undefined {
  switch (name) {
    case 'arrow.json':
      return jsonProblem(value)
    case 'arrow.uuid':
      return uuidProblem(value, display)
    case 'arrow.timestamp_with_offset':
      return offsetProblem(value)
    case 'arrow.variable_shape_tensor':
      return tensorProblem(value, metadata)
    case 'arrow.parquet.variant':
      return variantProblem(value)
    default:
      return undefined
  }
}

function jsonProblem(value: unknown): string | undefined {
  try {
    JSON.parse(String(value))
    return undefined
  } catch {
    return 'expected a JSON text'
  }
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** If the display is the common form of a UUID, the bytes have to be in its order. */
function uuidProblem(value: unknown, display: string): string | undefined {
  if (!UUID.test(display) || !(value instanceof Uint8Array)) return undefined
  const hex = Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex === display.replaceAll('-', '').toLowerCase()
    ? undefined
    : `expected the bytes from the most significant on, found ${hex}`
}

const [MIN_OFFSET, MAX_OFFSET] = [-779, 780]

function offsetProblem(value: unknown): string | undefined {
  const { offset_minutes: offset } = value as { offset_minutes: number }
  return offset >= MIN_OFFSET && offset <= MAX_OFFSET
    ? undefined
    : `expected an offset of ${MIN_OFFSET} to ${MAX_OFFSET} minutes, found ${offset}`
}

function tensorProblem(value: unknown, metadata: string): string | undefined {
  const { data, shape } = value as { data: Iterable<unknown>; shape: Iterable<number> }
  const sizes = [...shape]
  const elements = sizes.reduce((product, size) => product * size, 1)
  const found = [...data].length
  if (sizes.some((size) => size < 0) || found !== elements)
    return `expected the elements of a tensor of shape [${sizes.join(', ')}], found ${found}`
  const { uniform_shape: uniform } = (metadata === '' ? {} : JSON.parse(metadata)) as {
    uniform_shape?: (number | null)[]
  }
  const wrong = uniform?.findIndex((size, dimension) => size !== null && size !== sizes[dimension]) ?? -1
  return wrong < 0
    ? undefined
    : `expected size ${uniform?.[wrong]} in dimension ${wrong}, as uniform_shape says, found ${sizes[wrong]}`
}

/** The version of the encoding, which is in the low four bits of the first byte. */
const VARIANT_VERSION = 1

function variantProblem(value: unknown): string | undefined {
  const { metadata } = value as { metadata: Uint8Array }
  const version = (metadata[0] ?? 0) & 0x0f
  return version === VARIANT_VERSION
    ? undefined
    : `expected variant metadata of version ${VARIANT_VERSION}, found ${metadata.length === 0 ? 'none' : `version ${version}`}`
}
